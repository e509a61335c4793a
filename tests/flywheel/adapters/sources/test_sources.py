"""Sources are read from where the charter may point, and from nowhere else."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, text

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.sources.sources import Ground, Origin, Reading, origins
from flywheel.errors import InputRefused, SettingsError
from flywheel.project.charter.data import Data
from flywheel.project.charter.data_schema import reading_schema
from flywheel.project.charter.source import Source
from tests.factories.sources import DATA, SMALL, put, read, read_whole


@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "x.csv.gz"])
def test_data_02_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, b"")
    with pytest.raises(InputRefused, match="0 bytes"):
        read(tmp_path, name)


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
        read_whole(source, Ground(tmp_path))


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
    assert read(project, "x.csv", roots=(root,))["n"].to_pylist() == [1]
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
    table = read_whole(data.sources["main"], Ground(tmp_path), data=data)
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


def test_origins_follow_the_content_of_each_file(tmp_path: Path) -> None:
    source = Source(uri="*.csv")
    put(tmp_path, "a.csv", "n\n1\n")
    first = origins(source, Ground(tmp_path))
    assert first == origins(source, Ground(tmp_path))
    assert [(origin.kind, origin.name) for origin in first] == [("file", "a.csv")]
    put(tmp_path, "a.csv", "n\n2\n")
    second = origins(source, Ground(tmp_path))
    put(tmp_path, "b.csv", "n\n3\n")
    assert len({first, second, origins(source, Ground(tmp_path))}) == 3


def test_the_origin_of_a_query_follows_its_rows_and_is_learned_while_they_are_read() -> None:
    engine = create_engine("sqlite://")
    ground = Ground(Path.cwd(), engine=engine)

    def found(number: int) -> tuple[Origin, ...]:
        source = Source(uri="sql://warehouse", query=f"select {number} as n")
        reading = Reading("main", source, ground)
        assert len(list(reading.batches(reading_schema(DATA), SMALL))) == 1
        assert reading.origins() == origins(source, ground)
        return reading.origins()

    assert found(1) == found(1) != found(2)
    engine.dispose()


def test_a_partitioned_folder_is_read_with_the_values_of_its_folders(tmp_path: Path) -> None:
    for year, country in ((2023, "NA"), (2024, "a%20b"), (2025, "__HIVE_DEFAULT_PARTITION__")):
        folder = tmp_path / f"trips/n={year}/country={country}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"x": [float(year)]}), folder / "part-0.parquet")
    put(tmp_path, "trips/_SUCCESS", "1")
    assert read(tmp_path, "trips/").to_pylist() == [
        {"x": 2023.0, "n": 2023, "country": "NA"},
        {"x": 2024.0, "n": 2024, "country": "a b"},
        {"x": 2025.0, "n": 2025, "country": None},
    ]


def test_data_25_a_folder_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    put(tmp_path, "trips/a.csv", "n\n1\n")
    put(tmp_path, "trips/more/b.csv", "n\n2\n")
    assert read(tmp_path, "trips/")["n"].to_pylist() == [1, 2]
    (tmp_path / "trips/more/link").symlink_to("/etc")
    with pytest.raises(InputRefused, match="is a link"):
        read(tmp_path, "trips/")
    (tmp_path / "trips/more/link").unlink()
    put(tmp_path, "trips/notes.txt", "x")
    with pytest.raises(InputRefused, match="not data"):
        read(tmp_path, "trips/")


@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "x.db"])
def test_the_same_rows_are_the_same_table_whatever_they_come_from(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame({"x": [1.5, None, 3.0], "n": [1, 2, 3], "country": ["NA", "b", None]})
    store = Artifacts(tmp_path / "store")
    frame.to_csv(tmp_path / "x.csv", index=False)
    frame.to_parquet(tmp_path / "x.parquet", index=False, row_group_size=2)
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    frame.to_sql("t", engine, index=False)
    uri = {"uri": "sql://w", "query": "select * from t order by n"} if name == "x.db" else {"uri": name}
    reading = Reading("main", Source.model_validate(uri), Ground(tmp_path, engine=engine))
    assert store.put_batches(reading.batches(reading_schema(DATA), SMALL)) == store.put_frame(frame)
    engine.dispose()
