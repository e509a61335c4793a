"""PERF-010: wear is noticed, chance is left in peace, and a declared time must be there."""

from __future__ import annotations

import numpy as np
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from tests.factories.examined import SWING, Seen, seen
from tests.factories.figures import bounds_of
from validators import stability
from validators.protocol import Checked
from validators.specs import ColumnRole, ColumnRule

CLOCK = ColumnRule("asked_at", Kind.TIME, role=ColumnRole.TIME)
SEEN = seen()
IS_LATE = (SEEN.frame["asked_at"] >= "2026-03-25").to_numpy()


def judged(one: Seen, *, rules: tuple[ColumnRule, ...] = (CLOCK,)) -> Checked:
    return stability.check(one.frame, one.money - one.naive_money, one.labels, one.chances, rules=rules, swing=SWING)


def test_a_model_that_holds_passes_with_bounds_for_its_last_period() -> None:
    result = judged(SEEN).result
    assert result.verdict is Verdict.PASSED
    low, middle, high = bounds_of(result.figures, "last_gain")
    assert low < middle < high
    assert result.figures["periods"] == 12


def test_chance_hardly_ever_looks_like_wear() -> None:
    assert sum(judged(seen(1_500, seed=s)).result.verdict is not Verdict.PASSED for s in range(40)) <= 3


def test_wear_in_the_last_periods_is_a_warning_in_words() -> None:
    shuffled = np.random.default_rng(1).permutation(SEEN.chances)
    worn = Seen(SEEN.frame, SEEN.labels, np.where(IS_LATE, shuffled, SEEN.chances))
    result = judged(worn).result
    assert result.verdict is Verdict.WARNED
    assert {finding.locator for finding in result.findings} >= {"gain", "auc"}
    assert "Is it degrading?" in " ".join(finding.what for finding in result.findings)


def test_periods_that_lose_money_are_named() -> None:
    blind = Seen(SEEN.frame, SEEN.labels, np.where(IS_LATE, 1.0, SEEN.chances)).with_rate(IS_LATE, 0.0)
    result = judged(blind).result
    assert any("loses" in finding.what and finding.severity is Severity.WARNING for finding in result.findings)


def test_without_a_declared_time_it_does_not_apply() -> None:
    assert judged(SEEN, rules=()).result.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "frame",
    [
        SEEN.frame.drop(columns="asked_at"),
        SEEN.frame.assign(asked_at=SEEN.frame["asked_at"].mask(IS_LATE)),
        SEEN.frame.assign(asked_at=SEEN.frame["asked_at"].astype(str)),
    ],
)
def test_a_declared_time_that_the_data_lack_closes(frame: object) -> None:
    assert judged(Seen(frame, SEEN.labels, SEEN.chances)).result.verdict is Verdict.FAILED  # type: ignore[arg-type]


def test_rows_of_one_moment_say_nothing_about_time() -> None:
    at_once = SEEN.frame.assign(asked_at=SEEN.frame["asked_at"].iloc[0])
    assert judged(Seen(at_once, SEEN.labels, SEEN.chances)).result.verdict is Verdict.WARNED
