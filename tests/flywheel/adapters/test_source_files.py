"""Files are read with declared types, within limits known before loading."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flywheel.adapters.source_files import parquet_batches
from flywheel.adapters.source_tables import Meter
from flywheel.errors import InputRefused
from flywheel.settings import LimitSettings
from tests.factories.sources import put, read


def test_data_10_a_csv_that_names_a_column_twice_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "x,x\n1,2\n")
    with pytest.raises(InputRefused, match="names a column twice"):
        read(tmp_path, "x.csv")


def test_data_11_a_parquet_file_that_names_a_column_twice_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table([pa.array([1.0]), pa.array([2.0])], names=["x", "x"]), tmp_path / "x.parquet")
    with pytest.raises(InputRefused, match=r"twice|Duplicate"):
        read(tmp_path, "x.parquet")


@pytest.mark.parametrize("rows", ["1,2,3\n", "1\n", "1,2\n1,2,3\n"])
def test_data_13_ragged_rows_are_refused(tmp_path: Path, rows: str) -> None:
    put(tmp_path, "x.csv", f"x,n\n{rows}")
    with pytest.raises(InputRefused, match="not a regular CSV"):
        read(tmp_path, "x.csv")


def test_data_14_texts_that_look_like_nothing_stay_texts(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "country,other\nNA,null\nnull,NaN\nNO,\n")
    table = read(tmp_path, "x.csv")
    assert table["country"].to_pylist() == ["NA", "null", "NO"]
    assert table["other"].to_pylist() == ["null", "NaN", None]


def test_data_16_an_integer_of_40_digits_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", f"n\n{'9' * 40}\n")
    with pytest.raises(InputRefused, match="column n holds what is not of its kind"):
        read(tmp_path, "x.csv")


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        ("x,n\n1,2\n".encode("utf-16"), "offset 0"),
        (b"x,n\n1\0,2\n", "offset 5"),
        (b"country\nM\xfcnchen\n", "offset 9"),
        (b"country\n" + b"a\n" * 524_284 + b"\xc3", "offset 1048576"),
    ],
)
def test_data_17_bytes_that_are_no_text_are_refused_at_their_offset(
    tmp_path: Path, content: bytes, offset: str
) -> None:
    put(tmp_path, "x.csv", content)
    with pytest.raises(InputRefused, match=offset):
        read(tmp_path, "x.csv", limits=LimitSettings())


def test_data_17_a_byte_order_mark_before_good_text_is_forgiven(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", b"\xef\xbb\xbfx,n\n1,2\n")
    assert read(tmp_path, "x.csv").column_names == ["x", "n"]


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


def test_data_20_a_gzip_bomb_is_stopped_at_the_limit(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "x.csv.gz", "wb", compresslevel=1) as file:
        file.write(b"x\n")
        for _ in range(40):
            file.write(b"0\n" * 524_288)
    with pytest.raises(InputRefused, match="too large when unpacked"):
        read(tmp_path, "x.csv.gz")


def test_data_20_a_broken_gzip_file_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "x.csv.gz", gzip.compress(b"x\n1\n" * 1_000)[:-20])
    with pytest.raises(InputRefused, match="not a whole gzip file"):
        read(tmp_path, "x.csv.gz")


def test_a_header_that_no_rule_may_name_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "k`==1 or @pd.io or `k\n1\n")
    with pytest.raises(InputRefused, match="no rule may name"):
        read(tmp_path, "x.csv")


@pytest.mark.parametrize("content", ['"x\ny",z\n1,2\n', "x,z\r1,2\r", '"x,z\n1,2\n'])
def test_a_header_that_is_not_one_line_of_names_is_refused(tmp_path: Path, content: str) -> None:
    put(tmp_path, "x.csv", content)
    with pytest.raises(InputRefused, match="header that cannot be read"):
        read(tmp_path, "x.csv")


def test_a_csv_is_read_with_its_declared_types(tmp_path: Path) -> None:
    put(
        tmp_path,
        "x.csv",
        'x,n,country,at,y\n1.5,7,"a,\nb",2026-01-01T10:00:00+01:00,true\nn/a,,DE,2026-01-02T00:00:00Z,false\n',
    )
    table = read(tmp_path, "x.csv")
    assert table.schema.types == [pa.float64(), pa.int64(), pa.string(), pa.timestamp("us", tz="UTC"), pa.bool_()]
    assert table.to_pylist()[1]["x"] is None
    assert table["country"][0].as_py() == "a,\nb"
    assert table["at"][0].as_py().isoformat() == "2026-01-01T09:00:00+00:00"


def test_times_without_a_zone_are_utc(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "at\n2026-01-01 10:00:00\n2026-01-02\n")
    assert read(tmp_path, "x.csv")["at"][0].as_py().isoformat() == "2026-01-01T10:00:00+00:00"


@pytest.mark.parametrize("value", ["inf", "nan", "NA", "1,5", "true"])
def test_what_is_no_number_is_refused_in_a_column_of_numbers(tmp_path: Path, value: str) -> None:
    put(tmp_path, "x.csv", f'x,country\n"{value}",a\n')
    with pytest.raises(InputRefused, match="column x"):
        read(tmp_path, "x.csv")


def test_a_csv_of_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "x,n\n")
    table = read(tmp_path, "x.csv")
    assert (table.num_rows, table.schema.types) == (0, [pa.float64(), pa.int64()])


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


@pytest.mark.parametrize(("value", "kind"), [("1,5x", "not of its kind"), ("inf", "inf or nan")])
def test_a_value_of_another_kind_is_named_with_its_column_and_row(tmp_path: Path, value: str, kind: str) -> None:
    rows = [f'"{value}"' if row == 700 else f"{row}" for row in range(1, 900)]
    put(tmp_path, "x.csv", "\n".join(["x", *rows, ""]))
    with pytest.raises(InputRefused, match=rf"column x holds (what is )?{kind}[a-z ]* in row 700; found '?{value}"):
        read(tmp_path, "x.csv")


def test_a_wrong_value_far_into_a_large_file_is_named_by_its_row_in_the_file(tmp_path: Path) -> None:
    rows = ["1" * 15] * 400_000
    rows[399_998] = "one"
    put(tmp_path, "x.csv", "\n".join(["n", *rows, ""]))
    with pytest.raises(InputRefused, match="row 399,999; found 'one'"):
        read(tmp_path, "x.csv", limits=LimitSettings())


def test_times_with_and_without_a_zone_may_stand_in_one_column(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "at\n2026-01-01T10:00:00+02:00\n2026-01-01 10:00:00\n2026-01-01\n")
    assert [f"{moment:%H}" for moment in read(tmp_path, "x.csv")["at"].to_pylist()] == ["08", "10", "00"]


def test_a_parquet_file_is_not_held_while_it_is_read(tmp_path: Path) -> None:
    path, chance = tmp_path / "x.parquet", np.random.default_rng(1)
    with pq.ParquetWriter(path, pa.schema([("x", pa.float64())])) as written:
        for _ in range(20):
            written.write_table(pa.table({"x": chance.random(50_000)}))
    before, most = pa.total_allocated_bytes(), 0
    for _ in parquet_batches(path, schema=pa.schema([]), meter=Meter(LimitSettings())):
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < path.stat().st_size / 3
