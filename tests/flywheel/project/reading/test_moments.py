"""Training and endpoint read one value one way, whatever its kind, its codes, its text and the formats of dates."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deployments.service.values import Wrong, reader_of
from flywheel.adapters.sources.tables import conform
from flywheel.adapters.sources.values import Rows, typed
from flywheel.project.charter.data import Data
from flywheel.project.charter.data_schema import missing_codes, reading_schema
from flywheel.project.checking.faults import Faults
from flywheel.project.contract import Feature
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of
from flywheel.project.reading.missing import Codes, is_missing
from flywheel.project.reading.moments import moment_of
from flywheel.project.reading.text_form import BLANKS

MISSING, REFUSED = "missing", "refused"
TEXTS = {
    Kind.BOOLEAN: ("0", "1", "9", "-1", "2", "true", "false"),
    Kind.INTEGER: ("0", "1", "9", "-1", "2024", "7.5"),
    Kind.NUMBER: ("0", "1", "9", "-1", "7.5", "2024"),
    Kind.CATEGORY: (
        *("0", "9", "-1", "NA", "True", "False", "true", "FALSE", "web", "1.0", "9.0", "-1.00", "0.0", "-0.0", "1.10"),
        *(" web", "NA ", "\u00a09", "9.0 ", "01", "1e3", "1.", "7.5", "9007199254740993.0"),
    ),
    Kind.TEXT: ("0", "9", "-1", "NA", "true", "some words", " some words\u00a0", "9.0", " NA"),
    Kind.TIME: (
        *("0", "9", "-1", "NA", "2024-01-05", "20240105", "2024-W01-5", "2024-005", "05.01.2024", "31.02.2024"),
        *("2024-01-05T12", "2024-01-05 12:30", "2024-01-05T12:30:15.1234567", "2024-01-05T12:30:15.123456+01:30"),
        *("2024-01-05T12Z", "2024-01-05T12:30 Z", "2024-01-05x12:30", "2024-01-05+01:00", "01/05/24", "1/5/2024"),
        *("05.01.2024 10:00:60", "05.01.0024", "5. 1.2024", "5-January-2024", "1900-01-01", "2024-01-05T12:30,5"),
    ),
}
FORMATS = (
    (),
    ("%Y%d%m",),
    ("%Y-%d-%m",),
    ("%d.%m.%Y", "%d/%m/%Y"),
    ("%d.%m.%Y %H:%M:%S",),
    ("%m/%d/%y from 1930",),
    ("%d-%b-%Y",),
)
CODES: tuple[tuple[Any, ...], ...] = ((), (0,), (9,), (-1,), ("NA",), ("0",), (7.5,), ("1900-01-01",))


def data_of(kind: Kind, codes: tuple[Any, ...], formats: tuple[str, ...]) -> Data:
    source = {"uri": "x.csv", "date_format": list(formats)}
    return Data.model_validate(
        {"sources": {"main": source}, "columns": {"x": {"kind": kind.value, "missing": {"codes": list(codes)}}}}
    )


def trained(data: Data, kind: Kind, text: str, beside: str) -> object:
    """What training reads of a text in a file, where another value stands beside it."""
    faults, batch = Faults("main"), pa.record_batch({"x": pa.array([text, beside])})
    form = data.sources["main"].text
    column = typed(batch, reading_schema(data), form=form, rows=Rows("x.csv", 1), faults=faults)["x"]
    value = column[0].as_py()
    if any(text.strip(BLANKS) in fault.values for fault in faults.listed()):
        return REFUSED
    return MISSING if is_missing(value, Codes.of(missing_codes(data, "x"))) else value


def answered(data: Data, kind: Kind, sent: object) -> object:
    """What the endpoint reads of the same value in a request."""
    source = data.sources["main"]
    try:
        value, flag = reader_of(Feature("x", kind, missing_codes=missing_codes(data, "x")), (source.date_format,))(sent)
    except Wrong:
        return REFUSED
    return MISSING if flag == "missing_code" or value is None else value


@settings(max_examples=400)
@given(st.data(), st.sampled_from(list(TEXTS)), st.sampled_from(CODES), st.sampled_from(FORMATS))
def test_training_and_endpoint_read_one_value_one_way(
    draw: st.DataObject, kind: Kind, codes: tuple[Any, ...], formats: tuple[str, ...]
) -> None:
    text, beside = (draw.draw(st.sampled_from(TEXTS[kind])) for _ in range(2))
    data, is_json = data_of(kind, codes, formats), kind in {Kind.BOOLEAN, Kind.INTEGER, Kind.NUMBER}
    sent = json.loads(text) if is_json else text
    read = trained(data, kind, text, beside)
    assert answered(data, kind, sent) == read, (kind, codes, formats, text)
    if kind in {Kind.CATEGORY, Kind.TEXT}:
        assert typed_before(data, pa.array([text])) == read, "Parquet, queries and batches"


@given(st.floats(-1e15, 1e15) | st.integers(-(2**53), 2**53), st.sampled_from(CODES))
@example(1.0, ())
@example(9.0, (9,))
def test_a_whole_number_is_one_category_however_it_comes(number: float, codes: tuple[Any, ...]) -> None:
    """The class: a file of text, one of numbers, the list of categories in a charter, the yes and a request."""
    if isinstance(number, float):
        number = float(round(number)) + 0.0
    data, text = data_of(Kind.CATEGORY, codes, ()), str(number) if abs(number) < 1e15 else f"{number:.1f}"
    read = trained(data, Kind.CATEGORY, text, "web")
    assert {answered(data, Kind.CATEGORY, sent) for sent in (number, text, f" {text}")} == {read}
    assert {typed_before(data, pa.array([one])) for one in (number, text)} == {read}
    column = {"kind": "category", "categories": [text, "web"]}
    for positive in (text, number):
        charter = {"target": "x", "positive": positive, "sources": {"main": {"uri": "x.csv"}}, "columns": {"x": column}}
        declared = Data.model_validate(charter)
        assert {declared.columns["x"].categories[0], declared.positive} == {level_of(number)}


def typed_before(data: Data, cells: pa.Array) -> object:
    """What is read of a cell that has a type already, as those of Parquet, queries and batches."""
    value = conform(pa.record_batch({"x": cells}), reading_schema(data))["x"][0].as_py()
    return MISSING if is_missing(value, Codes.of(missing_codes(data, "x"))) else value


@settings(max_examples=200)
@given(
    st.text("0123456789-:.TZ +W", max_size=32)
    | st.from_regex(r"2024-[01]\d-[0-3]\d[T x]?\d?\d?:?\d?\d?:?\d?\d?(\.\d{0,8})?(Z|[+-]\d\d:?\d?\d?)?", fullmatch=True)
)
@example("2024-01-05T12+01")
@example("9999-12-31T23:59:59+01:00")
def test_iso_is_one_form_whoever_reads_it(text: str) -> None:
    data = data_of(Kind.TIME, (), ())
    bare = text.strip(BLANKS)  # around a value of a file they are no part of it
    expected = moment_of(bare) or (REFUSED if bare else MISSING)
    for beside in ("2024-01-05", "2024-01-05T10:00:00+02:00"):
        assert trained(data, Kind.TIME, text, beside) == expected
    assert answered(data, Kind.TIME, text) == (moment_of(bare) or REFUSED)


@pytest.mark.parametrize("levels", [("True", "False"), ("true", "false"), ("TRUE", "FALSE")])
def test_a_truth_is_the_category_that_the_table_holds_for_it(levels: tuple[str, str]) -> None:
    read = reader_of(Feature("x", Kind.CATEGORY, categories=levels))
    assert [read(truth) for truth in (True, False)] == [(level, "") for level in levels]


@pytest.mark.parametrize("code", [0, 9, "0"])
def test_a_code_among_truths_is_missing_in_typed_tables_too(code: Any) -> None:
    data = data_of(Kind.BOOLEAN, (code,), ())
    there = pa.record_batch({"x": pa.array([int(code), 1, None], pa.int64())})
    assert conform(there, reading_schema(data))["x"].to_pylist() == [None, True, None]
    assert [answered(data, Kind.BOOLEAN, sent) for sent in (int(code), 1, None)] == [MISSING, True, MISSING]


def test_a_time_that_sources_read_in_different_ways_is_refused() -> None:
    read = reader_of(Feature("x", Kind.TIME), ((), ("%Y-%d-%m",)))
    with pytest.raises(Wrong, match="in different ways"):
        read("2024-01-05")
    assert read("2024-01-05T00:00Z")[0] == moment_of("2024-01-05")
