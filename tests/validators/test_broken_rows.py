"""A finding is told with the expectation that it is about, whatever is said of a waiver behind it."""

from __future__ import annotations

from dataclasses import replace

from flywheel.domain.gates import GateFinding
from validators.broken_rows import breaks
from validators.outcomes import outcome_of
from validators.specs import ExpectationRule

BELOW = ExpectationRule("expect_column_values_to_be_between", {"column": "x", "max_value": 9})
OTHERS = (
    replace(BELOW, arguments={"column": "x", "max_value": 8}),
    replace(BELOW, arguments={"column": "y", "max_value": 9}),
    ExpectationRule("expect_column_max_to_be_between", {"column": "x", "max_value": 9}),
)


def finding() -> GateFinding:
    found = outcome_of(BELOW, {"unexpected_count": 3, "unexpected_percent": 1.5}, is_met=False).finding
    assert found is not None
    return found


def test_a_finding_is_about_its_own_expectation_alone() -> None:
    assert breaks(finding(), BELOW)
    assert not any(breaks(finding(), other) for other in OTHERS)


def test_words_on_a_waiver_change_nothing() -> None:
    assert breaks(
        replace(finding(), what=f"{finding().what} The waiver of val@example.com ended on 2026-05-31."), BELOW
    )
