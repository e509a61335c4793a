"""The form of a text file is told from its text."""

from collections import Counter

import pytest

from flywheel.project.proposing.form import layout_of, rows_of, with_numbers_and_words
from flywheel.project.reading.text_form import TextForm


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


ROWS = {
    "decimal commas": (["temp;druck;feuchte;ausfall"], ";", lambda n: f"{n % 50},50;{n % 9},02;{n % 97},30;{n % 2}"),
    "decimal commas alone": (["a;b;c"], ";", lambda n: f"{n % 50},50;{n % 9},02;{n % 97},30"),
    "decimal commas without a header": ([], ";", lambda n: f"{n % 50},50;{n % 9},02;{n % 97},30"),
    "decimal commas and words": (["wert;soll;ok"], ";", lambda n: f"{n},5;{n % 9},25;{'ja' if n % 3 else 'nein'}"),
    "texts of commas by tabs": (["id\tnote\ty"], "\t", lambda n: f"S{n}\ta, b, c, {n % 7}\t{n % 2}"),
    "texts of semicolons": (["id,note,y"], ",", lambda n: f"S{n},a; b; {n % 7},{n % 2}"),
    "single quotes": (["id,'name',amt,y"], ",", lambda n: f"{n},'Braund, Mr. {n % 90}',{n}.5,{n % 2}"),
    "amounts with a currency": (["id;price;y"], ";", lambda n: f"K{n};{n},50 \u20ac;{n % 2}"),
}


@pytest.mark.parametrize("rows", [50, 199, 250, 399, 400, 1_000])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_delimiter_that_other_values_hold_too_is_told_at_any_number_of_rows(name: str, rows: int) -> None:
    """The class: each row holds another sign as regularly as the delimiter, and the header does not."""
    header, delimiter, row = ROWS[name]
    form = layout_of("".join(f"{line}\n" for line in [*header, *map(row, range(rows))]))
    assert (form.delimiter, form.quote) == (delimiter, "'" if name == "single quotes" else '"')


def test_a_value_as_long_as_a_book_is_a_value() -> None:
    value = "x" * 200_000
    assert rows_of(f"a,b\n{value},2\n", TextForm())[1] == [value, "2"]
