"""PERF-001, 002 and 006: only a gain beyond chance beats what is there, and complexity has to pay."""

from __future__ import annotations

import numpy as np
import pytest

from flywheel.domain.gates import Severity, Verdict
from validators import money
from validators.specs import Worth

RNG = np.random.default_rng(1)
SWING = (4_000.0, -140.0)
BASELINE = np.where(RNG.random(4_000) < 0.05, -2100.0, 0.0)
AVERTED = RNG.random(4_000) < 0.5


def better() -> np.ndarray:
    return np.where(AVERTED & (BASELINE < 0), 1900.0, BASELINE)


def test_a_clear_gain_passes_with_its_interval() -> None:
    result = money.check_baseline(better(), BASELINE, must_beat=0.02, swing=SWING).result
    assert result.verdict is Verdict.PASSED
    assert result.figures["gain_share_low"] < result.figures["gain_share"] < result.figures["gain_share_high"]


def test_a_gain_within_chance_does_not_pass() -> None:
    lucky = BASELINE.copy()
    lucky[np.flatnonzero(BASELINE)[:2]] = 1900.0
    result = money.check_baseline(lucky, BASELINE, must_beat=0.02, swing=SWING).result
    assert result.verdict is Verdict.FAILED
    assert "beyond chance" in result.findings[0].what


def test_a_loss_is_told_as_a_loss() -> None:
    result = money.check_champion(BASELINE, better(), must_beat=0.0, swing=SWING).result
    assert "less than the champion" in result.findings[0].what


def test_an_equal_candidate_is_as_good_as_the_champion() -> None:
    assert money.check_champion(BASELINE, BASELINE.copy(), must_beat=0.0, swing=SWING).result.verdict is Verdict.PASSED


def test_without_a_champion_nothing_is_judged() -> None:
    result = money.check_champion(better(), None, must_beat=0.0, swing=SWING).result
    assert result.verdict is Verdict.NOT_EVALUATED
    assert "no champion" in result.findings[0].what


def test_a_baseline_that_earns_nothing_is_beaten_by_any_sure_gain() -> None:
    nothing = np.zeros(4_000)
    assert (
        money.check_baseline(AVERTED * 4_000.0, nothing, must_beat=0.02, swing=SWING).result.verdict is Verdict.PASSED
    )
    assert money.check_baseline(nothing, nothing, must_beat=0.0, swing=SWING).result.verdict is Verdict.FAILED


@pytest.mark.parametrize("must_beat", [float("nan"), float("inf")])
def test_a_bound_that_is_no_number_is_an_error(must_beat: float) -> None:
    assert money.check_baseline(better(), BASELINE, must_beat=must_beat, swing=SWING).result.verdict is Verdict.ERROR


def test_a_renewal_within_chance_of_the_champion_passes_and_a_challenger_does_not() -> None:
    unlucky = BASELINE.copy()
    unlucky[np.flatnonzero(BASELINE == 0)[:2]] = -140.0
    renewed = money.check_champion(unlucky, BASELINE, must_beat=0.0, swing=SWING, is_renewal=True).result
    challenged = money.check_champion(unlucky, BASELINE, must_beat=0.0, swing=SWING).result
    assert (renewed.verdict, challenged.verdict) == (Verdict.PASSED, Verdict.FAILED)


def test_a_renewal_that_is_worse_beyond_chance_is_refused() -> None:
    result = money.check_champion(BASELINE, better(), must_beat=0.0, swing=SWING, is_renewal=True).result
    assert result.verdict is Verdict.FAILED
    assert "upper bound" in result.findings[0].seen


def test_a_complexity_that_clearly_pays_passes() -> None:
    assert money.check_simple(better(), BASELINE, swing=SWING).result.verdict is Verdict.PASSED


def test_a_complexity_that_does_not_clearly_pay_is_a_question_in_money() -> None:
    result = money.check_simple(BASELINE, BASELINE, swing=SWING, worth=Worth("application", "EUR")).result
    assert (result.verdict, result.findings[0].severity) == (Verdict.WARNED, Severity.QUESTION)
    assert "EUR per application" in result.findings[0].what


def test_a_complexity_that_costs_money_closes() -> None:
    assert money.check_simple(BASELINE, better(), swing=SWING).result.verdict is Verdict.FAILED


def test_the_simple_model_itself_is_not_held_against_itself() -> None:
    result = money.check_simple(BASELINE, None, swing=SWING, why_not="this is the simple model").result
    assert (result.verdict, result.findings[0].what) == (Verdict.NOT_APPLICABLE, "this is the simple model")


def test_who_earns_as_little_as_a_rival_that_earns_nothing_is_not_worse_than_it() -> None:
    nothing = np.zeros(500)
    assert (
        money.check_champion(nothing, nothing, must_beat=0.0, swing=SWING, is_renewal=True).result.verdict
        is Verdict.PASSED
    )
    assert money.check_champion(nothing, nothing, must_beat=0.0, swing=SWING).result.verdict is Verdict.FAILED
    assert money.check_simple(nothing, nothing, swing=SWING).result.findings[0].severity is Severity.QUESTION
    assert money.check_simple(nothing - 140, nothing, swing=SWING).result.verdict is Verdict.FAILED


def test_rows_that_either_version_has_seen_have_no_say() -> None:
    learned_by_heart = BASELINE.copy()
    unseen = np.arange(BASELINE.size) >= 3_000
    learned_by_heart[~unseen] += 4_000
    blind = money.check_champion(BASELINE, learned_by_heart, must_beat=0.0, swing=SWING, is_renewal=True).result
    fair = money.check_champion(
        BASELINE, learned_by_heart, must_beat=0.0, swing=SWING, unseen=unseen, is_renewal=True
    ).result
    assert (blind.verdict, fair.verdict) == (Verdict.FAILED, Verdict.PASSED)
    assert (fair.figures["rows"], fair.figures["rows_left_out_as_seen"]) == (BASELINE.size - 3_000, 3_000)


def test_where_too_few_unseen_rows_are_left_people_are_asked_and_no_figure_is_given() -> None:
    unseen = np.arange(BASELINE.size) < 49
    result = money.check_champion(better(), BASELINE, must_beat=0.0, swing=SWING, unseen=unseen).result
    assert (result.verdict, result.is_only_asking) == (Verdict.WARNED, True)
    assert "only 49 are unseen by the champion" in result.questions[0]
    assert "gain_per_row" not in result.figures


def test_too_few_rows_at_all_are_no_question_for_people() -> None:
    result = money.check_champion(
        better()[:30], BASELINE[:30], must_beat=0.0, swing=SWING, unseen=np.zeros(30, dtype=bool)
    ).result
    assert result.verdict in {Verdict.FAILED, Verdict.ERROR}


def test_marks_of_unseen_rows_that_do_not_fit_are_an_error() -> None:
    result = money.check_champion(better(), BASELINE, must_beat=0.0, swing=SWING, unseen=np.ones(3, dtype=bool)).result
    assert result.verdict is Verdict.ERROR


def test_the_naive_answer_itself_does_not_earn_more_than_the_naive_answer() -> None:
    naive = np.random.default_rng(1).normal(50, 10, 500)
    result = money.check_baseline(naive, naive, must_beat=0.0, swing=SWING).result
    assert result.verdict is Verdict.FAILED
    assert "decides every row alike" in result.findings[0].what


@pytest.mark.parametrize(("decided_otherwise", "share_true"), [(4, 0.035), (20, 0.035), (60, 0.05), (400, 0.035)])
def test_a_renewal_that_is_as_good_is_blocked_no_oftener_than_is_promised(
    decided_otherwise: int, share_true: float
) -> None:
    """A yes that breaks even, where the dear outcome is rare: by a bootstrap up to three of four were blocked."""
    draw, blocked = np.random.default_rng(5), 0
    worth = np.array([-(SWING[0] * share_true) / (1 - share_true), SWING[0]])
    for _ in range(200):
        ours = np.zeros(800)
        ours[:decided_otherwise] = worth[(draw.random(decided_otherwise) < share_true).astype(int)]
        swing = (worth[1], worth[0])
        told = money.check_champion(ours - 5, np.zeros(800) - 5, must_beat=0.0, swing=swing, is_renewal=True)
        blocked += told.result.verdict is not Verdict.PASSED
    assert blocked <= 0.05 * 200


def test_a_renewal_that_loses_on_many_rows_is_blocked_all_the_same() -> None:
    losing = np.where(np.arange(4_000) < 900, -140.0, 0.0)
    result = money.check_champion(losing - 5, np.zeros(4_000) - 5, must_beat=0.0, swing=SWING, is_renewal=True).result
    assert result.verdict is Verdict.FAILED


def test_money_that_no_decision_brings_is_an_error() -> None:
    result = money.check_champion(np.full(100, 3.0), np.zeros(100), must_beat=0.0, swing=SWING).result
    assert result.verdict is Verdict.ERROR


def test_where_a_hit_and_a_miss_weigh_the_same_the_interval_holds_the_mean() -> None:
    draw = np.random.default_rng(1)
    ours, theirs = draw.choice([-1.0, 1.0], 500), draw.choice([-1.0, 1.0], 500)
    figures = money.check_champion(ours, theirs, must_beat=0.0, swing=(2.0, -2.0)).result.figures
    assert figures["gain_per_row_low"] < figures["gain_per_row"] < figures["gain_per_row_high"]
