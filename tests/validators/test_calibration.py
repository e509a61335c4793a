"""PERF-004: probabilities against what happened."""

from __future__ import annotations

import numpy as np
import pytest

from flywheel.domain.gates import Severity, Verdict
from tests.factories.figures import bounds_of
from validators import calibration

RNG = np.random.default_rng(2)
TRUE = RNG.beta(1, 8, 5_000)
HAPPENED = (RNG.random(5_000) < TRUE).astype(int)


def test_honest_probabilities_pass_and_leave_a_table() -> None:
    checked = calibration.check(TRUE, HAPPENED)
    assert checked.result.verdict is Verdict.PASSED
    assert b"<script" not in checked.reports[0].content


@pytest.mark.parametrize("seed", range(5))
def test_few_cases_do_not_ring_by_chance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    said = rng.beta(1, 8, 200)
    assert calibration.check(said, rng.random(200) < said).result.verdict is Verdict.PASSED


@pytest.mark.parametrize("bias", [0.0, 0.05, 0.15])
@pytest.mark.parametrize("cases", [200, 2_000])
def test_the_error_lies_in_its_interval_and_the_interval_holds_the_truth(cases: int, bias: float) -> None:
    tries, held = 60, 0
    for seed in range(tries):
        rng = np.random.default_rng(seed)
        said = rng.beta(2, 5, cases) * 0.8
        figures = calibration.check(said, rng.random(cases) < said + bias).result.figures
        error, low, high = (float(figures[f"calibration_error{end}"]) for end in ("", "_low", "_high"))
        assert low <= error <= high
        held += low <= bias <= high
    assert held >= 0.9 * tries


def test_probabilities_twice_too_high_fail() -> None:
    result = calibration.check(np.clip(TRUE * 2, 0, 1), HAPPENED).result
    assert result.verdict is Verdict.FAILED
    assert any("predicts more" in finding.what for finding in result.findings)


def test_a_constant_base_rate_is_calibrated() -> None:
    assert calibration.check(np.full(5_000, HAPPENED.mean()), HAPPENED).result.verdict is Verdict.PASSED


@pytest.mark.parametrize("outcome", [0, 1, 2])
def test_outcomes_of_one_kind_cannot_be_judged(outcome: int) -> None:
    assert calibration.check(TRUE, np.full(5_000, outcome)).result.verdict is Verdict.FAILED


def test_scores_that_are_no_probabilities_fail() -> None:
    assert calibration.check(TRUE * 20, HAPPENED).result.verdict is Verdict.FAILED


def test_the_error_has_bounds_and_each_tenth_its_own() -> None:
    checked = calibration.check(TRUE, HAPPENED)
    low, middle, high = bounds_of(checked.result.figures, "calibration_error")
    assert low <= middle <= high
    assert b"observed_low" in next(report.content for report in checked.reports if report.name == "calibration.json")


def test_a_part_whose_promise_lies_off_is_a_question_though_the_whole_is_right() -> None:
    part = np.arange(5_000) % 4 == 0
    said = np.clip(np.where(part, TRUE * 1.7, TRUE * 0.85), 0, 1)
    result = calibration.check(said, HAPPENED, parts={"region = north": part, "region = south": ~part}).result
    asked = [finding.locator for finding in result.findings if finding.severity is Severity.QUESTION]
    assert asked == ["region = north"]
    honest = calibration.check(TRUE, HAPPENED, parts={"region = north": part, "region = south": ~part}).result
    assert honest.verdict is Verdict.PASSED


@pytest.mark.parametrize("certainty", [0.0, 1.0])
def test_a_part_of_which_the_model_is_wrongly_certain_is_a_question(certainty: float) -> None:
    part = np.arange(5_000) < 200
    happened = np.where(part, np.arange(5_000) % 2, HAPPENED)
    said = np.where(part, certainty, TRUE)
    result = calibration.check(said, happened, parts={"region = north": part, "region = south": ~part}).result
    assert "region = north" in [finding.locator for finding in result.findings]


def test_a_promise_that_lies_off_on_the_whole_is_judged_by_the_chance_of_what_happened_alone() -> None:
    said, happened = np.full(1_000, 0.55), np.arange(1_000) % 2  # as rare as 1 in 600 if 55 % were right
    result = calibration.check(said, happened).result
    assert result.verdict is Verdict.FAILED
    (finding,) = result.findings
    assert "Overall, the model predicts more" in finding.what


@pytest.mark.parametrize("rows", [100, 300, 1_000, 10_000])
def test_models_whose_every_word_is_true_pass_at_every_size(rows: int) -> None:
    draw = np.random.default_rng(rows)
    said = [draw.beta(a, b, rows) for a, b in ((1.0, 8.0), (2.0, 2.0), (0.5, 0.5), (8.0, 8.0)) for _ in range(25)]
    passed = [calibration.check(one, draw.random(rows) < one).result.verdict is Verdict.PASSED for one in said]
    assert sum(passed) >= 95


@pytest.mark.parametrize("rows", [300, 1_000, 10_000])
def test_models_that_are_far_too_sure_are_found(rows: int) -> None:
    draw = np.random.default_rng(rows)
    true = draw.beta(2, 2, rows)
    boastful = np.where(true > 0.5, 1 - (1 - true) ** 2.5, true**2.5)
    assert calibration.check(boastful, draw.random(rows) < true).result.verdict is Verdict.FAILED
