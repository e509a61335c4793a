"""A recorded waiver sets one named finding aside, in sight and up to its day; it opens nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from flywheel.domain.gates import GateDecision, GateFinding, GateResult, Severity, Verdict
from flywheel.domain.tolerance import can_be_waived, check_until, decide_with
from flywheel.domain.waivers import Waiver
from flywheel.errors import Refused

DURING, AFTER = datetime(2027, 3, 31, 23, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)
WAIVER = Waiver("PERF-011", "income", "ben@bank.example", "few of them", date(2027, 3, 31), by="vera@bank.example")
INCOME = GateFinding("It loses money below 10,000 of income.", locator="income: low")


def result(
    *findings: GateFinding, verdict: Verdict = Verdict.FAILED, code: str = "PERF-011", **figures: int
) -> GateResult:
    return GateResult(code, "Slices", verdict, findings, figures)


def decided(*results: GateResult, now: datetime = DURING, waivers: tuple[Waiver, ...] = (WAIVER,)) -> GateDecision:
    return decide_with(waivers, results, required=frozenset({"PERF-011"}), warned_opens=False, now=now)


def test_a_waived_finding_does_not_close_and_the_decision_says_who_and_until_when() -> None:
    decision = decided(result(INCOME))
    assert decision.is_open
    (words,) = decision.waived
    assert words == (
        "PERF-011 Slices: “It loses money below 10,000 of income.” is waived up to 2027-03-31 by vera@bank.example, "
        "ben@bank.example is accountable: few of them"
    )


def test_after_its_day_the_gate_closes_again_and_says_why() -> None:
    decision = decided(result(INCOME), now=AFTER)
    assert not decision.is_open
    assert "The waiver that vera@bank.example gave ended on 2027-03-31." in decision.reasons[0]
    assert decision.waived == ()


def test_the_longest_of_several_waivers_counts() -> None:
    longer = Waiver("PERF-011", "income", "b@x", "r", date(2027, 6, 1), by="v@x")
    assert decided(result(INCOME), now=AFTER, waivers=(longer, WAIVER)).is_open


def test_a_warning_that_closes_in_this_tier_can_be_waived_too() -> None:
    warned = result(GateFinding("thin", Severity.WARNING, locator="income"), verdict=Verdict.WARNED)
    assert not decided(warned, waivers=()).is_open
    assert decided(warned).is_open


@pytest.mark.parametrize(
    "given",
    [
        (result(INCOME, GateFinding("and for the old", locator="age")),),
        (result(GateFinding("both", locator="income and age")),),
        (result(GateFinding("another", locator="income2")),),
        (result(GateFinding("nameless")),),
        (result(INCOME, findings_left_out=2),),
        (result(INCOME, evaluated=0),),
        (result(INCOME, verdict=Verdict.ERROR),),
        (result(INCOME, verdict=Verdict.NOT_EVALUATED),),
        (result(GateFinding("thin", Severity.WARNING, locator="income")),),
        (result(), result(INCOME, code="PERF-012")),
        (result(INCOME, code="PERF-012"),),
        (),
    ],
)
def test_nothing_else_is_opened_by_it(given: tuple[GateResult, ...]) -> None:
    assert not decided(*given).is_open


def test_only_a_finding_that_is_there_can_be_waived() -> None:
    assert can_be_waived(result(INCOME), code="PERF-011", subject="income")
    assert not can_be_waived(result(INCOME), code="PERF-011", subject="age")
    assert not can_be_waived(result(verdict=Verdict.PASSED), code="PERF-011", subject="")


@pytest.mark.parametrize("code", ["DATA-004", "PARITY-001"])
def test_forbidden_features_and_a_swapped_package_are_never_waived(code: str) -> None:
    bold = replace(WAIVER, code=code)
    assert not decided(result(), result(INCOME, code=code), waivers=(bold,)).is_open
    assert not decided(result(INCOME), result(INCOME, code=code), waivers=(WAIVER, bold)).is_open
    assert not can_be_waived(result(INCOME, code=code), code=code, subject="income")


@pytest.mark.parametrize("until", [date(2027, 3, 30), date(2028, 4, 10)])
def test_a_day_in_the_past_or_beyond_foresight_is_refused(until: date) -> None:
    with pytest.raises(Refused, match="cannot end on that day"):
        check_until(until, now=DURING)
