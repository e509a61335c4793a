"""What became of one expectation, said alike whichever examiner judged it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel.domain.amounts import written_out
from flywheel.domain.gates import GateFinding, Severity
from validators.specs import ExpectationRule
from validators.suites import allowed_by, columns_of, sentence

Counts = Mapping[str, float | int]


@dataclass(frozen=True)
class Outcome:
    """One expectation, what was counted, and what is to be objected."""

    expectation: ExpectationRule
    counts: Counts
    finding: GateFinding | None
    is_judged: bool = True
    is_broken: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it was judged and nothing is to be objected."""
        return self.is_judged and not self.is_broken and self.finding is None


def outcome_of(expectation: ExpectationRule, counts: Counts, *, is_met: bool) -> Outcome:
    """Word the answer of an examiner; one that looked at no value judged nothing."""
    where = place_of(expectation)
    if "element_count" in counts and counts["element_count"] in {0, counts.get("missing_count", 0)}:
        what = f"No value of {where} was examined, so nothing was judged."
        return Outcome(expectation, counts, GateFinding(what, locator=where), is_judged=False)
    if is_met:
        return Outcome(expectation, counts, None)
    percent, severity = counts.get("unexpected_percent"), expectation.severity
    what = sentence(expectation, None if percent is None else percent / 100)
    if percent is not None and percent / 100 <= expectation.asked_up_to and severity is Severity.CRITICAL:
        what, severity = f"{what} Are these values real? If so, widen the range at the next change.", Severity.QUESTION
    seen = next((written_out(counts[name]) for name in ("unexpected_count", "observed_value") if name in counts), "")
    return Outcome(expectation, counts, GateFinding(what, severity, where, seen, allowed_by(expectation)))


def place_of(expectation: ExpectationRule) -> str:
    """Name the columns that an expectation looks at, in words."""
    return " and ".join(columns_of(expectation)) or "the table"
