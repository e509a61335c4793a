"""Sources are read from where the charter may point, and from nowhere else."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from flywheel.adapters.sources import fingerprint, read_source
from flywheel.errors import InputRefused, SettingsError
from flywheel.project.charter_data import Data, Source
from flywheel.project.data_schema import reading_schema
from flywheel.settings import LimitSettings
from tests.factories.sources import DATA, SMALL, put, read


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
        read_source(source, project_path=tmp_path, schema=reading_schema(DATA), limits=SMALL)


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
