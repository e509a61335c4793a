"""Twins are asked about where cases were recorded several times, and in no smooth table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from flywheel.project.tabular.twins import TWINS_AT_MOST, Near, Twins

Numbers = NDArray[np.float64]
Random = np.random.Generator


def told(values: Numbers, *, entity: NDArray[np.object_] | None = None, parts: int = 3) -> Twins:
    frame = pd.DataFrame({f"x{at}": values[:, at] for at in range(values.shape[1])})
    near = Near(tuple(frame.columns), entity=None if entity is None else "who")
    frame = frame if entity is None else frame.assign(who=entity)
    for places in np.array_split(np.random.default_rng(9).permutation(len(frame)), parts):
        near.see(frame.iloc[places])
    return near.twins()


def recorded(random: Random, cases: int, times: int, *, noise: float, columns: int = 6) -> Numbers:
    return np.repeat(random.normal(size=(cases, columns)), times, axis=0) + noise * random.normal(
        size=(cases * times, columns)
    )


@pytest.mark.parametrize(
    ("cases", "times", "noise"), [(600, 5, 0.01), (600, 5, 0.05), (1_500, 2, 0.02), (80, 10, 0.2), (60, 20, 0.1)]
)
def test_cases_recorded_several_times_are_asked_about(cases: int, times: int, noise: float) -> None:
    found = told(recorded(np.random.default_rng(1), cases, times, noise=noise))
    assert found.share is not None
    assert found.share > 0.25
    assert "Is one case recorded several times" in found.sentence


def test_some_twins_among_many_cases_are_found() -> None:
    random = np.random.default_rng(2)
    cases = random.normal(size=(2_000, 6))
    found = told(np.vstack([cases, cases[:250] + 0.01 * random.normal(size=(250, 6))]))
    assert found.share == pytest.approx(500 / 2_250, abs=0.05)


def test_recordings_of_one_entity_are_its_own_and_twins_under_two_names_are_not() -> None:
    values = recorded(np.random.default_rng(3), 600, 5, noise=0.01)
    names = np.repeat(np.arange(600), 5).astype(str).astype(object)
    assert told(values, entity=names).sentence == ""
    spelled = np.array([name.zfill(1 + at % 5) for at, name in enumerate(names)], dtype=object)
    assert told(values, entity=spelled).sentence != ""


def walk(random: Random, rows: int) -> Numbers:
    return np.cumsum(random.normal(size=(rows, 5)), axis=0)


def clusters(random: Random, rows: int) -> Numbers:
    return random.normal(size=(5, 5))[random.integers(0, 5, rows)] * 4 + random.normal(size=(rows, 5)) * 0.3


def surface(random: Random, rows: int) -> Numbers:
    plain = random.normal(size=(rows, 2))
    return np.column_stack([plain, plain @ random.normal(size=(2, 4)) + 0.05 * random.normal(size=(rows, 4))])


def part_missing(random: Random, rows: int) -> Numbers:
    values = random.normal(size=(rows, 6))
    values[random.random((rows, 6)) < 0.08] = np.nan
    return values


SMOOTH: dict[str, Callable[[Random, int], Numbers]] = {
    "normal": lambda random, rows: random.normal(size=(rows, 5)),
    "heavy tails": lambda random, rows: random.standard_t(2, size=(rows, 6)),
    "amounts": lambda random, rows: np.exp(2 * random.normal(size=(rows, 4))),
    "rounded": lambda random, rows: np.round(random.normal(size=(rows, 4)) * 30),
    "many zeros": lambda random, rows: np.exp(random.normal(size=(rows, 5))) * (random.random((rows, 5)) < 0.5),
    "part missing": part_missing,
    "clusters": clusters,
    "a surface": surface,
    "a walk": walk,
}


@pytest.mark.parametrize("rows", [300, 1_000, 6_000])
@pytest.mark.parametrize("world", SMOOTH)
def test_no_smooth_table_is_asked_about(world: str, rows: int) -> None:
    found = told(SMOOTH[world](np.random.default_rng(rows), rows))
    assert found.share is None or found.share <= TWINS_AT_MOST


@pytest.mark.parametrize("columns", [0, 1, 2])
def test_few_columns_tell_nothing(columns: int) -> None:
    assert told(np.random.default_rng(4).normal(size=(500, columns))).share is None


def test_few_cases_and_none_tell_nothing() -> None:
    assert told(np.random.default_rng(5).normal(size=(150, 5))).share is None
    assert Near(("a",), entity=None).twins() == Twins(None, ())


def test_times_and_whole_numbers_count_and_texts_do_not() -> None:
    random = np.random.default_rng(6)
    values = np.repeat(random.normal(size=(400, 3)), 3, axis=0)
    frame = pd.DataFrame(
        {
            "at": pd.to_datetime((values[:, 0] * 1e15).astype(np.int64), utc=True),
            "number": values[:, 1] + 0.001 * random.normal(size=1_200),
            "whole": pd.array((values[:, 2] * 10_000).astype(np.int64), dtype="Int64"),
            "text": ["a"] * 1_200,
        }
    )
    near = Near(tuple(frame.columns), entity=None)
    near.see(frame)
    assert near.twins().columns == ("at", "number", "whole")
    assert near.twins().sentence != ""
