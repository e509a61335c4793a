"""What the wrapper around every check guarantees."""

from __future__ import annotations

import math
from collections.abc import Callable

from flywheel.domain.gates import GateFinding, Severity, Verdict
from flywheel.errors import InputRefused
from validators.protocol import FINDINGS_AT_MOST, Gate, Judgement, not_applicable


def gate(code: str, title: str, *, may_not_apply: bool = False) -> Callable[[Callable[..., Judgement]], Gate[...]]:
    return lambda judge: Gate(code, title, judge, may_not_apply)


def test_an_exception_is_the_verdict_error_with_a_sentence() -> None:
    @gate("DATA-999", "Breaks")
    def check() -> Judgement:
        raise KeyError("income")

    result = check().result
    assert result.verdict is Verdict.ERROR
    assert "could not run" in result.findings[0].what
    assert "income" in result.findings[0].seen


def test_an_error_of_ours_is_told_in_its_own_words() -> None:
    @gate("DATA-999", "Refuses")
    def check() -> Judgement:
        raise InputRefused("the table is too wide", found=9)

    assert "the table is too wide" in check().result.findings[0].what


def test_a_wrong_call_is_an_error_and_not_a_crash() -> None:
    @gate("DATA-999", "Needs a frame")
    def check(frame: int) -> Judgement:
        return Judgement(evaluated=frame)

    assert check().result.verdict is Verdict.ERROR


def test_nothing_evaluated_is_no_pass() -> None:
    @gate("DATA-999", "Looks at nothing")
    def check() -> Judgement:
        return Judgement()

    result = check().result
    assert result.verdict is Verdict.NOT_EVALUATED
    assert result.findings


def test_a_figure_that_is_not_finite_never_reaches_the_record() -> None:
    @gate("DATA-999", "Computes NaN")
    def check() -> Judgement:
        return Judgement(evaluated=1, figures={"auc": math.nan})

    result = check().result
    assert result.verdict is Verdict.ERROR
    assert "auc" not in result.figures


def test_a_broken_part_outweighs_all_that_went_well() -> None:
    @gate("DATA-999", "Half broken")
    def check() -> Judgement:
        return Judgement(evaluated=9, is_broken=True)

    assert check().result.verdict is Verdict.ERROR


def test_many_findings_are_bounded_and_the_critical_ones_kept() -> None:
    @gate("DATA-999", "Talks a lot")
    def check() -> Judgement:
        many = tuple(GateFinding(f"{i}", Severity.INFO) for i in range(5_000))
        return Judgement((*many, GateFinding("bad", Severity.CRITICAL)), evaluated=1)

    result = check().result
    assert result.verdict is Verdict.FAILED
    assert len(result.findings) == FINDINGS_AT_MOST
    assert result.findings[0].what == "bad"
    assert result.figures["findings_left_out"] == 5_001 - FINDINGS_AT_MOST


def test_only_a_gate_that_may_not_apply_is_believed_when_it_says_so() -> None:
    @gate("DATA-999", "Sometimes has nothing to look at", may_not_apply=True)
    def sometimes() -> Judgement:
        return not_applicable("the charter declares no time")

    @gate("DATA-998", "Always has something to look at")
    def always() -> Judgement:
        return not_applicable("the charter declares no time")

    assert sometimes().result.verdict is Verdict.NOT_APPLICABLE
    assert always().result.verdict is Verdict.ERROR
