"""Monitoring: what rings, with what reasons, and what the plan does about it."""

from __future__ import annotations

import pytest

from flywheel.domain.gates import GateFinding, GateResult, Severity, Verdict
from flywheel.domain.monitoring import (
    GATES_OF,
    Action,
    Signal,
    Watch,
    WindowState,
    alarms,
    broken,
    column_state,
    in_turn,
    is_worth_telling,
    judged_columns,
    state_of,
    sum_up,
    unwatched,
    were_rows_due,
)

PLAN = (Signal(Watch.SENTINELS, Action.FALLBACK), Signal(Watch.INPUT, Action.PAGE))


def result(code: str, verdict: Verdict, *findings: str) -> GateResult:
    """What a gate said."""
    severity = Severity.CRITICAL if verdict is Verdict.FAILED else Severity.WARNING
    return GateResult(code, f"title of {code}", verdict, tuple(GateFinding(what, severity) for what in findings))


def test_signal_rings_when_its_gate_failed() -> None:
    rung = alarms(PLAN, [result("DATA-003", Verdict.FAILED), result("INPUT-001", Verdict.PASSED)])
    assert [(alarm.watch, alarm.action) for alarm in rung] == [(Watch.SENTINELS, Action.FALLBACK)]


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.FAILED])
def test_nothing_but_a_failed_gate_rings(verdict: Verdict) -> None:
    findings = ("nothing to look at",) if verdict is Verdict.NOT_APPLICABLE else ()
    assert alarms(PLAN, [result("DATA-003", verdict, *findings), result("INPUT-001", Verdict.PASSED)]) == ()


@pytest.mark.parametrize(
    ("verdicts", "lacking", "state"),
    [
        ((Verdict.PASSED, Verdict.WARNED), (), WindowState.GOOD),
        ((Verdict.PASSED,), ("DATA-003",), WindowState.INSUFFICIENT),
        ((), ("INPUT-001", "DATA-003"), WindowState.INSUFFICIENT),
        ((Verdict.PASSED, Verdict.ERROR), (), WindowState.UNJUDGEABLE),
        ((Verdict.NOT_EVALUATED,), ("DATA-003",), WindowState.UNJUDGEABLE),
        ((Verdict.FAILED,), ("DATA-003",), WindowState.BAD),
        ((Verdict.ERROR, Verdict.FAILED), (), WindowState.BAD),
    ],
)
def test_a_window_has_one_state(verdicts: tuple[Verdict, ...], lacking: tuple[str, ...], state: WindowState) -> None:
    assert state_of([result("INPUT-001", verdict) for verdict in verdicts], lacking=lacking) is state


def test_gates_that_had_their_rows_and_could_not_judge_are_named() -> None:
    results = [result("INPUT-001", Verdict.PASSED), result("DATA-003", Verdict.ERROR)]
    assert [one.code for one in broken(results)] == ["DATA-003"]


@pytest.mark.parametrize(
    ("history", "is_due"),
    [
        ((), False),
        ((False, False), False),
        ((True,), True),
        ((False, True), True),
        ((False, False, True), False),
        ((True, False) * 4, True),
        ((False,) * 8 + (True,) * 50, False),
    ],
)
def test_rows_are_due_where_every_second_window_before_had_some(history: tuple[bool, ...], is_due: bool) -> None:
    assert were_rows_due(history) is is_due


@pytest.mark.parametrize(
    ("late", "of", "is_told"), [(19, 0, False), (20, 0, True), (20, 3_000, False), (30, 3_000, True)]
)
def test_late_rows_are_told_where_they_could_have_hidden_something(late: int, of: int, is_told: bool) -> None:
    assert is_worth_telling(late, of=of) is is_told


@pytest.mark.parametrize(
    ("present", "rows", "before", "state"),
    [
        (100, 1_000, 1.0, WindowState.GOOD),
        (0, 1_000, 0.02, WindowState.SILENT),
        (0, 100, 0.02, WindowState.INSUFFICIENT),
        (0, 1_000, 0.0, WindowState.INSUFFICIENT),
        (5, 1_000, 0.02, WindowState.INSUFFICIENT),
    ],
)
def test_a_sparse_column_is_silent_only_where_chance_does_not_explain_it(
    present: int, rows: int, before: float, state: WindowState
) -> None:
    assert column_state(present=present, rows=rows, present_before=before, is_bad=False) is state
    assert column_state(present=present, rows=rows, present_before=before, is_bad=True) is WindowState.BAD


def test_a_run_is_told_in_one_sentence_that_begins_with_what_counts() -> None:
    states = [WindowState.GOOD, WindowState.BAD, WindowState.SILENT]
    told = ["income has another unit", "the endpoint fell back to its business rule"]
    assert sum_up(states, told=told, late=3_000) == (
        "3 windows, 1 alert, 1 silent, 3,000 rows came late: "
        "income has another unit; the endpoint fell back to its business rule"
    )
    assert sum_up([WindowState.GOOD], told=(), late=0) == "1 window, 0 alerts"
    left = "114 windows left (`flywheel monitor x` goes on)"
    assert sum_up([WindowState.GOOD], told=("a",), late=0, left=left) == f"1 window, 0 alerts, {left}: a"
    assert sum_up([], told=(), late=1) == "no window of traffic is due, 1 row came late"
    waits = "a window lasts 1 week, and this one is over 2026-11-30 00:00 UTC"
    assert sum_up([], told=(), late=0, waits=waits) == f"no window of traffic is due; {waits}"


def test_reasons_are_the_findings_of_the_gates_that_speak_for_the_signal() -> None:
    results = [result("DATA-003", Verdict.FAILED, "999 piles up"), result("INPUT-001", Verdict.FAILED, "too old")]
    assert [alarm.reasons for alarm in alarms(PLAN, results)] == [("999 piles up",), ("too old",)]


def test_gate_that_failed_without_a_finding_is_named() -> None:
    assert alarms(PLAN, [result("DATA-003", Verdict.FAILED)])[0].reasons == ("title of DATA-003: failed",)


def test_what_the_plan_does_not_watch_does_not_ring() -> None:
    assert alarms((), [result("DATA-003", Verdict.FAILED, "x")]) == ()


def test_every_watch_has_gates_that_speak_for_it() -> None:
    assert set(GATES_OF) == set(Watch)
    assert all(GATES_OF.values())


def test_a_signal_that_no_result_speaks_for_is_named_as_unwatched() -> None:
    plan = (*PLAN, Signal(Watch.PARITY, Action.ROLLBACK))
    assert unwatched(plan, ("DATA-003", "INPUT-001")) == (Watch.PARITY,)


def test_what_is_not_what_was_signed_falls_back_and_pages_whatever_the_plan_says() -> None:
    rung = alarms(PLAN, [result("PARITY-002", Verdict.FAILED, "it answers otherwise")])
    assert {(a.watch, a.action) for a in rung} == {(Watch.PARITY, Action.PAGE), (Watch.PARITY, Action.FALLBACK)}


def test_a_world_that_moves_rings_no_sentinel() -> None:
    """What people must look at first does not take a model from its customers."""
    assert alarms(PLAN, [result("DRIFT-001", Verdict.FAILED), result("DRIFT-002", Verdict.FAILED)]) == ()


INCOME = GateFinding("income moved", locator="income: spread")
WEEK = GateFinding("week moved", locator="week")
MOVED = GateResult("DRIFT-001", "drift", Verdict.FAILED, (INCOME, WEEK))


@pytest.mark.parametrize(
    ("signal", "reasons"),
    [
        (Signal(Watch.DRIFT, Action.PAGE), ("income moved", "week moved")),
        (Signal(Watch.DRIFT, Action.PAGE, columns=frozenset({"week"})), ("week moved",)),
        (Signal(Watch.DRIFT, Action.PAGE, exempt=frozenset({"week"})), ("income moved",)),
        (Signal(Watch.DRIFT, Action.PAGE, columns=frozenset({"age"})), None),
        (Signal(Watch.DRIFT, Action.PAGE, exempt=frozenset({"week", "income"})), None),
    ],
)
def test_a_signal_rings_for_the_columns_that_it_listens_to(signal: Signal, reasons: tuple[str, ...] | None) -> None:
    assert [alarm.reasons for alarm in alarms((signal,), [MOVED])] == ([] if reasons is None else [reasons])


def test_what_concerns_the_whole_window_is_heard_whatever_columns_are_listened_to() -> None:
    whole = GateResult("DRIFT-001", "drift", Verdict.FAILED, (GateFinding("a column came twice"),))
    signal = Signal(Watch.DRIFT, Action.PAGE, columns=frozenset({"age"}))
    assert [alarm.reasons for alarm in alarms((signal,), [whole])] == [("a column came twice",)]


def test_a_gate_judges_no_column_to_which_no_signal_of_its_listens() -> None:
    plan = (
        Signal(Watch.DRIFT, Action.PAGE, exempt=frozenset({"week"})),
        Signal(Watch.SENTINELS, Action.STOP, columns=frozenset({"week"})),
    )
    names = ("week", "income", "age")
    assert judged_columns(plan, "DRIFT-001", names) == {"income", "age"}
    assert judged_columns(plan, "DRIFT-002", names) == {"income", "age"}
    assert judged_columns(plan, "DATA-003", names) == {"week"}
    assert judged_columns(plan, "INPUT-001", names) == {"week", "income", "age"}


def test_what_each_found_is_told_in_turn_and_once() -> None:
    assert in_turn([["a1", "a2", "a3"], ["b1"], [], ["c1", "a1"]]) == ["a1", "b1", "c1", "a2", "a3"]
    assert in_turn([]) == []


def test_what_is_paged_beside_alerts_is_counted() -> None:
    assert sum_up([WindowState.GOOD], told=["a clock"], late=0, pages=1) == "1 window, 0 alerts, 1 other page: a clock"
