"""What separates cases separates them for each model, however large or small the numbers that say it are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from flywheel.project.problems.binary import Binary
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.model import FittedModel, fit, load_verified, save
from flywheel.project.tabular.recipe import ColumnFacts, Recipe, RecipeKind
from flywheel.project.tabular.scoring import auc
from flywheel.project.tabular.single import blurred, offset_of
from tests.factories.records import records_of
from tests.factories.tabular import PAYOFF

ROWS = 3000
RUNGS = {
    RecipeKind.LINEAR: (("c", 1.0), ("max_iter", 300)),
    RecipeKind.BOOSTED: (("eta", 0.3), ("max_depth", 4), ("rounds", 20)),
}
SCALES = [
    (0, 1),
    (10**9, 1),
    (2**52, 1),
    (-(10**9), 1),
    (1.7e12, 60_000),
    (1e6, 0.01),
    (0, 1e-10),
    (0, 1e-30),
    (0, 1e30),
]


def table(offset: float, scale: float) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    rng = np.random.default_rng(2)
    count = rng.integers(0, 51, ROWS)
    yes = rng.random(ROWS) < 1 / (1 + np.exp((25 - count) / 4))
    return pd.DataFrame({"x": offset + count * scale, "y": yes.astype(int)}), count


def fitted(kind: RecipeKind, frame: pd.DataFrame, column_kind: Kind = Kind.NUMBER) -> FittedModel:
    columns = [ColumnFacts("x", column_kind)]
    recipe = Recipe(kind, ("x",), (), 1).with_params(dict(RUNGS[kind]))
    return fit(recipe, frame[:2000], frame[2000:], columns=columns, goal=Binary("y", 1, PAYOFF)).model


@pytest.mark.parametrize("kind", RUNGS)
@pytest.mark.parametrize(("offset", "scale"), SCALES)
def test_a_model_ranks_as_well_wherever_the_numbers_lie(
    kind: RecipeKind, offset: float, scale: float, tmp_path: Path
) -> None:
    frame, count = table(offset, scale)
    model = fitted(kind, frame)
    assert auc(frame["y"].to_numpy(), model.said(frame)) > auc(frame["y"].to_numpy(), count.astype(float)) - 0.005
    assert not model.encoding.blurred
    digest = save(model, tmp_path / "model")
    served = load_verified(tmp_path / "model", digest)
    by_rows = served.said_of(served.encoding.rows(records_of(frame[["x"]])))
    np.testing.assert_array_equal(by_rows, model.said(frame))


def test_moments_a_second_apart_are_apart() -> None:
    frame, count = table(0, 1)
    frame["x"] = pd.Timestamp("2026-01-31T12:00Z") + pd.to_timedelta(count, unit="s")
    model = fitted(RecipeKind.BOOSTED, frame, Kind.TIME)
    assert auc(frame["y"].to_numpy(), model.said(frame)) > 0.95


def test_what_no_offset_keeps_apart_is_told_with_its_share() -> None:
    both = np.concatenate([np.tile(np.arange(50.0), 20), 1e12 + np.tile(np.arange(50.0), 20)])
    assert offset_of(both) in both
    assert blurred(both, offset_of(both)) == pytest.approx(0.49)
    frame = pd.DataFrame({"x": np.tile(both, 2), "y": np.arange(4000) % 2})
    assert fitted(RecipeKind.BOOSTED, frame).encoding.blurred == {"x": pytest.approx(0.49, abs=0.03)}


@pytest.mark.parametrize("seed", range(5))
def test_noise_of_many_digits_is_nothing_to_tell(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=200_000)
    assert (offset_of(values), blurred(values, 0.0)) == (0.0, 0.0)
