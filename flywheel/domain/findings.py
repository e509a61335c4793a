"""Findings on a version: what a validator wants mended, what is borne as an exception, what is a limit of the model."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flywheel.domain.authority import RIGHTS, Permission
from flywheel.domain.signoffs import Role
from flywheel.errors import InputRefused, Refused, counted

MAX_TITLE = 200
LONGEST_ACCEPTANCE = timedelta(days=366)


class FindingKind(StrEnum):
    """What a finding is."""

    ISSUE = "issue"
    EXCEPTION = "exception"
    LIMITATION = "limitation"


class FindingSeverity(StrEnum):
    """How much it weighs; an open finding of high severity closes the door."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class FindingState(StrEnum):
    """What was decided about it; whether an acceptance has run out, or a date has passed, is computed."""

    OPEN = "open"
    ACCEPTED = "accepted"
    CLOSED = "closed"


@dataclass(frozen=True)
class Finding:
    """One finding and what was decided about it."""

    id: str
    project: str
    version: str
    kind: FindingKind
    severity: FindingSeverity
    title: str
    detail: str
    owner: str
    state: FindingState
    opened_by: str
    opened_at: datetime
    due_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    accepted_until_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it still waits: never decided, or borne until a day that has passed."""
        if self.state is FindingState.ACCEPTED:
            return self.accepted_until_at is None or self.accepted_until_at <= now
        return self.state is FindingState.OPEN

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been settled by now."""
        return self.is_open(now) and self.due_at is not None and self.due_at <= now

    def closes_the_door(self, now: datetime) -> bool:
        """Whether the version may not go into business because of it."""
        return self.severity is FindingSeverity.HIGH and self.is_open(now)

    def sentence(self, now: datetime) -> str:
        """Say it for a person."""
        late = ", overdue" if self.is_overdue(now) else ""
        again = " (its acceptance has ended)" if self.state is FindingState.ACCEPTED and self.is_open(now) else ""
        return f"{self.id}, {self.severity.value} {self.kind.value}{late}{again}: {self.title}"


def check_title(title: str) -> str:
    """Give the title without margins; refuse one that says nothing or too much."""
    text = title.strip()
    if not text or len(text) > MAX_TITLE or not text.isprintable():
        raise InputRefused(
            "a finding needs a title",
            found=counted(len(text), "character"),
            allowed=f"one line of 1 to {MAX_TITLE}",
        )
    return text


def check_may_settle(finding: Finding, *, person: str, roles: Collection[Role], authors: Collection[str]) -> None:
    """Refuse whoever is no validator, or an author, and what is settled already."""
    if person in {author.casefold() for author in authors}:
        raise Refused(f"{person} is an author of {finding.version} and may settle no finding on it")
    if not RIGHTS[Permission.SETTLE_FINDING].roles & set(roles):
        held = ", ".join(sorted(role.value for role in roles)) or "none"
        raise Refused("only a validator may settle a finding", found=held, next_step="ask a validator of this project")
    if finding.state is FindingState.CLOSED:
        raise Refused(f"{finding.id} is closed already", next_step="open another one")


def check_acceptance(finding: Finding, *, owner: str, until_at: datetime, now: datetime) -> None:
    """Refuse to bear a risk that nobody owns, or without an end that can be foreseen."""
    if "@" not in owner:
        raise Refused(f"name the person who accepts the risk of {finding.id}", found=owner or None, allowed="an e-mail")
    if not now < until_at <= now + LONGEST_ACCEPTANCE:
        raise Refused(
            "a risk cannot be accepted until that day",
            found=f"{until_at:%Y-%m-%d}",
            allowed=f"after today, at most {LONGEST_ACCEPTANCE.days} days ahead",
        )
