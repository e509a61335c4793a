"""The model that the door is held against: words on a dossier, and what they allow, in the plainest way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from flywheel.domain.policy import BreakGlass
from flywheel.domain.signoffs import Answer, Role
from tests.factories.projects import make_policy

QUORUM, LAST = {Role.BUSINESS: 1, Role.VALIDATOR: 2}, Role.BUSINESS
ADA, PARITY = "ada@bank.example", "PARITY-001"
POLICY = replace(
    make_policy(QUORUM), final_approver=LAST, break_glass=BreakGlass(Role.ADMIN, 24), must_be_reproduced=True
)
YEAR, MONTH = timedelta(days=365), timedelta(days=30)
CAUTION = {Answer.APPROVE: 0.0, Answer.REWORK: 2.0, Answer.REJECT: 3.0}


@dataclass(frozen=True)
class Word:
    """What somebody said about a dossier."""

    role: Role
    voice: str
    answer: Answer
    is_major: bool
    number: int
    at: datetime
    ends_at: datetime
    withdrawn: int = 0

    @property
    def caution(self) -> float:
        """How far from approval it is."""
        return 1.5 if self.withdrawn else 1.0 if self.is_major else CAUTION[self.answer]


@dataclass
class Dossier:
    """The words on one dossier, by person, in their order."""

    words: dict[str, list[Word]] = field(default_factory=dict)
    glass_until_at: datetime | None = None

    def last(self) -> dict[str, Word]:
        """The last word of each that was not withdrawn."""
        kept = {person: [w for w in words if not w.withdrawn] for person, words in self.words.items()}
        return {person: words[-1] for person, words in kept.items() if words}

    def counted(self, now: datetime) -> dict[str, Word]:
        """Whose approval counts: valid, one a voice, the last approver's not before a withdrawal."""
        shaken = max((w.withdrawn for words in self.words.values() for w in words), default=0)
        taken: set[str] = set()
        counted = {}
        for person, word in sorted(self.last().items(), key=lambda item: item[1].number):
            is_yes = word.caution == 0 and now < word.ends_at and not (word.role is LAST and word.number < shaken)
            if is_yes and not {person, word.voice} & taken:
                counted[person] = word
                taken |= {person, word.voice}
        return counted

    def missing(self, now: datetime) -> set[Role]:
        """The roles of which too few approvals count."""
        given = [word.role for word in self.counted(now).values()]
        return {role for role, count in QUORUM.items() if given.count(role) < count}

    def is_granted(self, now: datetime) -> bool:
        """The whole rule: nobody objects, and nobody is missing or the glass is broken."""
        is_broken = self.glass_until_at is not None and now < self.glass_until_at
        return (is_broken or not self.missing(now)) and not self.has_objections()

    def has_objections(self) -> bool:
        """Whether somebody said no, sent it back, or has large remarks."""
        return any(word.caution != 0 for word in self.last().values())

    def is_refused(self) -> bool:
        """Whether somebody said no, or sent it back."""
        return any(word.answer is not Answer.APPROVE for word in self.last().values())


@dataclass
class Flaw:
    """A grave finding, and until when somebody bears it: a named person, or the broken glass that opened it."""

    borne_until_at: datetime | None = None
    glass_until_at: datetime | None = None

    def closes_the_door(self, now: datetime) -> bool:
        """Whether nobody bears it any longer."""
        return not any(until_at and now < until_at for until_at in (self.borne_until_at, self.glass_until_at))


@dataclass
class Loans:
    """Who lent the validator's role to whom, until when, in order."""

    given: list[tuple[str, str, datetime]] = field(default_factory=list)

    def giver_for(self, receiver: str, now: datetime) -> str:
        """The first whose loan holds; nobody where none does."""
        return next((giver for giver, to, until_at in self.given if to == receiver and now < until_at), "")
