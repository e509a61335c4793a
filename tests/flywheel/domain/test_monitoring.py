"""Monitoring: what rings, with what reasons, and what the plan does about it."""

from __future__ import annotations

import pytest

from flywheel.domain.gates import GateFinding, GateResult, Severity, Verdict
from flywheel.domain.monitoring import GATES_OF, Action, Signal, Watch, alarms, unwatched

PLAN = (Signal(Watch.SENTINELS, Action.FALLBACK), Signal(Watch.INPUT, Action.PAGE))


def result(code: str, verdict: Verdict, *findings: str) -> GateResult:
    """What a gate said."""
    severity = Severity.CRITICAL if verdict is Verdict.FAILED else Severity.WARNING
    return GateResult(code, f"title of {code}", verdict, tuple(GateFinding(what, severity) for what in findings))


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.ERROR, Verdict.NOT_EVALUATED])
def test_signal_rings_when_its_gate_does_not_clearly_say_well(verdict: Verdict) -> None:
    rung = alarms(PLAN, [result("DRIFT-001", verdict), result("INPUT-001", Verdict.PASSED)])
    assert [(alarm.watch, alarm.action) for alarm in rung] == [(Watch.SENTINELS, Action.FALLBACK)]


@pytest.mark.parametrize("verdict", [Verdict.PASSED, Verdict.WARNED])
def test_quiet_gates_ring_nothing(verdict: Verdict) -> None:
    assert alarms(PLAN, [result("DRIFT-001", verdict), result("INPUT-001", verdict)]) == ()


def test_reasons_are_the_findings_of_the_gates_that_speak_for_the_signal() -> None:
    results = [result("DRIFT-001", Verdict.FAILED, "999 piles up"), result("INPUT-001", Verdict.FAILED, "too old")]
    assert [alarm.reasons for alarm in alarms(PLAN, results)] == [("999 piles up",), ("too old",)]


def test_gate_that_broke_without_a_finding_is_named() -> None:
    assert alarms(PLAN, [result("DRIFT-001", Verdict.ERROR)])[0].reasons == ("title of DRIFT-001: error",)


def test_what_the_plan_does_not_watch_does_not_ring() -> None:
    assert alarms((), [result("DRIFT-001", Verdict.FAILED, "x")]) == ()


def test_every_watch_has_gates_that_speak_for_it() -> None:
    assert set(GATES_OF) == set(Watch)
    assert all(GATES_OF.values())


def test_a_signal_that_no_result_speaks_for_is_named_as_unwatched() -> None:
    plan = (*PLAN, Signal(Watch.PARITY, Action.ROLLBACK))
    judged = [result("DRIFT-001", Verdict.PASSED), result("INPUT-001", Verdict.FAILED)]
    assert unwatched(plan, judged) == (Watch.PARITY,)


def test_what_is_not_what_was_signed_falls_back_and_pages_whatever_the_plan_says() -> None:
    rung = alarms(PLAN, [result("PARITY-002", Verdict.FAILED, "it answers otherwise")])
    assert {(a.watch, a.action) for a in rung} == {(Watch.PARITY, Action.PAGE), (Watch.PARITY, Action.FALLBACK)}
