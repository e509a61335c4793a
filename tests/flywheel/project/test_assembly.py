"""Sources are joined without doubling a row or hiding a column, whatever the batches they come in."""

import pyarrow as pa
import pytest

from flywheel.errors import InputRefused
from flywheel.project.assembly import assemble, lookup

FACTS = pa.table({"key": ["a", "b", None, "c"], "y": [True, False, True, True]})


def joined(more: dict[str, list[object]], *, rows: int = 4) -> pa.Table:
    return pa.Table.from_batches(assemble(FACTS.to_batches(rows), [lookup("more", "key", pa.table(more))]))


@pytest.mark.parametrize("rows", [1, 4])
def test_rows_without_a_partner_stay_in_their_order(rows: int) -> None:
    table = joined({"key": ["b", "z", "a"], "x": [1, 2, 3]}, rows=rows)
    assert table.to_pydict() == {
        "key": ["a", "b", None, "c"],
        "y": [True, False, True, True],
        "x": [3, 1, None, None],
    }


def test_long_numbers_are_told_apart_though_a_row_beside_them_has_none() -> None:
    keys = pa.array([2**53, 2**53 + 1, None])
    other = lookup("more", "key", pa.table({"key": keys[:2], "x": ["even", "odd"]}))
    (batch,) = assemble([pa.record_batch({"key": keys})], [other])
    assert batch.column("x").to_pylist() == ["even", "odd", None]


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"key": ["a", "a"], "x": [1, 2]}, "more than once"),
        ({"key": ["a", None], "x": [1, 2]}, "1 row without a key"),
        ({"id": ["a"], "x": [1]}, "cannot be joined"),
        ({"key": ["a"], "y": [True]}, "already there"),
        ({"key": [1], "x": [1]}, "its kind differs"),
    ],
)
def test_what_would_double_hide_or_miss_is_refused(more: dict[str, list[object]], what: str) -> None:
    with pytest.raises(InputRefused, match=what):
        joined(more)
