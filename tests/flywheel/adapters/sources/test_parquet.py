"""Parquet files are read with declared types, within limits known before loading."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flywheel.adapters.sources.parquet import ParquetFile
from flywheel.adapters.sources.sources import Ground
from flywheel.adapters.sources.tables import Meter
from flywheel.errors import InputRefused
from flywheel.project.charter.data import Data
from flywheel.project.charter.data_schema import reading_schema
from flywheel.setting_groups import LimitSettings
from tests.factories.sources import DATA, put, read, read_whole


def test_data_11_a_parquet_file_that_names_a_column_twice_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table([pa.array([1.0]), pa.array([2.0])], names=["x", "x"]), tmp_path / "x.parquet")
    with pytest.raises(InputRefused, match=r"twice|Duplicate"):
        read(tmp_path, "x.parquet")


def test_data_19_rows_are_counted_before_they_are_loaded(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([0.0]).take(pa.array([0] * 100_000))}), tmp_path / "x.parquet")
    with pytest.raises(InputRefused, match="too many rows"):
        read(tmp_path, "x.parquet")
    with pytest.raises(InputRefused, match="too large when unpacked"):
        read(tmp_path, "x.parquet", limits=LimitSettings(rows=1_000_000, bytes=100_000))


def test_data_19_folded_texts_are_measured_unfolded(tmp_path: Path) -> None:
    long = pa.array(["a" * 100_000]).take(pa.array([0] * 500))
    pq.write_table(pa.table({"country": long}), tmp_path / "x.parquet")
    assert (tmp_path / "x.parquet").stat().st_size < 200_000
    with pytest.raises(InputRefused, match="too large when unpacked"):
        read(tmp_path, "x.parquet")


def test_a_parquet_column_of_another_kind_stays_as_it_is_for_the_gate(tmp_path: Path) -> None:
    pd.DataFrame({"x": ["1", "2"], "n": [1.5, 2.0]}).to_parquet(tmp_path / "x.parquet")
    table = read(tmp_path, "x.parquet")
    assert table.schema.types == [pa.string(), pa.float64()]


def test_a_parquet_file_comes_in_the_declared_types(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1, 2], "n": [1.0, None], "country": pd.Categorical(["a", "b"]), "at": pd.Timestamp(0)})
    frame.index = pd.Index(["p", "q"])
    frame.to_parquet(tmp_path / "x.parquet")
    table = read(tmp_path, "x.parquet")
    assert table.schema.types == [pa.float64(), pa.int64(), pa.string(), pa.timestamp("us", tz="UTC")]
    assert table.column_names == ["x", "n", "country", "at"]


def test_a_parquet_file_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([], pa.float64())}), tmp_path / "x.parquet")
    assert read(tmp_path, "x.parquet").schema.names == ["x"]


def test_nested_columns_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [[1.0]]}), tmp_path / "x.parquet")
    with pytest.raises(InputRefused, match="nests values"):
        read(tmp_path, "x.parquet")


def test_a_file_that_is_not_parquet_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "x.parquet", b"x,n\n1,2\n" * 100)
    with pytest.raises(InputRefused, match="cannot be read as Parquet"):
        read(tmp_path, "x.parquet")


def test_a_parquet_file_is_not_held_while_it_is_read(tmp_path: Path) -> None:
    path, chance = tmp_path / "x.parquet", np.random.default_rng(1)
    with pq.ParquetWriter(path, pa.schema([("x", pa.float64())])) as written:
        for _ in range(20):
            written.write_table(pa.table({"x": chance.random(50_000)}))
    before, most = pa.total_allocated_bytes(), 0
    for _ in ParquetFile(path, schema=reading_schema(DATA), meter=Meter(LimitSettings())).batches():
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < path.stat().st_size / 3


def test_a_parquet_file_may_have_any_header_too(tmp_path: Path) -> None:
    table = pa.table([pa.array([1.0]), pa.array(["a"]), pa.array([7]), pa.array([8])], names=["a.b", "", "n", "n"])
    pq.write_table(table, tmp_path / "x.parquet")
    columns = {
        "rate": {"kind": "number", "alias": "a.b"},
        "letter": {"kind": "category", "alias": "#2"},
        "second": {"kind": "integer", "alias": "n#2"},
    }
    data = Data.model_validate({"sources": {"main": {"uri": "x.parquet"}}, "columns": columns})
    found = read_whole(data.sources["main"], Ground(tmp_path), data=data)
    assert found.to_pylist() == [{"rate": 1.0, "letter": "a", "second": 8}]
