"""Gates: only what ran and was good enough opens; want of evidence never does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.gates import GateFinding, GateResult, Severity, Verdict, decide, verdict_from

CODES = ("DATA-001", "DRIFT-001", "PERF-001")
WHY = (GateFinding("for the file", Severity.INFO),)
RESULTS = st.builds(
    GateResult,
    code=st.sampled_from(CODES),
    title=st.just("t"),
    verdict=st.sampled_from(Verdict),
    findings=st.just(WHY),
)


@given(st.lists(RESULTS), st.frozensets(st.sampled_from(CODES)), st.booleans())
def test_open_means_every_required_gate_ran_and_every_result_is_good(
    results: list[GateResult], required: frozenset[str], warned_opens: bool
) -> None:
    good = {Verdict.PASSED} | ({Verdict.WARNED} if warned_opens else set())
    judging = [r for r in results if r.verdict is not Verdict.NOT_APPLICABLE]
    is_right = bool(judging) and required <= {r.code for r in results} and all(r.verdict in good for r in judging)
    decision = decide(results, required=required, warned_opens=warned_opens)
    assert decision.is_open == is_right
    assert decision.is_open == (not decision.reasons)


@given(st.lists(RESULTS), RESULTS)
def test_one_more_bad_result_never_opens(results: list[GateResult], more: GateResult) -> None:
    if more.verdict not in {Verdict.PASSED, Verdict.NOT_APPLICABLE}:
        assert not decide([*results, more], required=frozenset(), warned_opens=False).is_open


@given(st.permutations([GateResult("DATA-001", "t", Verdict.FAILED), GateResult("DATA-001", "t", Verdict.PASSED)]))
def test_failure_is_not_hidden_by_a_second_result_of_its_code(results: list[GateResult]) -> None:
    assert not decide(results, required=frozenset({"DATA-001"}), warned_opens=True).is_open


def test_nothing_ran_is_closed_even_where_nothing_was_required() -> None:
    assert decide([], required=frozenset(), warned_opens=True).reasons == ("no gate ran",)


def test_gates_that_do_not_apply_open_nothing_by_themselves() -> None:
    apart = GateResult("PERF-010", "holds over time", Verdict.NOT_APPLICABLE, WHY)
    alone = decide([apart], required=frozenset({"PERF-010"}), warned_opens=True)
    assert alone.reasons == ("no gate that ran applied",)
    beside = decide([apart, GateResult("PERF-001", "t", Verdict.PASSED)], required=frozenset(), warned_opens=False)
    assert (beside.is_open, beside.not_applicable) == (True, ("PERF-010 holds over time: for the file",))


def test_what_does_not_apply_says_why() -> None:
    with pytest.raises(ValueError, match="must say why"):
        GateResult("PERF-010", "t", Verdict.NOT_APPLICABLE)


@pytest.mark.parametrize(("beside", "is_open"), [((), True), ((GateFinding("odd", Severity.WARNING),), False)])
def test_a_question_opens_for_the_people_who_sign_and_a_warning_does_not(
    beside: tuple[GateFinding, ...], is_open: bool
) -> None:
    asked = GateResult("PERF-012", "t", Verdict.WARNED, (GateFinding("why so?", Severity.QUESTION), *beside))
    assert asked.questions == ("why so?",)
    assert decide([asked], required=frozenset(), warned_opens=False).is_open is is_open


def test_reasons_name_the_gate_and_its_first_serious_finding() -> None:
    findings = (GateFinding("for the file", Severity.INFO), GateFinding("41 % are null"))
    result = GateResult("DATA-001", "declared columns", Verdict.FAILED, findings)
    decision = decide([result], required=frozenset({"PERF-001"}), warned_opens=True)
    assert decision.reasons == (
        "PERF-001 was required and did not run",
        "DATA-001 declared columns: failed: 41 % are null",
    )


@pytest.mark.parametrize("verdict", [Verdict.PASSED, Verdict.WARNED])
def test_good_verdict_cannot_stand_beside_a_critical_finding(verdict: Verdict) -> None:
    with pytest.raises(ValueError, match="critical finding"):
        GateResult("DATA-001", "t", verdict, (GateFinding("bad"),))


@pytest.mark.parametrize("code", ["DATA-1", "data-001", "DATA-001\n", "OTHER-001", ""])
def test_code_has_its_grammar(code: str) -> None:
    with pytest.raises(ValueError, match="not a gate code"):
        GateResult(code, "t", Verdict.PASSED)


@given(st.lists(st.builds(GateFinding, what=st.just("w"), severity=st.sampled_from(Severity))), st.integers(-1, 3))
def test_verdict_passes_only_what_was_compared(findings: list[GateFinding], evaluated: int) -> None:
    verdict = verdict_from(findings, evaluated=evaluated)
    worst = {finding.severity for finding in findings}
    if Severity.CRITICAL in worst:
        assert verdict is Verdict.FAILED
    elif evaluated < 1:
        assert verdict is Verdict.NOT_EVALUATED
    else:
        assert verdict is (Verdict.WARNED if worst - {Severity.INFO} else Verdict.PASSED)
