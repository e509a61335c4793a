"""A sample of the rows that go by is bounded, and the same however they were cut."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from validators.sampling import Sample

FRAME = pd.DataFrame({"x": np.arange(5_000)})


def sampled(step: int, *, seed: int = 0, frame: pd.DataFrame = FRAME) -> Sample:
    sample = Sample(whole_at_most=400, sample_rows=100, seed=seed)
    for first in range(0, len(frame), step):
        sample.see(frame.iloc[first : first + step])
    return sample


@pytest.mark.parametrize("step", [1, 37, 399, 5_000])
def test_the_sample_is_the_same_however_the_rows_were_cut(step: int) -> None:
    kept = sampled(step).frame()["x"]
    assert len(kept) == 100
    assert kept.tolist() == sorted(sampled(1_000).frame()["x"])


def test_few_rows_are_all_kept() -> None:
    sample = sampled(7, frame=FRAME.iloc[:400])
    assert sample.is_whole
    assert sample.frame()["x"].tolist() == list(range(400))


def test_another_seed_draws_other_rows_and_all_places_are_drawn_alike() -> None:
    drawn = np.concatenate([sampled(500, seed=seed).frame()["x"] for seed in range(40)])
    assert len(set(drawn.tolist())) > 2_000
    assert abs(drawn.mean() / 2_500 - 1) < 0.05
