"""Levels of columns: every row has one, their words say who is meant, what is missing stands apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.project.reading.kinds import Kind
from validators.bins import MISSING, OTHER, binned
from validators.specs import ColumnRule


def test_amounts_are_cut_into_about_equal_parts_whose_words_are_their_bounds() -> None:
    values = pd.Series(np.random.default_rng(1).normal(50, 10, 5_000))
    cut = binned(values, ColumnRule("age", Kind.NUMBER))
    assert np.bincount(cut.codes).min() > 900
    edge = float(cut.levels[0].removeprefix("below "))
    assert ((values < edge).to_numpy() == (cut.codes == 0)).all()
    assert [word.split()[0] for word in (cut.levels[0], cut.levels[-1])] == ["below", "at"]


def test_few_amounts_are_levels_of_their_own() -> None:
    cut = binned(pd.Series([0, 1, 2, 1, 0]), ColumnRule("children", Kind.INTEGER))
    assert (cut.levels, cut.codes.tolist()) == (("= 0", "= 1", "= 2"), [0, 1, 2, 1, 0])


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.CATEGORY])
def test_missing_values_and_codes_share_a_level(kind: Kind) -> None:
    values = [1.0, 2.0, None, 3.0] if kind is Kind.NUMBER else ["a", "b", None, "?"]
    cut = binned(pd.Series(values), ColumnRule("x", kind, missing_codes=(3.0, "?")))
    assert [cut.levels[code] == MISSING for code in cut.codes] == [False, False, True, True]


def test_rare_names_are_gathered() -> None:
    names = ["a"] * 50 + ["b"] * 30 + [f"rare{i}" for i in range(20)]
    cut = binned(pd.Series(names), ColumnRule("region", Kind.CATEGORY), levels=3)
    assert cut.levels == ("= a", "= b", OTHER)
    assert np.bincount(cut.codes).tolist() == [50, 30, 20]


def test_times_are_cut_by_days() -> None:
    times = pd.Series(pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(1_000), unit="h"))
    cut = binned(times, ColumnRule("asked_at", Kind.TIME), bins=2)
    assert cut.levels == ("below 2026-01-21", "at least 2026-01-21")


def test_a_column_of_one_value_is_one_level() -> None:
    cut = binned(pd.Series(np.full(10, 7.5)), ColumnRule("x", Kind.NUMBER))
    assert (cut.levels, set(cut.codes)) == (("= 7.5",), {0})


def test_a_column_without_values_is_missing_throughout() -> None:
    cut = binned(pd.Series([None, None], dtype=object), ColumnRule("x", Kind.CATEGORY))
    assert (cut.levels, cut.codes.tolist()) == ((MISSING,), [0, 0])
