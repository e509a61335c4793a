"""What a version has seen is known again, whatever rule parts the rows today; what cannot be known counts as seen."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from flywheel.errors import InputRefused
from flywheel.project.tabular.seen import Seen, end_of, read_hashes, seen_rows
from flywheel.project.tabular.split import SplitRule
from flywheel.project.tabular.units import Unit
from tests.factories.tabular import applications

ROWS = applications(1_000).assign(
    person=[f"p{n // 2}" for n in range(1_000)],
    applied_at=pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.arange(1_000) // 3, unit="D"),
)
BY_ROW = SplitRule(Unit("bank", None, ("applied_at", "income", "score")), 0.2, 0.2)
BY_PERSON = SplitRule(Unit("bank", "person", ("applied_at", "income", "score")), 0.2, 0.2)
BY_TIME = SplitRule(Unit("bank", None, ("applied_at", "income", "score")), "2 months", "2 months", "applied_at")


def learned(rule: SplitRule, frame: pd.DataFrame = ROWS) -> Seen:
    return Seen.of(rule, rule.part(frame), frame.columns)


def seen_in(frame: pd.DataFrame, rule: SplitRule, seen: Seen | None) -> np.ndarray:
    return seen_rows(frame, rule=rule, parted=rule.part(frame), seen=seen)


@pytest.mark.parametrize("rule", [BY_ROW, BY_PERSON, BY_TIME])
def test_a_version_has_seen_all_it_learned_from_and_none_of_its_test(rule: SplitRule) -> None:
    split = rule.part(ROWS).split
    seen = seen_in(ROWS, rule, learned(rule))
    assert seen[split.train].all()
    assert seen[split.validation].all()
    assert not seen[split.test].any()


@pytest.mark.parametrize("rule", [BY_ROW, BY_PERSON])
def test_under_the_same_rule_no_test_row_of_grown_data_was_seen(rule: SplitRule) -> None:
    champion = learned(rule, ROWS.iloc[:700])
    assert not seen_in(ROWS, rule, champion)[rule.part(ROWS).split.test].any()


def test_under_another_rule_exactly_the_rows_it_learned_from_are_known_again() -> None:
    champion, split = learned(BY_ROW), BY_ROW.part(ROWS).split
    seen = seen_in(ROWS, replace(BY_ROW, unit=replace(BY_ROW.unit, salt="other")), champion)
    assert set(np.flatnonzero(seen).tolist()) == {*split.train.tolist(), *split.validation.tolist()}


def test_where_an_entity_is_named_later_its_other_rows_count_as_seen_too() -> None:
    seen = seen_in(ROWS, BY_PERSON, learned(BY_ROW))
    by_row = seen_in(ROWS, BY_ROW, learned(BY_ROW))
    assert seen.sum() > by_row.sum()
    assert set(ROWS["person"][seen]) == set(ROWS["person"][by_row])


def test_a_period_that_training_covered_counts_as_seen_with_rows_that_came_in_late() -> None:
    late = pd.concat([ROWS, ROWS.iloc[:5].assign(income=1.0, person="late")], ignore_index=True)
    assert seen_in(late, BY_TIME, learned(BY_TIME))[-5:].all()


def test_rows_up_to_the_day_that_a_maker_names_count_as_seen() -> None:
    seen = Seen(BY_ROW.unit, np.array([], dtype=np.uint64), "applied_at", end_of("2025-06-30"))
    found = seen_in(ROWS, BY_ROW, seen)
    assert ROWS["applied_at"][found].max() < pd.Timestamp("2025-07-01", tz="UTC") <= ROWS["applied_at"][~found].min()
    assert end_of("2025-06-30") > datetime(2025, 6, 30, 23, 59, tzinfo=UTC)


def test_what_nobody_recorded_or_cannot_be_known_counts_as_seen() -> None:
    assert seen_in(ROWS, BY_ROW, None).all()
    assert seen_in(ROWS.drop(columns="score"), BY_ROW, learned(BY_ROW)).all()
    assert seen_in(ROWS.drop(columns="person"), BY_PERSON, learned(BY_PERSON)).all()


def test_it_is_kept_in_eight_bytes_a_unit_and_read_as_it_was() -> None:
    seen = learned(BY_PERSON)
    assert len(seen.content()) == 8 * seen.hashes.size < 8 * len(ROWS)
    np.testing.assert_array_equal(read_hashes(seen.content()), seen.hashes)
    with pytest.raises(InputRefused, match="not a list of hashed units"):
        read_hashes(b"123")


@pytest.mark.parametrize("returning", [10, 40, 300])
def test_after_a_retraining_those_compared_are_composed_as_the_period_is(returning: int) -> None:
    """Customers of many months come again once: no period loses many rows, yet the champion knows who came again."""
    rng, each = np.random.default_rng(3), 400
    once: list[int] = []
    parts = []
    for month in range(24):
        back = [
            once.pop(int(place)) for place in np.sort(rng.choice(len(once), min(returning, len(once)), False))[::-1]
        ]
        new = list(range(month * each, month * each + each))
        at = pd.Timestamp("2024-01-10", tz="UTC") + pd.DateOffset(months=month)
        parts.append(pd.DataFrame({"person": [*back, *new], "is_back": [True] * len(back) + [False] * each, "at": at}))
        once += new
    rows = pd.concat(parts, ignore_index=True).assign(person=lambda one: one["person"].astype(str))
    rule = SplitRule(Unit("s", "person", ()), "1 month", "1 month", "at")
    earlier = rows[rows["at"] < rows["at"].max() - pd.DateOffset(months=1)].reset_index(drop=True)
    seen = Seen.of(rule, rule.part(earlier), earlier.columns)
    parted = rule.part(rows)
    compared = np.setdiff1d(parted.split.test, np.flatnonzero(seen_rows(rows, rule=rule, parted=parted, seen=seen)))
    period = rows["at"] == rows["at"].max()
    assert rows["is_back"].iloc[compared].mean() == pytest.approx(rows["is_back"][period].mean(), abs=0.055)
