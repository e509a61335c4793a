"""Canonical Parquet: equal rows in equal order are equal bytes, however they came."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from flywheel.adapters import parquet
from flywheel.adapters.artifacts import Artifacts
from flywheel.errors import InputRefused, Tampered

ROWS = 10_000


@pytest.fixture(autouse=True)
def short_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 3_000)


@pytest.fixture
def store(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path / "store")


def table() -> pa.Table:
    chance = np.random.default_rng(7)
    numbers = chance.normal(size=ROWS)
    return pa.table(
        {
            "number": pa.array(numbers, mask=numbers > 1),
            "whole": pa.array(chance.integers(0, 50, ROWS), mask=numbers < -1),
            "word": [None if value > 2 else f"w{value:.3f}" for value in numbers],
            "yes": numbers > 0,
        }
    )


@pytest.mark.parametrize("rows", [97, 777, 3_000, 4_096, ROWS])
def test_any_cut_into_batches_gives_the_same_digest(store: Artifacts, rows: int) -> None:
    whole = table()
    assert store.put_batches(whole.to_batches(max_chunksize=rows)) == store.put_batches(whole.to_batches())


def test_folded_text_and_long_text_give_the_same_digest(store: Artifacts) -> None:
    plain, place = table(), table().column_names.index("word")
    folded = plain.set_column(place, "word", plain["word"].dictionary_encode())
    long = plain.set_column(place, "word", plain["word"].cast(pa.large_string()))
    assert len({store.put_batches(one.to_batches()) for one in (plain, folded, long)}) == 1


def test_another_order_of_rows_is_another_table(store: Artifacts) -> None:
    other = table().take(np.arange(ROWS)[::-1])
    assert store.put_batches(table().to_batches()) != store.put_batches(other.to_batches())


def test_a_type_that_widens_late_widens_what_is_already_written(store: Artifacts) -> None:
    whole = pa.table({"x": [float(number) for number in range(ROWS)] + [0.5]})
    late = [pa.record_batch({"x": pa.array(range(ROWS), pa.int64())}), pa.record_batch({"x": [0.5]})]
    assert store.put_batches(late) == store.put_batches(whole.to_batches())


def test_batches_come_back_in_row_groups_with_the_columns_asked(store: Artifacts) -> None:
    digest = store.put_batches(table().to_batches())
    batches = list(store.batches_of(digest, ["word", "number"]))
    assert [batch.num_rows for batch in batches] == [3_000, 3_000, 3_000, 1_000]
    assert pa.Table.from_batches(batches).equals(table().select(["word", "number"]))
    with pytest.raises(InputRefused, match="lacks columns"):
        list(store.batches_of(digest, ["salary"]))


def test_parts_of_a_table_have_the_types_of_the_whole(store: Artifacts) -> None:
    whole = pa.table(
        {
            "gappy": pa.array([None, *range(ROWS - 1)], pa.int64()),
            "whole": pa.array(range(ROWS), pa.int64()),
            "flag": pa.array([True] * (ROWS - 1) + [None]),
            "late": pa.array([None] * (ROWS - 1) + ["a"]),
        }
    )
    with store.table(store.put_batches(whole.to_batches())) as table:
        parts = list(table.parts())
        assert [part.dtypes.equals(whole.to_pandas().dtypes) for part in parts] == [True] * 4
        assert (table.rows, [len(part) for part in table.parts([])]) == (ROWS, [3_000, 3_000, 3_000, 1_000])
        pd.testing.assert_frame_equal(table.whole(["late", "gappy"]), whole.to_pandas()[["late", "gappy"]])


def test_a_table_that_was_altered_is_not_opened(store: Artifacts) -> None:
    digest = store.put_batches(table().to_batches())
    path = store.path_of(digest)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(Tampered), store.table(digest):
        pass


def test_a_table_without_rows_keeps_its_columns(store: Artifacts) -> None:
    digest = store.put_batches([pa.record_batch({"x": pa.array([], pa.int64())})])
    batches = list(store.batches_of(digest))
    assert [batch.num_rows for batch in batches] == [0]
    assert batches[0].schema == pa.schema([("x", pa.int64())])


def test_a_table_of_no_batch_at_all_is_refused(store: Artifacts) -> None:
    with pytest.raises(InputRefused, match="at least one batch"):
        store.put_batches([])


def test_a_table_that_breaks_off_leaves_nothing_behind(store: Artifacts) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from table().to_batches()
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.put_batches(broken())
    assert [name for _, _, names in os.walk(store.root) for name in names] == []
