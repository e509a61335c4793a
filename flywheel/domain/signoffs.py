"""Who may sign what: the answers, what an approval may carry, and who is refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flywheel.domain.conditions import NONE, Conditions, check_cases
from flywheel.domain.digests import Digest
from flywheel.errors import Refused, counted

MAX_COMMENT = 4_000
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


class Role(StrEnum):
    """In what capacity a person acts."""

    BUSINESS = "business"
    VALIDATOR = "validator"
    IT = "it"
    LEGAL = "legal"
    OWNER = "owner"
    ADMIN = "admin"


class Answer(StrEnum):
    """What a person decided."""

    APPROVE = "approve"
    REJECT = "reject"
    REWORK = "rework"


class Feedback(StrEnum):
    """How an approval was meant: as it is, with small remarks, or only once large remarks are worked in."""

    APPROVED = "approved"
    MINOR = "minor"
    MAJOR = "major"


@dataclass(frozen=True)
class Signoff:
    """One person's decision on exactly what the digest names."""

    person: str
    role: Role
    answer: Answer
    digest: Digest
    signed_at: datetime
    sequence: int
    comment: str = ""
    feedback: Feedback = Feedback.APPROVED
    conditions: Conditions = NONE
    on_behalf_of: str = ""
    """Who delegated the role; empty where the person holds it."""
    withdrawn_sequence: int | None = None
    enrolled_at: datetime | None = None
    """When the secret came with which the person proved themselves."""

    @property
    def is_withdrawn(self) -> bool:
        """Whether the person took the approval back."""
        return self.withdrawn_sequence is not None

    @property
    def voice(self) -> str:
        """Whose voice it is: the person's, or that of the one who delegated."""
        return (self.on_behalf_of or self.person).casefold()

    def ends_at(self, validity: timedelta | None) -> datetime | None:
        """When an approval stops counting: at the end of its validity or of its own condition."""
        ends = [self.signed_at + validity] if validity is not None else []
        ends += [self.conditions.until_at] if self.conditions.until_at else []
        return min(ends, default=None)


def is_fresh(signoff: Signoff, *, seasoning: timedelta, now: datetime | None) -> bool:
    """Whether the secret behind a sign-off was young when it was given, and still would be."""
    at = signoff.signed_at if now is None else max(now, signoff.signed_at)
    return signoff.enrolled_at is not None and at < signoff.enrolled_at + seasoning


def check_may_sign(
    *,
    person: str,
    role: Role,
    roles: Collection[Role],
    authors: Collection[str],
    shown: Digest,
    current: Digest | None,
    on_behalf_of: str = "",
) -> None:
    """Refuse a person who may not sign this, with the reason."""
    barred = {author.casefold() for author in authors}
    if person.casefold() in barred:
        raise Refused(
            f"{person} is an author of this version and cannot sign it", next_step="ask another person of the same role"
        )
    if on_behalf_of.casefold() in barred:
        raise Refused(
            f"{person} would sign for {on_behalf_of}, who is an author of this version",
            next_step="ask another person of the same role",
        )
    if role not in roles:
        held = ", ".join(sorted(r.value for r in roles)) or "none"
        raise Refused(
            f"{person} does not hold the role {role.value} in this project",
            found=held,
            next_step=f"an administrator gives it: `flywheel people grant {person} --role PROJECT:{role.value}`",
        )
    if current is None:
        raise Refused("this version has no dossier yet", next_step="run validation first")
    if shown != current:
        raise Refused(
            "the dossier has changed since it was shown", found=shown, allowed=current, next_step="read the new dossier"
        )


def check_answer(*, answer: Answer, feedback: Feedback, conditions: Conditions, comment: str, now: datetime) -> None:
    """Refuse an answer that contradicts itself or leaves out the reason that somebody must act on."""
    check_comment(comment)
    check_cases(conditions)
    if answer is not Answer.APPROVE and (feedback is not Feedback.APPROVED or conditions != NONE):
        raise Refused(f"only an approval carries feedback or conditions, not {answer.value}", allowed="leave them out")
    if not comment.strip() and (answer is Answer.REWORK or feedback is not Feedback.APPROVED):
        what = "returning for rework" if answer is Answer.REWORK else f"{feedback.value} feedback"
        raise Refused(f"{what} needs words", next_step="say in the comment what is to be changed")
    if conditions.until_at is not None and conditions.until_at <= now:
        raise Refused("an approval cannot end before it begins", found=conditions.until_at.isoformat())


def check_comment(comment: str) -> None:
    """Refuse a comment that is too long or holds control characters."""
    if len(comment) > MAX_COMMENT:
        raise Refused("the comment is too long", found=counted(len(comment), "character"), allowed=f"{MAX_COMMENT}")
    if any(_is_hidden(character) for character in comment):
        raise Refused("the comment holds control characters", allowed="text, line breaks and tabs")


def check_reason(reason: str, *, what: str) -> str:
    """Give the reason without margins; refuse one that says nothing, or that is no comment."""
    check_comment(reason)
    if not reason.strip():
        raise Refused(f"{what} needs a reason", next_step="say why in one sentence")
    return reason.strip()


def _is_hidden(character: str) -> bool:
    """Control characters, halves of characters, and those that turn the direction of reading."""
    return (unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t") or (
        unicodedata.bidirectional(character) in _TURNING or character in "\u200e\u200f\u061c"
    )
