"""How far the signatures on one dossier have come, and what they bind a release to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flywheel.domain.conditions import NONE, Conditions, conditions_from, strictest
from flywheel.domain.digests import Digest, Json
from flywheel.domain.signoffs import Answer, Feedback, Role, Signoff, is_fresh

_NO = frozenset({Answer.REJECT, Answer.REWORK})
VOICES_OF_A_FRESH_SEAT = 2
"""So many people whose secrets are new take one seat of their role together."""


@dataclass(frozen=True)
class Standing:
    """How far the signatures have come."""

    is_granted: bool
    missing: Mapping[Role, int]
    approved_by: Mapping[str, Role]
    refused_by: tuple[str, ...] = ()
    asks_rework: tuple[str, ...] = ()
    major_by: tuple[str, ...] = ()
    """Whose large remarks must be worked in first."""
    minor_by: tuple[str, ...] = ()
    on_behalf_of: Mapping[str, str] = field(default_factory=dict)
    """Who signed by delegation, and for whom."""
    conditions: Conditions = NONE
    glass_until_at: datetime | None = None
    """Until when a broken glass stands in for the missing signatures."""
    signs_last: Role | None = None
    fresh_by: tuple[str, ...] = ()
    """Whose secret is so new that their voice still needs a second one of the same role."""
    unheard_by: tuple[str, ...] = ()
    """Who approved in a role that judges others and is held by an author's word alone."""

    @property
    def is_settled(self) -> bool:
        """Nobody needs to be waited for any more."""
        return self.is_granted or bool(self.refused_by) or bool(self.asks_rework)

    @property
    def awaited(self) -> Mapping[Role, int]:
        """Whose turn it is: the missing, the final approver only when nobody else is."""
        others = {role: count for role, count in self.missing.items() if role is not self.signs_last}
        return others or self.missing

    def sentence(self) -> str:
        """Say it for a person."""
        if self.refused_by:
            return f"rejected by {', '.join(self.refused_by)}"
        if self.asks_rework:
            return f"returned for rework by {', '.join(self.asks_rework)}"
        if self.major_by:
            return f"not granted until the major remarks of {', '.join(self.major_by)} are settled"
        bound = f"; {said}" if (said := self.conditions.sentence()) else ""
        if self.is_granted and not self.missing:
            return f"approved by {', '.join(self._named(person) for person in self.approved_by)}{bound}"
        wanted = ", ".join(f"{count} x {role.value}" for role, count in self.awaited.items())
        if self.awaited != self.missing and self.signs_last is not None:
            wanted += f", then {self.missing[self.signs_last]} x {self.signs_last.value}"
        if self.is_granted:
            lacking = ", ".join(f"{count} x {role.value}" for role, count in self.missing.items())
            return (
                f"let through by break-glass until {self.glass_until_at:%Y-%m-%d %H:%M} UTC, without {lacking}{bound}"
            )
        young = f"; {', '.join(self.fresh_by)} signed with a new secret, which counts with a second signer or later"
        given = f"; approved by {', '.join(map(self._named, self.approved_by))}" if self.approved_by else ""
        named = f"; {', '.join(self.unheard_by)} approved in a role that an author granted, which does not count"
        return f"waiting for {wanted}{given}{young if self.fresh_by else ''}{named if self.unheard_by else ''}"

    def _named(self, person: str) -> str:
        giver = self.on_behalf_of.get(person)
        remarks = ", with minor remarks" if person in self.minor_by else ""
        return f"{person} ({self.approved_by[person].value}{f' for {giver}' if giver else ''}{remarks})"


@dataclass(frozen=True)
class Terms:
    """What the pinned policy asks of the signatures on one dossier."""

    quorum: Mapping[Role, int]
    digest: Digest
    authors: Collection[str]
    final_approver: Role | None = None
    validity: timedelta | None = None
    seasoning: timedelta = timedelta(0)
    """How long a new secret counts only together with a second voice of its role."""
    unheard: Mapping[Role, frozenset[str]] = field(default_factory=dict)
    """Who holds a role that judges others by an author's word alone."""

    def hears(self, word: Signoff) -> bool:
        """Whether the voice of an approval holds its role by somebody's word who is no author."""
        return word.voice not in self.unheard.get(word.role, frozenset())


def standing(
    signoffs: Iterable[Signoff], *, terms: Terms, now: datetime | None = None, glass_until_at: datetime | None = None
) -> Standing:
    """Weigh the signatures on one digest: distinct people, no author, the last word of each while it is valid."""
    words = last_words(signoffs, terms=terms)
    refused = tuple(s.person for s in words if s.answer is Answer.REJECT)
    rework = tuple(s.person for s in words if s.answer is Answer.REWORK)
    major = tuple(s.person for s in words if s.answer is Answer.APPROVE and s.feedback is Feedback.MAJOR)
    counted = counting(signoffs, terms=terms, now=now)
    fresh = tuple(s for s in counted if is_fresh(s, seasoning=terms.seasoning, now=now))
    given, young = Counter(s.role for s in counted), Counter(s.role for s in fresh)
    seats = {role: given[role] - young[role] + young[role] // VOICES_OF_A_FRESH_SEAT for role in terms.quorum}
    missing = {role: count - seats[role] for role, count in terms.quorum.items() if seats[role] < count}
    glass = glass_until_at if glass_until_at is not None and (now is None or now < glass_until_at) else None
    is_enough = (bool(counted) and not missing) or (glass is not None and bool(missing))
    return Standing(
        is_granted=is_enough and not refused and not rework and not major,
        missing=missing,
        approved_by={s.person: s.role for s in counted},
        refused_by=refused,
        asks_rework=rework,
        major_by=major,
        minor_by=tuple(s.person for s in counted if s.feedback is Feedback.MINOR),
        on_behalf_of={s.person: s.on_behalf_of for s in counted if s.on_behalf_of},
        conditions=strictest(s.conditions for s in counted),
        glass_until_at=glass if missing else None,
        signs_last=terms.final_approver,
        fresh_by=tuple(s.person for s in fresh if s.role in missing),
        unheard_by=tuple(s.person for s in words if s.answer is Answer.APPROVE and not terms.hears(s)),
    )


def standing_from(said: Mapping[str, Json]) -> Standing:
    """Read a standing that was kept as plain values."""
    bound, last, glass = said["conditions"], said["signs_last"], said["glass_until_at"]
    voices = said["on_behalf_of"]
    return Standing(
        is_granted=bool(said["is_granted"]),
        missing={Role(role): int(str(count)) for role, count in _pairs(said["missing"])},
        approved_by={who: Role(str(role)) for who, role in _pairs(said["approved_by"])},
        refused_by=_names(said["refused_by"]),
        asks_rework=_names(said["asks_rework"]),
        major_by=_names(said["major_by"]),
        minor_by=_names(said["minor_by"]),
        on_behalf_of={who: str(giver) for who, giver in _pairs(voices)},
        conditions=conditions_from({key: value for key, value in _pairs(bound) if value is not None}),
        glass_until_at=datetime.fromisoformat(str(glass)) if glass else None,
        signs_last=Role(str(last)) if last else None,
        fresh_by=_names(said["fresh_by"]),
        unheard_by=_names(said["unheard_by"]),
    )


def last_words(signoffs: Iterable[Signoff], *, terms: Terms) -> tuple[Signoff, ...]:
    """Pick the last word of each person who may speak, in the order in which they were said.

    Who became an author since has no voice for it any more; a no that was said before stands.
    """
    barred = {author.casefold() for author in terms.authors}
    last: dict[str, Signoff] = {}
    for signoff in sorted(signoffs, key=lambda s: s.sequence):
        if signoff.digest == terms.digest and not signoff.is_withdrawn:
            last[signoff.person.casefold()] = signoff
    speaking = (s for s in last.values() if s.answer in _NO or not {s.person.casefold(), s.voice} & barred)
    return tuple(sorted(speaking, key=lambda s: s.sequence))


def counting(signoffs: Iterable[Signoff], *, terms: Terms, now: datetime | None) -> tuple[Signoff, ...]:
    """Pick the approvals that count now: valid, one a person and one a voice, the final one after any withdrawal."""
    said = tuple(signoffs)
    shaken = max((s.withdrawn_sequence or 0 for s in said if s.digest == terms.digest), default=0)
    counted: list[Signoff] = []
    seated: set[str] = set()
    for word in last_words(said, terms=terms):
        ends_at = word.ends_at(terms.validity)
        is_valid = (
            word.answer is Answer.APPROVE
            and word.feedback is not Feedback.MAJOR
            and terms.hears(word)
            and (now is None or ends_at is None or now < ends_at)
            and (word.role is not terms.final_approver or word.sequence > shaken)
        )
        if is_valid and not {word.person.casefold(), word.voice} & seated:
            counted.append(word)
            seated |= {word.person.casefold(), word.voice}
    return tuple(counted)


def _pairs(said: Json) -> list[tuple[str, Json]]:
    return list(said.items()) if isinstance(said, dict) else []


def _names(said: Json) -> tuple[str, ...]:
    return tuple(map(str, said)) if isinstance(said, list) else ()
