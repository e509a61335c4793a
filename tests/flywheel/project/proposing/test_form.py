"""The form of a text file is told from its text."""

from collections import Counter

import pytest

from flywheel.project.proposing.form import has_header, layout_of, rows_of, with_numbers_and_words
from flywheel.project.text_form import TextForm


@pytest.mark.parametrize(
    ("text", "delimiter", "quote"),
    [
        ("a,b\n1,2\n3,4\n", ",", '"'),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";", '"'),
        ("a\tb\n1,2\t3\n4\t5\n", "\t", '"'),
        ("a|b\n1|2\n3|4\n", "|", '"'),
        ("a,b\n'x,y',2\n'z',4\n", ",", "'"),
        ('a,b\n"x,y",2\n"z\nz",4\n', ",", '"'),
        ('size|n\n5" disk|1\n3" disk|2\n8|3\n', "|", '"'),
        ("one\n1\n2\n", ",", '"'),
        ("'a','b'\n'1','x'\n'2','y'\n", ",", "'"),
        ("it's,b\n1,x'\n2,y\n", ",", '"'),
    ],
)
def test_delimiter_and_quote_are_those_that_make_rows_alike(text: str, delimiter: str, quote: str) -> None:
    form = layout_of(text)
    assert (form.delimiter, form.quote) == (delimiter, quote)


@pytest.mark.parametrize(
    ("text", "is_there"),
    [("a,b\n1,x\n2,y\n", True), ("1,x\n2,y\n", False), ("x,y\nx,z\n", True), ("2024,2025\na,b\n", False)],
)
def test_a_header_is_told_from_a_first_row(text: str, *, is_there: bool) -> None:
    assert has_header(rows_of(text, TextForm())) is is_there


@pytest.mark.parametrize(
    ("delimiter", "values", "decimal", "thousands"),
    [
        (";", ["1,5", "2,25", "3"], ",", ""),
        (";", ["1.234,5", "2,25", "3"], ",", "."),
        (",", ["1,234", "5,678"], ".", ","),
        (",", ["1,234.5", "2.5"], ".", ","),
        (",", ["1.5", "2.25"], ".", ""),
        (";", ["1.234", "2.5"], ".", ""),
        (",", ["Berlin, Mitte", "Köln, Süd"], ".", ""),
    ],
)
def test_signs_of_numbers_are_told_from_columns_of_numbers(
    delimiter: str, values: list[str], decimal: str, thousands: str
) -> None:
    form = with_numbers_and_words(TextForm(delimiter=delimiter), [Counter(values)])
    assert (form.decimal, form.thousands) == (decimal, thousands)


def test_the_usual_words_for_missing_are_proposed_for_the_whole_source() -> None:
    form = with_numbers_and_words(TextForm(), [Counter(["1", "?", "NA"]), Counter(["none", " ", "-"])])
    assert form.missing == (" ", "?", "NA")


def test_a_value_as_long_as_a_book_is_a_value() -> None:
    value = "x" * 200_000
    assert rows_of(f"a,b\n{value},2\n", TextForm())[1] == [value, "2"]
