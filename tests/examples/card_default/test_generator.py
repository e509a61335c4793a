"""The synthetic bank is the same for the same seed, holds its known truth, and its fault is the planted one alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from examples.card_default.generator import LABEL, SCORE, TRUTH, as_seen, history, null_to_999, week
from flywheel.domain.policy import Tier
from flywheel.project.loader import load_project
from flywheel.project.rule import decide_all, rule_of
from tests.factories.charters import ROOT
from tests.factories.examples import card_default

FOLDER = ROOT / "examples" / "card_default"


@pytest.fixture(scope="module")
def past() -> pd.DataFrame:
    return history()


def test_the_same_seed_makes_the_same_world() -> None:
    pd.testing.assert_frame_equal(history(rows=500, months=3), history(rows=500, months=3))
    pd.testing.assert_frame_equal(week(1, 50, 2), week(1, 50, 2))
    assert not week(1, 50, 2)[SCORE].equals(week(1, 50, 3)[SCORE])


def test_ids_are_never_used_twice(past: pd.DataFrame) -> None:
    weeks = pd.concat([week(7, 200, index) for index in range(30)])
    ids = pd.concat([past["application_id"], weeks["application_id"]])
    assert ids.is_unique


def test_a_higher_score_means_a_lower_risk(past: pd.DataFrame) -> None:
    known = past[past[SCORE].notna()]
    by_fifth = known.groupby(pd.qcut(known[SCORE], 5, labels=False))[LABEL].mean()
    assert (np.diff(by_fifth.to_numpy()) < 0).all()


def test_outcomes_follow_the_true_probability(past: pd.DataFrame) -> None:
    assert past[LABEL].mean() == pytest.approx(past[TRUTH].mean(), abs=0.005)
    assert past[TRUTH].between(0, 1).all()


def test_about_six_in_a_hundred_are_unknown_to_the_bureau(past: pd.DataFrame) -> None:
    assert past[SCORE].isna().mean() == pytest.approx(0.06, abs=0.01)


def test_every_value_is_within_what_the_charter_declares(past: pd.DataFrame) -> None:
    data = load_project(FOLDER).charter.data
    assert data is not None
    assert set(as_seen(past).columns) <= data.declared
    for name, column in data.columns.items():
        values = past[name].dropna()
        if column.between is not None:
            assert values.between(*column.between).all(), name
        if column.categories:
            assert set(values) == set(column.categories), name
        if column.missing.at_most is not None:
            assert past[name].isna().mean() <= column.missing.at_most, name


@pytest.mark.parametrize("name", [SCORE, "income", "utilisation", "age", "requested_limit"])
def test_thirty_clean_weeks_are_the_history_again(past: pd.DataFrame, name: str) -> None:
    weeks = [week(7, 1_000, index)[name] for index in range(30)]
    spread = past[name].std()
    shifts = [abs(part.mean() - past[name].mean()) / spread for part in weeks]
    assert max(shifts) < 0.15
    assert abs(pd.concat(weeks).isna().mean() - past[name].isna().mean()) < 0.01


def test_the_fault_changes_nulls_into_999_and_nothing_else() -> None:
    clean = week(7, 500, 0)
    faulty = null_to_999(clean)
    changed = clean[SCORE].isna()
    assert changed.any()
    assert (faulty.loc[changed, SCORE] == 999).all()
    pd.testing.assert_frame_equal(faulty.drop(columns=SCORE), clean.drop(columns=SCORE))
    assert faulty.loc[~changed, SCORE].equals(clean.loc[~changed, SCORE])


def test_the_rule_is_not_fooled_by_the_fault() -> None:
    rule = rule_of(load_project(FOLDER).charter)
    assert rule is not None
    clean = week(7, 2_000, 0)
    assert decide_all(rule, clean).tolist() == decide_all(rule, null_to_999(clean)).tolist()
    assert 0.4 < decide_all(rule, clean).mean() < 0.8


def test_what_is_written_is_what_the_charter_reads(tmp_path: Path) -> None:
    ground = card_default(tmp_path, rows=600, months=3)
    table = ground.artifacts.get_frame(ground.prepared().digest)
    whole = history(rows=600, months=3)
    assert sorted(table.columns) == sorted(set(whole.columns) - {TRUTH})
    pd.testing.assert_series_equal(table[SCORE], whole[SCORE])
    assert (table[LABEL] == whole[LABEL]).all()


def test_the_tier_is_high() -> None:
    assert load_project(FOLDER).charter.tier is Tier.HIGH
