"""PERF-013: a difference beyond doubt closes, one that may be chance warns, small groups are named and not judged."""

from __future__ import annotations

import numpy as np
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from tests.factories.examined import seen
from tests.factories.figures import bounds_of
from validators import fairness
from validators.columns import Mask
from validators.fairness import FairnessLimits, Promise
from validators.protocol import Checked
from validators.specs import ColumnRole, ColumnRule

SEEN = seen(8_000)
FEMALE = (SEEN.frame["gender"] == "female").to_numpy()
DEFAULTS = FairnessLimits()
RULES = (
    ColumnRule("gender", Kind.CATEGORY, role=ColumnRole.GROUP),
    ColumnRule("age", Kind.INTEGER, role=ColumnRole.GROUP),
)


def judged(
    decisions: Mask = SEEN.decisions,
    *,
    measure: str = "equal_opportunity",
    at_most: float = 0.1,
    groups: tuple[str, ...] = ("gender",),
    frame: object = SEEN.frame,
    limits: FairnessLimits = DEFAULTS,
) -> Checked:
    promise = Promise(groups, measure, at_most)
    return fairness.check(frame, SEEN.labels, decisions, promise=promise, rules=RULES, limits=limits)  # type: ignore[arg-type]


@pytest.mark.parametrize("measure", ["equal_opportunity", "demographic_parity", "equalized_odds"])
def test_equal_treatment_passes_under_each_measure(measure: str) -> None:
    result = judged(measure=measure).result
    assert result.verdict is Verdict.PASSED
    low, middle, high = bounds_of(result.figures, "difference")
    assert low < middle < high


@pytest.mark.parametrize(
    ("measure", "where"),
    [
        ("equal_opportunity", SEEN.labels == 1),
        ("demographic_parity", np.ones(len(SEEN.frame), dtype=bool)),
        ("equalized_odds", SEEN.labels == 0),
    ],
)
def test_a_difference_beyond_doubt_closes_by_the_rate_that_the_measure_looks_at(measure: str, where: Mask) -> None:
    turned = np.where(FEMALE & where, True, SEEN.decisions)
    result = judged(turned, measure=measure).result
    assert result.verdict is Verdict.FAILED
    assert "gender = female" in result.findings[0].what


def test_a_measure_looks_at_nothing_but_its_own_rate() -> None:
    accused = np.where(FEMALE & (SEEN.labels == 0), True, SEEN.decisions)
    assert judged(accused, measure="equal_opportunity").result.verdict is Verdict.PASSED


def test_a_difference_that_may_be_chance_warns() -> None:
    few = np.random.default_rng(2).permutation(np.flatnonzero(FEMALE & (SEEN.labels == 1)))[:90]
    turned = SEEN.decisions.copy()
    turned[few] = False
    result = judged(turned, at_most=0.09).result
    assert (result.verdict, result.findings[0].severity) == (Verdict.WARNED, Severity.WARNING)
    assert "too few to rule out chance" in result.findings[0].what


def test_a_policy_tightens_what_a_charter_allows_and_never_loosens_it() -> None:
    assert judged(limits=FairnessLimits(at_most=0.02)).result.figures["at_most"] == 0.02
    assert judged(limits=FairnessLimits(at_most=0.5)).result.figures["at_most"] == 0.1


def test_small_groups_are_named_and_not_judged() -> None:
    rare = SEEN.frame.assign(gender=np.where(np.arange(len(SEEN.frame)) < 40, "other", SEEN.frame["gender"]))
    result = judged(frame=rare).result
    assert "gender = other" in result.findings[0].what
    assert result.figures["pairs"] == 1


def test_a_group_without_one_true_case_is_named_and_not_passed_over() -> None:
    unlucky = np.flatnonzero(SEEN.labels == 0)[:500]
    rare = SEEN.frame.assign(gender=np.where(np.isin(np.arange(8_000), unlucky), "other", SEEN.frame["gender"]))
    checked = judged(frame=rare)
    assert "gender = other" in checked.result.findings[0].what
    assert checked.result.findings[0].severity is Severity.QUESTION


def test_one_group_alone_compares_nothing() -> None:
    assert judged(frame=SEEN.frame.assign(gender="female")).result.verdict is Verdict.NOT_EVALUATED


def test_amounts_become_groups() -> None:
    assert judged(groups=("age",), at_most=0.3).result.figures["pairs"] == 6


@pytest.mark.parametrize("groups", [("planet",), ("gender", "planet")])
def test_a_group_that_is_not_declared_closes(groups: tuple[str, ...]) -> None:
    assert judged(groups=groups).result.verdict is Verdict.FAILED


def test_a_group_that_the_data_lack_closes() -> None:
    assert judged(frame=SEEN.frame.drop(columns="gender")).result.verdict is Verdict.FAILED


@pytest.mark.parametrize(("about_people", "severity"), [(False, Severity.INFO), (True, Severity.QUESTION)])
def test_without_declared_groups_it_does_not_apply_and_asks_where_people_are_decided_about(
    about_people: bool, severity: Severity
) -> None:
    result = fairness.check(
        SEEN.frame, SEEN.labels, SEEN.decisions, promise=None, rules=RULES, decides_about_people=about_people
    ).result
    assert (result.verdict, result.findings[0].severity) == (Verdict.NOT_APPLICABLE, severity)


def test_columns_that_tell_of_people_are_named_where_no_groups_are_declared() -> None:
    result = fairness.check(
        SEEN.frame, SEEN.labels, SEEN.decisions, promise=None, rules=RULES, of_people=("age", "gender")
    ).result
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert "The model decides by age, gender, which describe people." in result.questions[0]


def test_with_declared_groups_their_rates_are_asked_about_and_what_no_group_covers() -> None:
    promise = Promise(("gender",), "demographic_parity", 0.1)
    result = fairness.check(
        SEEN.frame, SEEN.labels, SEEN.decisions, promise=promise, rules=RULES, of_people=("age",)
    ).result
    assert result.is_only_asking
    (asked,) = result.questions
    assert f"{SEEN.decisions[FEMALE].mean():.1%} of {FEMALE.sum():,} where gender = female" in asked
    assert "No groups are declared for age." in asked
