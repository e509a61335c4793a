"""Sources are read with declared types, within limits known before loading, and from nowhere else."""

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, text

from flywheel.adapters.sources import fingerprint, read_source
from flywheel.errors import InputRefused, SettingsError
from flywheel.project.charter_data import Data, Source
from flywheel.project.data_schema import reading_schema
from flywheel.settings import LimitSettings

SMALL = LimitSettings(rows=1_000, bytes=1_000_000, columns=20)
DATA = Data.model_validate(
    {
        "target": "y",
        "sources": {"main": {"uri": "x.csv"}},
        "columns": {
            "x": {"kind": "number", "missing": {"codes": ["n/a"]}},
            "n": {"kind": "integer"},
            "country": {"kind": "category"},
            "at": {"kind": "time"},
        },
    }
)


def read(folder: Path, uri: str, *, limits: LimitSettings = SMALL, **more: Any) -> pa.Table:
    source = Source.model_validate({"uri": uri, **({"query": more.pop("query")} if "query" in more else {})})
    return read_source(source, project_path=folder, schema=reading_schema(DATA), limits=limits, **more)


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "x.csv.gz"])
def test_data_02_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, b"")
    with pytest.raises(InputRefused, match="0 bytes"):
        read(tmp_path, name)


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


def test_data_25_links_are_refused_wherever_they_stand(tmp_path: Path) -> None:
    outside = put(tmp_path, "outside/x.csv", "x\n1\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "x.csv").symlink_to(outside)
    (project / "folder").symlink_to(outside.parent)
    for uri in ("x.csv", "*.csv", "folder/x.csv", "folder/*.csv"):
        with pytest.raises(InputRefused, match="is a link"):
            read(project, uri)


def test_a_path_out_of_the_project_is_refused_even_past_the_charter(tmp_path: Path) -> None:
    source = Source.model_construct(uri="../x.csv", query=None)
    with pytest.raises(InputRefused, match="stay inside"):
        read_source(source, project_path=tmp_path, schema=reading_schema(DATA), limits=SMALL)


def test_a_header_that_no_rule_may_name_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", "k`==1 or @pd.io or `k\n1\n")
    with pytest.raises(InputRefused, match="no rule may name"):
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


def test_files_of_a_pattern_are_stacked_in_order(tmp_path: Path) -> None:
    for month in ("02", "01"):
        put(tmp_path, f"months/{month}.csv", f"n\n{int(month)}\n")
    assert read(tmp_path, "months/*.csv")["n"].to_pylist() == [1, 2]


def test_files_of_a_pattern_must_agree_on_their_columns(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "n\n1\n")
    put(tmp_path, "b.csv", "n,x\n1,2\n")
    with pytest.raises(InputRefused, match="same columns"):
        read(tmp_path, "*.csv")


def test_the_limit_holds_for_all_files_together(tmp_path: Path) -> None:
    for part in range(3):
        put(tmp_path, f"{part}.csv", "n\n" + "1\n" * 400)
    with pytest.raises(InputRefused, match="too many rows"):
        read(tmp_path, "*.csv")


def test_a_source_root_is_looked_in_after_the_project(tmp_path: Path) -> None:
    project, root = tmp_path / "project", tmp_path / "root"
    project.mkdir()
    put(root, "x.csv", "n\n1\n")
    assert read(project, "x.csv", roots=[root])["n"].to_pylist() == [1]
    with pytest.raises(InputRefused, match="no data file matches"):
        read(project, "x.csv")


def test_a_bundled_set_comes_with_names_of_its_classes(tmp_path: Path) -> None:
    data = Data.model_validate(
        {
            "target": "target",
            "positive": "malignant",
            "sources": {"main": {"uri": "sklearn://breast_cancer"}},
            "columns": {"mean_radius": {"kind": "number"}},
        }
    )
    table = read_source(
        data.sources["main"], project_path=tmp_path, schema=reading_schema(data), limits=LimitSettings()
    )
    assert table.column_names == ["mean_radius", "target"]
    assert set(table["target"].to_pylist()) == {"malignant", "benign"}


def test_a_named_database_is_read_and_never_written(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'w.db'}")
    with engine.begin() as connection:
        connection.execute(text("create table t (x real, country text)"))
        connection.execute(text("insert into t values (1.5, 'NA'), (null, '50%')"))
    table = read(tmp_path, "sql://warehouse", query="select x, country from t where country like '%'", engine=engine)
    assert table.to_pylist() == [{"x": 1.5, "country": "NA"}, {"x": None, "country": "50%"}]
    with pytest.raises(InputRefused):
        read(tmp_path, "sql://warehouse", query="delete from t", engine=engine)
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from t")).scalar() == 2
    engine.dispose()


def test_a_query_is_held_to_the_limits(tmp_path: Path) -> None:
    engine = create_engine("sqlite://")
    query = "with recursive c(n) as (select 1 union all select n + 1 from c where n < 5000) select n from c"
    with pytest.raises(InputRefused, match="too many rows"):
        read(tmp_path, "sql://warehouse", query=query, engine=engine)
    with pytest.raises(InputRefused, match="names a column twice"):
        read(tmp_path, "sql://warehouse", query="select 1 as n, 2 as n", engine=engine)
    engine.dispose()


def test_a_database_that_nobody_set_up_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'warehouse' is not set up"):
        read(tmp_path, "sql://warehouse", query="select 1")


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    source = Source(uri="*.csv")
    put(tmp_path, "a.csv", "n\n1\n")
    first = fingerprint(source, project_path=tmp_path)
    assert fingerprint(source, project_path=tmp_path) == first
    put(tmp_path, "a.csv", "n\n2\n")
    second = fingerprint(source, project_path=tmp_path)
    put(tmp_path, "b.csv", "n\n3\n")
    assert len({first, second, fingerprint(source, project_path=tmp_path)}) == 3


def test_the_fingerprint_of_a_query_follows_its_rows() -> None:
    engine = create_engine("sqlite://")
    marks = [
        fingerprint(
            Source(uri="sql://warehouse", query=f"select {number} as n"), project_path=Path.cwd(), engine=engine
        )
        for number in (1, 1, 2)
    ]
    assert marks[0] == marks[1] != marks[2]
    engine.dispose()
