"""PERF-009: declared slices are always told, segments are found unasked, and honest chances raise no question."""

from __future__ import annotations

import json

import numpy as np
import pytest

from flywheel.domain.gates import Severity, Verdict
from tests.factories.examined import SWING, Seen, seen
from tests.factories.traffic import RULES
from validators import slices
from validators.protocol import Checked
from validators.specs import Worth

SEEN = seen()


def judged(one: Seen, *, declared: tuple[str, ...] = ("channel",)) -> Checked:
    return slices.check(one.frame, one.scored, rules=RULES, declared=declared, worth=Worth("application", "EUR"))


def test_honest_chances_pass_and_each_declared_slice_is_told() -> None:
    checked = judged(SEEN)
    assert checked.result.verdict is Verdict.PASSED
    told = json.loads(next(r.content for r in checked.reports if r.name == "slices.json"))
    assert {row["slice"] for row in told} == {f"channel = {name}" for name in ("web", "branch", "app", "phone")}
    assert sum(row["cases"] for row in told) == len(SEEN.frame)
    assert all(row["gain_low"] <= row["gain"] <= row["gain_high"] for row in told)


def test_honest_chances_are_hardly_ever_questioned() -> None:
    verdicts = [judged(seen(2_000, seed=seed)).result.verdict for seed in range(20)]
    assert verdicts.count(Verdict.PASSED) >= 18


def test_a_segment_that_nobody_declared_is_named_in_words_with_what_was_said_and_seen() -> None:
    mask = ((SEEN.frame["channel"] == "app") & (SEEN.frame["age"] < 30)).to_numpy()
    result = judged(SEEN.with_rate(mask, 0.5)).result
    first = result.findings[0]
    assert first.locator.startswith("age below 30 and channel = app")
    assert first.severity is Severity.WARNING  # far beyond what is allowed
    assert "EUR per application" in first.what


def test_a_slice_that_loses_money_against_the_naive_rule_is_named() -> None:
    mask = (SEEN.frame["channel"] == "web").to_numpy()
    findings = judged(SEEN.with_rate(mask, 0.0)).result.findings
    losing = [finding for finding in findings if "loses" in finding.what]
    assert "channel = web" in losing[0].what


def test_a_slice_too_small_to_judge_is_said_to_be() -> None:
    rare = np.where(np.arange(len(SEEN.frame)) < 20, "rare", SEEN.frame["channel"])
    findings = judged(Seen(SEEN.frame.assign(channel=rare), SEEN.labels, SEEN.chances)).result.findings
    assert "channel = rare" in findings[-1].what
    assert findings[-1].severity is Severity.INFO


@pytest.mark.parametrize("declared", [("nowhere",), ("channel", "planet")])
def test_a_declared_slice_that_is_no_column_closes(declared: tuple[str, ...]) -> None:
    assert judged(SEEN, declared=declared).result.verdict is Verdict.FAILED


def test_a_declared_slice_that_the_data_lack_closes() -> None:
    lacking = Seen(SEEN.frame.drop(columns="channel"), SEEN.labels, SEEN.chances)
    assert judged(lacking).result.verdict is Verdict.FAILED


def test_a_part_that_is_right_is_not_named_because_the_rest_is_wrong() -> None:
    is_right = (SEEN.frame["channel"] == "branch").to_numpy()
    boastful = Seen(SEEN.frame, SEEN.labels, np.where(is_right, SEEN.chances, np.clip(SEEN.chances * 4, 0, 1)))
    assert "channel = branch" not in [finding.locator for finding in judged(boastful).result.findings]


def test_a_segment_too_small_for_ten_of_the_rarer_answers_is_no_surprise() -> None:
    drawn = [seen(2_000, seed=seed) for seed in (0, 17, 21, 55, 138, 167, 181, 191)]  # where 60 rows were enough to err
    assert sum(judged(one).result.verdict is Verdict.WARNED for one in drawn) <= 1


@pytest.mark.parametrize("wild", [1e5, 1e7])
def test_one_giant_outlier_that_no_decision_brings_is_an_error_and_no_pass(wild: float) -> None:
    money = SEEN.money.copy()
    money[0] += wild
    scored = slices.Scored(SEEN.labels, SEEN.chances, money, SEEN.naive_money, SWING)
    result = slices.check(SEEN.frame, scored, rules=RULES, declared=("channel",)).result
    assert result.verdict is Verdict.ERROR
    assert "not what another decision brings" in result.findings[0].seen


def test_a_slice_without_the_rare_dear_outcome_does_not_lose() -> None:
    draw, rung = np.random.default_rng(3), 0
    for _ in range(100):
        is_yes = draw.random(240) < 0.3
        labels = (draw.random(240) < np.where(is_yes, 1 / 31, 0.01)).astype(np.uint8)
        money = np.where(is_yes, np.where(labels == 1, 30.0, -1.0), 0.0)
        scored = slices.Scored(labels, np.where(is_yes, 1 / 31, 0.01), money, np.zeros(240), (30.0, -1.0))
        frame = SEEN.frame.iloc[:240]
        rung += any(
            "loses" in finding.what
            for finding in slices.check(frame, scored, rules=RULES, declared=("channel",)).result.findings
        )
    assert rung <= 8  # by a normal curve over the usual rows it was one in six
