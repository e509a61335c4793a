"""Waivers: a finding that someone answers for, with a reason, up to a day that it does not outlive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Waiver:
    """Who answers for which finding about what, why, and up to which day (that day included)."""

    code: str
    subject: str
    owner: str
    reason: str
    until: date
    by: str

    def holds(self, now: datetime) -> bool:
        """Whether its last day, counted in UTC, has not passed."""
        return now.date() <= self.until
