"""Every declared column has one type to be read with."""

import pyarrow as pa
import pytest

from flywheel.project.charter.data import Data
from flywheel.project.charter.data_schema import (
    arrow_type,
    declared_kinds,
    missing_codes,
    missing_texts,
    reading_schema,
)
from flywheel.project.reading.kinds import Kind

SOURCES = {"main": {"uri": "x.csv"}, "more": {"uri": "y.csv", "join": "key"}}


@pytest.mark.parametrize(
    ("positive", "kind"),
    [(True, Kind.BOOLEAN), (1, Kind.INTEGER), (1.0, Kind.INTEGER), (0.5, Kind.NUMBER), ("yes", Kind.CATEGORY)],
)
def test_the_targets_kind_follows_from_its_positive_value(positive: object, kind: Kind) -> None:
    data = Data.model_validate({"target": "y", "positive": positive, "sources": SOURCES})
    assert declared_kinds(data)["y"] is kind


def test_keys_are_text_and_the_time_is_a_time() -> None:
    data = Data.model_validate({"entity": "id", "time": "at", "sources": SOURCES})
    assert declared_kinds(data) == {"id": Kind.TEXT, "at": Kind.TIME, "key": Kind.TEXT}


def test_a_declaration_goes_before_what_a_use_implies() -> None:
    data = Data.model_validate({"entity": "id", "sources": SOURCES, "columns": {"id": {"kind": "integer"}}})
    assert reading_schema(data).field("id").type == pa.int64()


def test_texts_that_mean_missing_travel_with_the_schema() -> None:
    columns = {"x": {"kind": "number", "missing": {"codes": ["n/a", 999]}}}
    schema = reading_schema(Data.model_validate({"sources": SOURCES, "columns": columns}))
    assert missing_texts(schema.field("x")) == ("", "n/a")


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_type(kind: Kind) -> None:
    assert isinstance(arrow_type(kind), pa.DataType)


@pytest.mark.parametrize(
    ("main", "joined", "everywhere"),
    [(["0"], [], ()), ([], ["0"], ()), (["0"], ["?"], ()), (["0", "?"], ["?"], ("?",)), (["?"], None, ("?",))],
)
def test_a_word_for_missing_counts_where_every_source_of_the_column_names_it(
    main: list[str], joined: list[str] | None, everywhere: tuple[str, ...]
) -> None:
    sources: dict[str, object] = {"main": {"uri": "x.csv", "missing": main}}
    if joined is not None:
        sources["joined"] = {"uri": "r.csv", "join": "x", "missing": joined}
    columns = {"x": {"kind": "number", "missing": {"codes": [-1]}}}
    data = Data.model_validate({"target": "y", "sources": sources, "columns": columns})
    assert (missing_codes(data, "x"), missing_codes(data, "y")) == ((-1, *everywhere), everywhere)
