"""Who may sign what, and when the signatures suffice."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flywheel.domain.digests import Digest
from flywheel.errors import Refused

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


@dataclass(frozen=True)
class Standing:
    """How far the signatures have come."""

    is_granted: bool
    missing: Mapping[Role, int]
    approved_by: Mapping[str, Role]
    refused_by: tuple[str, ...] = ()
    asks_rework: tuple[str, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Nobody needs to be waited for any more."""
        return self.is_granted or bool(self.refused_by) or bool(self.asks_rework)

    def sentence(self) -> str:
        """Say it for a person."""
        if self.refused_by:
            return f"rejected by {', '.join(self.refused_by)}"
        if self.asks_rework:
            return f"returned for rework by {', '.join(self.asks_rework)}"
        if self.is_granted:
            return f"approved by {', '.join(f'{person} ({role.value})' for person, role in self.approved_by.items())}"
        return "waiting for " + ", ".join(f"{count} x {role.value}" for role, count in self.missing.items())


def check_may_sign(
    *, person: str, role: Role, roles: Collection[Role], authors: Collection[str], shown: Digest, current: Digest | None
) -> None:
    """Refuse a person who may not sign this, with the reason."""
    if person.casefold() in {author.casefold() for author in authors}:
        raise Refused(
            f"{person} is an author of this version and cannot sign it", next_step="ask another person of the same role"
        )
    if role not in roles:
        held = ", ".join(sorted(r.value for r in roles)) or "none"
        raise Refused(f"{person} does not hold the role {role.value} in this project", found=held)
    if current is None:
        raise Refused("this version has no dossier yet", next_step="run validation first")
    if shown != current:
        raise Refused(
            "the dossier has changed since it was shown", found=shown, allowed=current, next_step="read the new dossier"
        )


def check_comment(comment: str) -> None:
    """Refuse a comment that is too long or holds control characters."""
    if len(comment) > MAX_COMMENT:
        raise Refused("the comment is too long", found=f"{len(comment)} characters", allowed=f"{MAX_COMMENT}")
    if any(_is_hidden(character) for character in comment):
        raise Refused("the comment holds control characters", allowed="text, line breaks and tabs")


def standing(
    signoffs: Iterable[Signoff], *, quorum: Mapping[Role, int], digest: Digest, authors: Collection[str]
) -> Standing:
    """Weigh the signatures on one digest: distinct people, no author, the last word of each counts."""
    barred = {author.casefold() for author in authors}
    last: dict[str, Signoff] = {}
    for signoff in sorted(signoffs, key=lambda s: s.sequence):
        if signoff.digest == digest and signoff.person.casefold() not in barred:
            last[signoff.person.casefold()] = signoff
    words = sorted(last.values(), key=lambda s: s.sequence)
    refused = tuple(s.person for s in words if s.answer is Answer.REJECT)
    rework = tuple(s.person for s in words if s.answer is Answer.REWORK)
    approved = {s.person: s.role for s in words if s.answer is Answer.APPROVE}
    given = Counter(approved.values())
    missing = {role: count - given[role] for role, count in quorum.items() if given[role] < count}
    is_granted = bool(approved) and not missing and not refused and not rework
    return Standing(is_granted, missing, approved, refused, rework)


def _is_hidden(character: str) -> bool:
    """Control characters, halves of characters, and those that turn the direction of reading."""
    return (unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t") or (
        unicodedata.bidirectional(character) in _TURNING or character in "\u200e\u200f\u061c"
    )
