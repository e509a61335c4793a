"""How often each value came is the same, added up over parts or counted at once."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pandas as pd
import pytest

from validators import keys
from validators.keys import Keys, keys_of, numeric_keys

SERIES = pd.Series(np.random.default_rng(5).integers(0, 300, 2_000))


@pytest.mark.parametrize("range_keys", [50, 10**6])
@pytest.mark.parametrize("held_at_most", [0, 1_000, 10**6])
def test_parts_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch, held_at_most: int, range_keys: int) -> None:
    monkeypatch.setattr(keys, "HELD_AT_MOST", held_at_most)
    monkeypatch.setattr(keys, "RANGE_KEYS", range_keys)
    parts = [keys_of(numeric_keys(SERIES.iloc[first : first + 70])) for first in range(0, len(SERIES), 70)]
    total = reduce(Keys.plus, parts)
    counts = SERIES.value_counts()
    assert (total.distinct, total.rarest) == (len(counts), counts.min())
    assert total.repeated == counts[counts > 1].sum()


def test_what_is_held_does_not_grow_with_the_rows_where_values_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "HELD_AT_MOST", 1_000)
    total = reduce(Keys.plus, [keys_of(numeric_keys(SERIES))] * 200)
    assert total.size <= 1_000
    assert total.repeated == 200 * len(SERIES)


def test_a_value_that_comes_once_in_each_of_two_parts_is_repeated() -> None:
    texts = reduce(Keys.plus, (keys.keys_of_texts(np.array([w], dtype=object), np.array([1])) for w in ("a", "b", "a")))
    numbers = reduce(Keys.plus, (keys_of(numeric_keys(pd.Series([n]))) for n in (1, 2, 1)))
    assert (texts.repeated, numbers.repeated) == (2, 2)


def test_nothing_counted_is_nothing() -> None:
    assert (Keys().distinct, Keys().repeated, Keys().rarest) == (0, 0, 0)


def test_whole_numbers_beyond_the_reach_of_floats_stay_apart() -> None:
    large = pd.Series([2**60, 2**60 + 1, 3])
    assert keys_of(numeric_keys(large)).distinct == 3


def test_minus_zero_is_zero() -> None:
    assert keys_of(numeric_keys(pd.Series([0.0, -0.0]))).repeated == 2
