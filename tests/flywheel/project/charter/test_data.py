"""Columns, sources and checks contradict themselves nowhere."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flywheel.errors import CharterError
from flywheel.project.charter.data import Data
from flywheel.project.charter.source import SourceForm
from flywheel.project.loader import load_project
from tests.factories.charters import MINIMAL, write

START = MINIMAL + '[data]\ntarget = "y"\n'


def data_of(folder: Path, text: str) -> Data:
    data = load_project(write(folder, START + text)).charter.data
    assert data is not None
    return data


SOURCE = 'sources.main = { uri = "main.csv" }\n'


@pytest.mark.parametrize(
    "column",
    [
        'kind = "category", between = [0, 1]',
        'kind = "number", between = [2, 1]',
        'kind = "number", between = [2026-01-01T00:00:00Z, 2026-02-01T00:00:00Z]',
        'kind = "time", between = [0, 1]',
        'kind = "time", between = [2026-01-01T00:00:00, 2026-02-01T00:00:00]',
        'kind = "number", between = [1]',
        'kind = "number", categories = ["a"]',
        'kind = "number", missing = { codes = [true] }',
        'kind = "number", missing = { at_most = 1.1 }',
        'kind = "number", missing = { severity = "question" }',
        'kind = "number", expect = "up"',
        'kind = "time", expect = "increasing"',
        'kind = "category", expect = "increasing"',
        "between = [0, 1]",
    ],
)
def test_a_column_that_contradicts_itself_is_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(CharterError, match=r"data\.columns\.x"):
        data_of(tmp_path, f"{SOURCE}columns.x = {{ {column} }}\n")


def test_a_category_is_named_as_data_are_read_and_a_code_keeps_its_spaces(tmp_path: Path) -> None:
    columns = 'columns.pay = { kind = "category", categories = [" Private", "3.0"], missing = { codes = [" "] } }\n'
    pay = data_of(tmp_path, SOURCE + columns).columns["pay"]
    assert (pay.categories, pay.missing.codes) == (("Private", "3"), (" ",))


def test_bounds_of_times_carry_their_zone(tmp_path: Path) -> None:
    between = "[2026-01-01T00:00:00Z, 2026-02-01T00:00:00Z]"
    column = data_of(tmp_path, f'{SOURCE}columns.x = {{ kind = "time", between = {between} }}\n').columns["x"]
    assert column.between == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("source", "form"),
    [
        ('{ uri = "a/b-*.parquet" }', SourceForm.FILES),
        ('{ uri = "sklearn://wine" }', SourceForm.SKLEARN),
        ('{ uri = "sql://warehouse", query = "select 1" }', SourceForm.SQL),
    ],
)
def test_a_source_is_a_path_a_bundled_set_or_a_named_database(tmp_path: Path, source: str, form: SourceForm) -> None:
    assert data_of(tmp_path, f"sources.main = {source}\n").sources["main"].form is form


@pytest.mark.parametrize(
    "source",
    [
        '{ uri = "sql://warehouse" }',
        '{ uri = "a.csv", query = "select 1" }',
        '{ uri = "sql://me:secret@host/x", query = "select 1" }',
        '{ uri = "sqlite:///a.db", query = "select 1" }',
        "{}",
    ],
)
def test_a_source_that_leads_elsewhere_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(CharterError, match=r"data\.sources\.main"):
        data_of(tmp_path, f"sources.main = {source}\n")


def test_several_sources_need_one_that_the_others_join(tmp_path: Path) -> None:
    with pytest.raises(CharterError, match="one source without join"):
        data_of(tmp_path, 'sources.one = { uri = "a.csv" }\nsources.two = { uri = "b.csv" }\n')


def test_a_check_keeps_name_arguments_and_conditions(tmp_path: Path) -> None:
    check = (
        '[[data.checks]]\nexpect_column_min_to_be_between = { column = "x", min_value = 0 }\nseverity = "warning"\n'
        'where = [{ column = "y", is = true }, { column = "x", is_present = true }, { column = "x", in = [1, 2] }]\n'
    )
    read = data_of(tmp_path, f'{SOURCE}columns.x = {{ kind = "number" }}\n{check}').checks[0]
    assert read.expectation == "expect_column_min_to_be_between"
    assert read.arguments == {"column": "x", "min_value": 0}
    assert [(where.operator, where.value) for where in read.where] == [
        ("is", True),
        ("is_present", None),
        ("in", (1, 2)),
    ]


@pytest.mark.parametrize(
    "check",
    [
        "severity = 'critical'",
        "expect_column_to_exist = { column = 'x' }\nexpect_table_row_count_to_equal = { value = 1 }",
        "expect_column_to_exist = { column = 'x', row_condition = 'x' }",
        "'expect_a; import os' = {}",
        "expect_column_to_exist = { column = 'nobody' }",
        "expect_table_row_count_to_equal = { value = 1 }\nwhere = [{ column = 'y' }]",
        "expect_table_row_count_to_equal = { value = 1 }\nwhere = [{ column = 'y', is = 1, at_least = 2 }]",
        "expect_table_row_count_to_equal = { value = 1 }\nwhere = [{ column = 'y', is_missing = false }]",
        "expect_table_row_count_to_equal = { value = 1 }\nwhere = 'y == 1'",
    ],
)
def test_a_check_outside_the_closed_grammar_is_refused(tmp_path: Path, check: str) -> None:
    with pytest.raises(CharterError, match=r"data\.checks\[1\]"):
        data_of(tmp_path, f"{SOURCE}[[data.checks]]\n{check}\n")


def test_names_that_differ_in_case_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CharterError, match="in case alone"):
        data_of(tmp_path, f'{SOURCE}columns.x = {{ kind = "number" }}\ncolumns.X = {{ kind = "number" }}\n')


def test_one_header_is_the_alias_of_one_column(tmp_path: Path) -> None:
    columns = 'columns.x = { kind = "number", alias = "a b" }\ncolumns.y = { kind = "number", alias = " a b" }\n'
    with pytest.raises(CharterError, match=r"data\.columns\.y\.alias: is the alias of x too"):
        data_of(tmp_path, SOURCE + columns)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ('{ uri = "a.parquet", delimiter = ";" }', "says how text is read"),
        ('{ uri = "sklearn://wine", missing = ["?"] }', "says how text is read"),
        ('{ uri = "a.csv", delimiter = "ab" }', "not a delimiter"),
        ('{ uri = "a.csv", decimal = ",", thousands = "," }', "one sign"),
        ('{ uri = "a.csv", encoding = "ebcdic" }', "not one of the choices"),
        ('{ uri = "a.csv", date_format = "tomorrow" }', "not a format of dates"),
        ('{ uri = "a.csv", date_format = ["%m/%d/%Y", "%d/%m/%Y"] }', "read 04/09/2001 as two different times"),
        (
            '{ uri = "a.csv", date_format = ["%d.%m.%Y", "%y-%m-%d from 1930", "%d-%m-%y from 1930"] }',
            "as two different times",
        ),
        ('{ uri = "a.csv", date_format = ["%d.%m.%y from 1930", "%d.%m.%y from 1960"] }', "as two different times"),
        ('{ uri = "a.csv", date_format = "%d.%m.%y" }', "which century two digits of a year mean"),
        ('{ uri = "a.csv", date_format = "%d.%m.%y from 0930" }', "which century two digits of a year mean"),
        ('{ uri = "a.csv", date_format = ["%d/%m/%Y %H:%M", "%d/%m/%Y %I:%M"] }', "as two different times"),
    ],
)
def test_a_form_of_text_that_cannot_be_is_refused(tmp_path: Path, source: str, what: str) -> None:
    with pytest.raises(CharterError, match=what):
        data_of(tmp_path, f"sources.main = {source}\n")


def test_signs_of_a_text_form_keep_their_spaces(tmp_path: Path) -> None:
    source = data_of(
        tmp_path, 'sources.main = { uri = "a.csv", delimiter = "\\t", thousands = " ", missing = [" "] }\n'
    )
    text = source.sources["main"].text
    assert (text.delimiter, text.thousands, text.missing) == ("\t", " ", (" ",))
