"""One reading of values: a code that means missing is missing in files, tables, checks, rules and requests alike."""

from __future__ import annotations

import math
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.service.values import Wrong, read_time, reader_of
from flywheel.adapters.sources.sources import Ground
from flywheel.project.charter.data import Data
from flywheel.project.charter.data_schema import missing_codes
from flywheel.project.charter.source import Source
from flywheel.project.contract import Feature
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.missing import Codes, written
from flywheel.project.reading.table_facts import TableFacts
from flywheel.project.tabular.encoding import ColumnEncoding
from tests.factories.sources import put, read_whole
from validators.columns import missing_mask

GOOD: dict[Kind, tuple[str, Any]] = {
    Kind.NUMBER: ("1.5", 1.5),
    Kind.INTEGER: ("5", 5),
    Kind.CATEGORY: ("web", "web"),
    Kind.TIME: ("2026-01-01", "2026-01-01"),
    Kind.BOOLEAN: ("true", True),
}
"""What stands beside the code in a file and in a request."""
CODES = st.one_of(
    st.sampled_from(["NA", "?", "n/a", "-1", "999", "1900-01-01", "none", " "]),
    st.sampled_from([-1, 999, -9, 7.5, 1e6]),
)


def data_of(kind: Kind, code: float | str, *, is_of_source: bool) -> Data:
    source = {"uri": "x.csv"} | ({"missing": [code]} if is_of_source else {})
    column = {"kind": kind.value} | ({} if is_of_source else {"missing": {"codes": [code]}})
    columns = {"x": column, "other": {"kind": "integer"}}
    return Data.model_validate({"sources": {"main": source}, "columns": columns})


def forms_of(code: float | str) -> list[Any]:
    """Every form in which a client may send a code."""
    if isinstance(code, str):
        return [code, *Codes.of([code]).numbers]
    return [code, written(code), float(code)]


def encoded(kind: Kind, codes: tuple[Any, ...], value: object) -> float:
    return ColumnEncoding("x", kind, codes, levels=("web",), unknown=1).number(value)


@settings(max_examples=60)
@given(kind=st.sampled_from(list(GOOD)), code=CODES, is_of_source=st.booleans())
def test_a_code_that_means_missing_is_missing_everywhere(kind: Kind, code: float | str, *, is_of_source: bool) -> None:
    is_of_source = is_of_source and isinstance(code, str)
    data = data_of(kind, code, is_of_source=is_of_source)
    codes = missing_codes(data, "x")
    assert codes == (code,)
    text, good = GOOD[kind]
    with tempfile.TemporaryDirectory() as scratch:
        is_readable = isinstance(code, str) or kind in {Kind.NUMBER, Kind.CATEGORY}
        is_readable = is_readable or (kind is Kind.INTEGER and float(code).is_integer())
        if is_readable:  # a number among times cannot stand in a file without being a fault of its own
            put(
                Path(scratch), "x.csv", f'x,other\n"{text}",1\n"{code if isinstance(code, str) else written(code)}",2\n'
            )
            column = read_whole(data.sources["main"], Ground(Path(scratch)), data=data)["x"].to_pandas()
            assert missing_mask(column, codes).tolist() == [False, True]
            assert [math.isnan(encoded(kind, codes, value)) for value in column] == [False, True]
    read = reader_of(Feature("x", kind, missing_codes=codes))
    for form in forms_of(code):
        value, flag = read(form)
        assert flag == "missing_code"
        assert math.isnan(encoded(kind, codes, value))
        assert missing_mask(pd.Series([value], dtype=object), codes).tolist() == [True]
    assert read(good)[1] == ""


def as_file_writes(number: float, source: Source, unit: str, sign: str) -> str:
    """Write a number as a file does, in groups of thousands and with its unit."""
    plain = f"{number:,}".removesuffix(".0").replace("-", sign)
    signs = {",": source.thousands, ".": source.decimal}
    return "".join(signs.get(one, one) for one in plain) + unit


@settings(max_examples=60)
@given(
    code=st.sampled_from([999.9, 9999.9, -99.9, -1.0, 1_000_000.5, 12_345.0, 999, -1]),
    form=st.sampled_from([(",", ""), (",", "."), (",", " "), (".", ""), (".", ","), (".", "'")]),
    unit=st.sampled_from(["", " s", " €", "%"]),
    sign=st.sampled_from(["-", "\u2212"]),
)
def test_a_number_that_means_missing_is_missing_however_its_file_writes_numbers(
    code: float, form: tuple[str, str], unit: str, sign: str
) -> None:
    column = {"kind": "number", "missing": {"codes": [code]}} | ({"unit": unit.strip()} if unit else {})
    main = {"uri": "x.csv", "delimiter": ";", "decimal": form[0], "thousands": form[1]}
    columns = {"x": column, "other": {"kind": "integer"}}
    data = Data.model_validate({"sources": {"main": main}, "columns": columns})
    source, codes = data.sources["main"], missing_codes(data, "x")
    values = [as_file_writes(number, source, unit, sign) for number in (96.8, code, 25.2)]
    with tempfile.TemporaryDirectory() as scratch:
        put(Path(scratch), "x.csv", "x;other\n" + "".join(f"{value};1\n" for value in values))
        table = read_whole(source, Ground(Path(scratch)), data=data)
    facts = TableFacts({"x": Codes.of(codes)})
    for batch in table.to_batches():
        facts.see(batch)
    seen: Any = facts.facts()["columns"]
    assert (seen["x"]["missing_share"], seen["x"]["least"], seen["x"]["most"]) == (1 / 3, 25.2, 96.8)
    kept, gaps = table["x"].to_pandas(), [False, True, False]
    assert missing_mask(kept, codes).tolist() == gaps
    read = reader_of(Feature("x", Kind.NUMBER, missing_codes=codes))
    assert [math.isnan(encoded(Kind.NUMBER, codes, value)) for value in kept] == gaps
    assert [read(value)[1] == "missing_code" for value in kept] == gaps


@pytest.mark.parametrize("text", ["1900-01-01", "1900-01-01T00:00:00Z", "1900-01-01T01:00:00+01:00"])
def test_a_time_that_means_missing_may_be_written_in_any_way(text: str) -> None:
    value, flag = reader_of(Feature("x", Kind.TIME, missing_codes=("1900-01-01",)))(text)
    assert flag == "missing_code"
    assert missing_mask(pd.Series(pd.to_datetime([datetime(1900, 1, 1, tzinfo=UTC)])), ("1900-01-01",)).all()
    assert math.isnan(encoded(Kind.TIME, ("1900-01-01",), value))


@pytest.mark.parametrize(("value", "level"), [(3, "3"), (3.0, "3"), ("3", "3"), (True, "true"), (False, "false")])
def test_a_category_is_the_same_as_text_as_whole_number_and_as_truth(value: object, level: str) -> None:
    assert reader_of(Feature("x", Kind.CATEGORY, categories=("3", "true", "false")))(value) == (level, "")


@pytest.mark.parametrize("value", [3.5, 2**60, [3], {"a": 1}, "a" * 257])
def test_what_is_no_category_is_refused(value: object) -> None:
    with pytest.raises(Wrong, match="not a category"):
        reader_of(Feature("x", Kind.CATEGORY))(value)


@pytest.mark.parametrize(("value", "truth"), [(True, True), (False, False), (1, True), (0, False)])
def test_a_truth_may_be_one_or_nought_as_in_a_file(value: object, *, truth: bool) -> None:
    assert reader_of(Feature("x", Kind.BOOLEAN))(value) == (truth, "")


@pytest.mark.parametrize("value", [2, 1.0, "true", None])
def test_what_is_no_truth_is_refused(value: object) -> None:
    with pytest.raises(Wrong):
        reader_of(Feature("x", Kind.BOOLEAN, nullable=False))(value)


WAYS = {
    "%d/%m/%Y %Hh%M": ("09/01/2023 09h15", "9/1/2023 9H15"),
    "%d.%m.%Y um %H.%M Uhr": ("09.01.2023 um 09.15 Uhr", "9.1.2023 um 9.15 uhr"),
    "%Y-%m-%d kl. %H.%M": ("2023-01-09 kl. 09.15", "2023-1-9 kl. 9.15"),
    "%d-%m-%Y %Hu%M": ("09-01-2023 9u15", "9-1-2023 09u15"),
}


@pytest.mark.parametrize(("form", "written"), WAYS.items(), ids=WAYS)
def test_training_and_endpoint_read_the_time_of_a_country_alike(
    tmp_path: Path, form: str, written: tuple[str, ...]
) -> None:
    (tmp_path / "x.csv").write_text("y;at\n" + "".join(f"1;{one}\n" for one in written))
    source = Source(uri="x.csv", delimiter=";", date_format=form)
    trained = read_whole(source, Ground(tmp_path))["at"].to_pylist()
    asked = [read_time(one, ((), source.date_format)) for one in written]

    assert trained == asked
    assert set(asked) == {datetime(2023, 1, 9, 9, 15, tzinfo=UTC)}


def test_what_is_no_time_is_refused_with_the_formats_that_are_read() -> None:
    with pytest.raises(Wrong) as refused:
        read_time("hier", (("%d/%m/%Y %Hh%M",), ("%d.%m.%y from 1930",)))
    assert refused.value.allowed.endswith("or as %d/%m/%Y %Hh%M or %d.%m.%y")
