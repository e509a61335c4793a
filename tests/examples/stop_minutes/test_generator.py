"""The synthetic parcel service is the same for the same seed, and a model of its minutes is worth its gates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from examples.stop_minutes.generator import TARGET, TRUTH, as_seen, history, in_pounds, week, write_history
from flywheel.domain.policy import Tier
from flywheel.project.framing import Framing
from flywheel.project.loader import load_project
from flywheel.project.tabular.answering import Amounts
from flywheel.project.tabular.certainty import ALONE
from flywheel.project.tabular.model import FittedModel
from flywheel.project.tabular.recipe import RecipeKind
from tests.factories.charters import ROOT

FOLDER = ROOT / "examples" / "stop_minutes"
FRAMING = Framing(load_project(FOLDER).charter)


@pytest.fixture(scope="module")
def past() -> pd.DataFrame:
    return history()


@pytest.fixture(scope="module")
def model(past: pd.DataFrame) -> FittedModel:
    train, validation, _ = FRAMING.split(past)
    boosted = next(rung for rung in FRAMING.ladder() if rung.kind is RecipeKind.BOOSTED)
    derived = FRAMING.derivation
    return FRAMING.problem.fit(boosted, train, validation, FRAMING.columns, derivation=derived).model


def test_the_same_seed_makes_the_same_world(tmp_path: Path) -> None:
    pd.testing.assert_frame_equal(history(rows=300), history(rows=300))
    assert not week(1, 50, 2)["weight_kg"].equals(week(1, 50, 3)["weight_kg"])
    write_history(tmp_path, rows=300)
    assert TRUTH not in pd.read_parquet(tmp_path / "stops.parquet")
    assert {TARGET, TRUTH} & {*as_seen(week(1, 50, 2))} == set()


def test_its_charter_is_of_low_risk_and_its_fault_is_the_planted_one_alone() -> None:
    assert FRAMING.charter.tier is Tier.LOW
    clean = week(1, 200, 0)
    changed = {name for name in clean if not clean[name].equals(in_pounds(clean)[name])}
    assert changed == {"weight_kg"}


def test_a_model_is_near_the_truth_and_far_from_the_baseline(past: pd.DataFrame, model: FittedModel) -> None:
    """What is decided lies above the mean, since a minute too few is dearer: it is held against the best there is."""
    _, _, test = FRAMING.split(past)
    problem = FRAMING.problem
    kpi = float(problem.figures(problem.answered(test, model), units=ALONE).kpi.value)
    spread = np.quantile(np.random.default_rng(1).gamma(16, 1 / 16, 9_999), 1.1 / 1.6)
    best = _per_stop(test, test[TRUTH].to_numpy() * spread)
    naive = float(problem.simplest(test).money.mean())
    assert naive < kpi < best
    assert (kpi - naive) > 0.75 * (best - naive)


def test_nine_of_ten_stops_lie_within_their_interval_in_weeks_to_come(model: FittedModel) -> None:
    assert isinstance(model.answering, Amounts)
    rows = pd.concat([week(7, 500, index) for index in range(8)])
    low, high = model.answering.interval(model.said(rows))
    truth = rows[TARGET].to_numpy()
    assert np.mean((truth >= low) & (truth <= high)) == pytest.approx(0.9, abs=0.03)


def _per_stop(rows: pd.DataFrame, decided: np.ndarray) -> float:
    return float(FRAMING.problem.money(rows[TARGET].to_numpy(), decided).mean())
