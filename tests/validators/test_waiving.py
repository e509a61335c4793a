"""A waived finding is shown and does not close the gate; from the day after its last it closes again."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from flywheel.domain.gates import GateFinding, GateResult, Severity, Verdict
from flywheel.domain.waivers import Waiver
from validators.protocol import Checked
from validators.waiving import waive

DURING, AFTER = datetime(2027, 3, 31, 23, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)
WAIVER = Waiver("DATA-001", "income", "ben@bank.example", "the old feed ends in March", date(2027, 3, 31), by="ana")


def checked(
    *findings: GateFinding, verdict: Verdict = Verdict.FAILED, evaluated: int = 5, code: str = "DATA-001", left: int = 0
) -> Checked:
    figures = {"evaluated": evaluated} | ({"findings_left_out": left} if left else {})
    return Checked(GateResult(code, "Data", verdict, findings, figures))


INCOME = GateFinding("3.0% of income is missing.", locator="income")


def test_a_waived_finding_is_shown_with_owner_and_last_day_and_does_not_close() -> None:
    result = waive(checked(INCOME), [WAIVER], now=DURING).result
    assert result.verdict is Verdict.PASSED
    assert result.findings[0].severity is Severity.INFO
    assert result.findings[0].what.endswith("Waived up to 2027-03-31 by ben@bank.example: the old feed ends in March")
    assert result.figures["waived"] == 1


def test_an_ended_waiver_closes_again_and_says_so() -> None:
    result = waive(checked(INCOME), [WAIVER], now=AFTER).result
    assert result.verdict is Verdict.FAILED
    assert result.findings[0].what.endswith("The waiver of ben@bank.example ended on 2027-03-31.")


@pytest.mark.parametrize("locator", ["income: missing", "income"])
def test_it_covers_every_finding_about_its_column(locator: str) -> None:
    assert waive(checked(GateFinding("!", locator=locator)), [WAIVER], now=DURING).result.verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "given",
    [
        checked(INCOME, GateFinding("5 % of age is missing.", locator="age")),
        checked(GateFinding("income exceeds age", locator="income and age")),
        checked(GateFinding("!", locator="income2")),
        checked(INCOME, code="DATA-002"),
        checked(INCOME, left=3),
        checked(INCOME, verdict=Verdict.ERROR),
        checked(INCOME, evaluated=0),
    ],
)
def test_nothing_else_is_opened_by_it(given: Checked) -> None:
    assert waive(given, [WAIVER], now=DURING).result.verdict not in {Verdict.PASSED, Verdict.WARNED}


def test_the_clock_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        waive(checked(INCOME), [WAIVER], now=DURING.replace(tzinfo=None))
