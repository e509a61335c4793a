"""A unit keeps its hash for ever: whatever type its value came in, wherever its row stands, however many follow."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.errors import InputRefused
from flywheel.project.reading.table import Table
from flywheel.project.tabular.units import Unit, content_digest, place_of, value_hashes
from tests.factories.tabular import applications

ROWS = applications(900)
CONTENT = Unit("bank", None, ("channel", "income", "owner", "score"))


def test_hashes_never_change() -> None:
    known = {
        "text": (pd.Series(["ana", None]), [11161614576728918240, 1835627379]),
        "whole": (pd.Series([7, -7]), [7191089600892374487, 7790691224305936752]),
        "fraction": (pd.Series([0.25, np.nan]), [15482571851950498545, 1835627379]),
        "moment": (pd.to_datetime(pd.Series(["2026-01-01T00:00:00Z"])), [7785602733310692296]),
    }
    assert {name: value_hashes(values).tolist() for name, (values, _) in known.items()} == {
        name: hashes for name, (_, hashes) in known.items()
    }


def typed(values: pd.Series, kind: Any) -> pd.Series:
    """The values in a type that a test names."""
    return values.astype(kind)


@pytest.mark.parametrize("kind", ["int64", "uint8", "float64", "Int64", "Float64", "object", "int32"])
def test_a_whole_number_is_the_same_in_every_type(kind: str) -> None:
    np.testing.assert_array_equal(
        value_hashes(typed(pd.Series([1, 2, 200]), kind)), value_hashes(pd.Series([1, 2, 200]))
    )


@pytest.mark.parametrize("kind", ["str", "string", "object", "category"])
def test_text_is_the_same_in_every_type(kind: str) -> None:
    plain = value_hashes(pd.Series(["a", "b", "a"], dtype=object))
    np.testing.assert_array_equal(value_hashes(typed(pd.Series(["a", "b", "a"]), kind)), plain)


def test_truths_with_gaps_and_moments_of_every_precision_are_the_same() -> None:
    np.testing.assert_array_equal(
        value_hashes(pd.Series([True, False])), value_hashes(pd.Series([True, False, None], dtype=object))[:2]
    )
    np.testing.assert_array_equal(
        value_hashes(pd.Series([True, False, None], dtype="boolean")),
        value_hashes(pd.Series([True, False, None], dtype=object)),
    )
    moments = pd.Series(pd.to_datetime(["2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z"]))
    for precision in ("s", "ms", "us", "ns"):
        np.testing.assert_array_equal(
            value_hashes(typed(moments, f"datetime64[{precision}, UTC]")), value_hashes(moments)
        )


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=30, unique=True))
def test_different_whole_numbers_are_different(numbers: list[int]) -> None:
    assert len(set(value_hashes(pd.Series(numbers, dtype="int64")).tolist())) == len(numbers)


def test_rows_keep_their_unit_while_the_table_grows() -> None:
    grown = pd.concat([ROWS, applications(300, seed=9)], ignore_index=True)
    np.testing.assert_array_equal(CONTENT.hashes(grown)[: len(ROWS)], CONTENT.hashes(ROWS))


def test_rows_of_the_same_content_are_one_unit_wherever_they_stand() -> None:
    copies = pd.concat([ROWS] * 3, ignore_index=True).sample(frac=1, random_state=0)
    hashes = CONTENT.hashes(copies)
    assert np.unique(hashes).size == np.unique(CONTENT.hashes(ROWS)).size
    np.testing.assert_array_equal(hashes, np.tile(CONTENT.hashes(ROWS), 3)[copies.index])


def test_the_outcome_and_columns_that_nobody_named_have_no_say() -> None:
    other = ROWS.assign(default_12m=~ROWS["default_12m"], note="new")
    np.testing.assert_array_equal(CONTENT.hashes(other), CONTENT.hashes(ROWS))


def test_rows_without_an_entity_are_known_by_their_content() -> None:
    unit = Unit("bank", "person", CONTENT.columns)
    named = ROWS.assign(person=pd.Series([f"p{n // 2}" if n % 3 else None for n in range(len(ROWS))], index=ROWS.index))
    hashes, nameless = unit.hashes(named), named["person"].isna().to_numpy()
    alone = len(ROWS[nameless][list(CONTENT.columns)].drop_duplicates())
    assert np.unique(hashes[nameless]).size == alone > 200
    assert np.unique(hashes[~nameless]).size == named["person"].nunique()


def test_parts_of_a_table_give_what_the_whole_gives() -> None:
    def read(columns: Sequence[Hashable]) -> Iterator[pd.DataFrame]:
        for first in range(0, len(ROWS), 250):
            yield ROWS[list(columns)].iloc[first : first + 250]

    table = Table(tuple(ROWS.columns), len(ROWS), read)
    np.testing.assert_array_equal(CONTENT.hashes(table), CONTENT.hashes(ROWS))


def test_another_salt_places_every_unit_anew() -> None:
    here, there = (place_of(Unit(salt, None, CONTENT.columns).hashes(ROWS)) for salt in ("bank", "shop"))
    assert abs(np.corrcoef(here, there)[0, 1]) < 0.1


def test_units_lie_evenly() -> None:
    places = place_of(Unit("bank", "id", ()).hashes(pd.DataFrame({"id": np.arange(100_000)})))
    counts, _ = np.histogram(places, bins=20, range=(0, 1))
    assert np.abs(counts - 5_000).max() < 350, "five standard deviations"


def test_the_digest_of_content_is_that_of_the_rows_in_any_order() -> None:
    assert content_digest(ROWS) == content_digest(ROWS.iloc[::-1])
    assert content_digest(ROWS) != content_digest(ROWS.iloc[1:])
    assert content_digest(ROWS) != content_digest(ROWS.assign(default_12m=True))


def test_a_table_without_any_of_the_columns_is_refused() -> None:
    with pytest.raises(InputRefused, match="no column says which rows belong together"):
        CONTENT.hashes(pd.DataFrame({"other": [1]}))


def test_it_is_read_as_it_was_written() -> None:
    unit = Unit("bank", "person", ("a", "b"))
    assert Unit.from_json(unit.to_json()) == unit
    assert unit.within(["b", "c"]) == Unit("bank", None, ("b",))
