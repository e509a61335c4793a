"""Queries are read from a real PostgreSQL: a block at a time, typed as declared, and never able to write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import Engine, create_engine, text

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.sources.queries import QueryReader
from flywheel.adapters.sources.sources import Ground, Reading, origins
from flywheel.adapters.sources.tables import Meter
from flywheel.catalog.engine import Catalog
from flywheel.errors import InputRefused, Unavailable
from flywheel.project.charter.data_schema import reading_schema
from flywheel.project.charter.source import Source
from flywheel.setting_groups import LimitSettings
from tests.factories.sources import DATA, read

ROWS = 12_000


@pytest.fixture
def engine(owned: Catalog) -> Iterator[Engine]:
    """The database with a table that belongs to somebody else."""
    with owned.engine.begin() as connection:
        connection.execute(text("drop function if exists wipe; drop table if exists theirs"))
        connection.execute(
            text(
                "create table theirs as select n, (n / 4.0)::numeric(12, 2) as x, case when n % 9 > 0 then 'NA' end as"
                " country, timestamptz '2026-01-01 00:00:00+02' + n * interval '1 second' as at, gen_random_uuid() as"
                " token from generate_series(1, :rows) as n"
            ),
            {"rows": ROWS},
        )
        connection.execute(text("create function wipe() returns int language sql as 'delete from theirs; select 1'"))
    yield owned.engine
    with owned.engine.begin() as connection:
        connection.execute(text("drop function wipe; drop table theirs"))


def of(query: str) -> Source:
    return Source.model_validate({"uri": "sql://warehouse", "query": query})


def test_a_table_is_read_in_blocks_with_declared_kinds(engine: Engine) -> None:
    reader = QueryReader(of("select * from theirs order by n"), engine)
    batches = list(reader.batches(reading_schema(DATA), Meter(LimitSettings())))
    assert [batch.num_rows for batch in batches] == [10_000, 2_000]
    assert batches[0].schema.field("x").type == pa.float64()
    assert batches[0].schema.field("at").type == pa.timestamp("us", tz="UTC")
    first = batches[0].slice(0, 1).to_pylist()[0]
    assert (first["n"], first["x"], first["country"], len(first["token"])) == (1, 0.25, "NA", 36)


def test_what_a_driver_says_is_told_without_the_password(engine: Engine) -> None:
    password = str(engine.url.password)
    reader = QueryReader(of(f"select '{password}' from nowhere"), engine)  # noqa: S608 — ours, to be told back
    with pytest.raises(InputRefused, match=r"\*\*\*.*from nowhere") as refused:
        list(reader.batches(reading_schema(DATA), Meter(LimitSettings())))
    assert password not in str(refused.value)


def test_the_same_rows_from_a_database_and_from_a_csv_are_one_version(engine: Engine, tmp_path: Path) -> None:
    query = "select n, x, country, at from theirs order by n"
    with engine.connect() as connection:
        rows = connection.execute(text(query)).all()
    lines = [f"{row.n},{row.x},{row.country or ''},{row.at.isoformat()}" for row in rows]
    (tmp_path / "x.csv").write_text("\n".join(["n,x,country,at", *lines, ""]))
    store, ground = Artifacts(tmp_path / "store"), Ground(tmp_path, engine=engine)
    schema, limits = reading_schema(DATA), LimitSettings()
    readings = [Reading("main", source, ground) for source in (of(query), Source(uri="x.csv"))]
    assert len({store.put_batches(reading.batches(schema, limits)) for reading in readings}) == 1


@pytest.mark.parametrize(
    "query",
    [
        "delete from theirs",
        "select wipe() as n",
        "with gone as (delete from theirs returning n) select n from gone",
        "select 1 as n; commit; delete from theirs",
        "select 1 as n; commit; begin read write; delete from theirs; commit",
        "commit; delete from theirs; select 1 as n",
        "create table mine as select 1 as n",
    ],
)
def test_no_query_writes(engine: Engine, tmp_path: Path, query: str) -> None:
    with pytest.raises(InputRefused, match=r"the query of sql://warehouse (failed|gives no rows)"):
        read(tmp_path, "sql://warehouse", query=query, engine=engine)
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from theirs")).scalar() == ROWS
        assert connection.execute(text("select to_regclass('mine')")).scalar() is None


def test_what_a_query_read_is_digested_on_the_way(engine: Engine, tmp_path: Path) -> None:
    source, ground = of("select n from theirs order by n"), Ground(tmp_path, engine=engine)
    reading = Reading("main", source, ground)
    assert sum(batch.num_rows for batch in reading.batches(reading_schema(DATA), LimitSettings())) == ROWS
    assert reading.origins() == origins(source, ground)
    with engine.begin() as connection:
        connection.execute(text("update theirs set n = 0 where n = 7"))
    assert origins(source, ground) != reading.origins()


@pytest.mark.parametrize("query", ["select array[1] as n", "select '{\"a\": 1}'::jsonb as n"])
def test_nested_values_are_refused_with_their_column(engine: Engine, tmp_path: Path, query: str) -> None:
    with pytest.raises(InputRefused, match="nests values in a column; found 'n'"):
        read(tmp_path, "sql://warehouse", query=query, engine=engine)


def test_a_broken_query_says_what_the_database_says(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="no_such_table"):
        read(tmp_path, "sql://warehouse", query="select * from no_such_table", engine=engine)


def test_a_database_that_does_not_answer_is_no_mistake_in_the_query(tmp_path: Path) -> None:
    nowhere = create_engine(f"postgresql+psycopg://somebody:s3cret@/shop?host={tmp_path}")
    with pytest.raises(
        Unavailable, match=r"(?s)sql://warehouse cannot be reached.*the address of 'warehouse'"
    ) as refused:
        read(tmp_path, "sql://warehouse", query="select 1 as n", engine=nowhere)
    assert "s3cret" not in str(refused.value)
