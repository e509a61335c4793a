"""How often each value came is the same, added up over parts or counted at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from validators import keys
from validators.keys import RunningKeys, keys_of, numeric_keys

SERIES = pd.Series(np.random.default_rng(5).integers(0, 300, 2_000))


@pytest.mark.parametrize("waiting_at_most", [0, 150, 10**6])
def test_parts_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch, waiting_at_most: int) -> None:
    monkeypatch.setattr(keys, "WAITING_AT_MOST", waiting_at_most)
    running = RunningKeys()
    for first in range(0, len(SERIES), 70):
        running.add(keys_of(numeric_keys(SERIES.iloc[first : first + 70])))
    counts = SERIES.value_counts()
    total = running.total()
    assert (total.distinct, total.rarest) == (len(counts), counts.min())
    assert total.repeated == counts[counts > 1].sum()


def test_a_value_that_comes_once_in_each_of_two_parts_is_repeated() -> None:
    texts, numbers = RunningKeys(), RunningKeys()
    for word, number in (("a", 1), ("b", 2), ("a", 1)):
        texts.add(keys.keys_of_texts(np.array([word], dtype=object), np.array([1])))
        numbers.add(keys_of(numeric_keys(pd.Series([number]))))
    assert (texts.total().repeated, numbers.total().repeated) == (2, 2)


def test_whole_numbers_beyond_the_reach_of_floats_stay_apart() -> None:
    large = pd.Series([2**60, 2**60 + 1, 3])
    assert keys_of(numeric_keys(large)).distinct == 3


def test_minus_zero_is_zero() -> None:
    assert keys_of(numeric_keys(pd.Series([0.0, -0.0]))).repeated == 2
