"""Who may sign what: the answers, and who is refused."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flywheel.domain.conditions import NONE, Conditions
from flywheel.domain.digests import Digest
from flywheel.errors import Refused


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


@dataclass(frozen=True)
class Paper:
    """What is signed, in words: what it is about, what it is called, and what brings one where there is none."""

    about: str
    name: str
    next_step: str
    title: str
    """What is signed, in a sentence to a person; with the place of the version's or project's name."""
    taken_back: str
    """The command by which a person takes an approval back."""


DOSSIER = Paper("this version", "dossier", "run validation first", "{name}", "`flywheel withdraw {name} --as {person}`")
AGREEMENT = Paper(
    "this charter",
    "agreement",
    "`flywheel run PROJECT` asks for it after ideation",
    "what is agreed in {name}",
    "`flywheel sign {name} --as {person} --answer reject`",
)


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
    paper: Paper = DOSSIER,
) -> None:
    """Refuse a person who may not sign this, with the reason."""
    barred = {author.casefold() for author in authors}
    if person.casefold() in barred:
        raise Refused(
            f"{person} is an author of {paper.about} and cannot sign it",
            next_step="ask another person of the same role",
        )
    if on_behalf_of.casefold() in barred:
        raise Refused(
            f"{person} would sign for {on_behalf_of}, who is an author of {paper.about}",
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
        raise Refused(f"{paper.about} has no {paper.name} yet", next_step=paper.next_step)
    if shown != current:
        raise Refused(
            f"the {paper.name} has changed since it was shown",
            found=shown,
            allowed=current,
            next_step=f"read the new {paper.name}",
        )
