"""Numbers of the usual styles come back equal, or a question stands: nothing is read a thousand times too large."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable

import pyarrow as pa
import pytest

from flywheel.adapters.sources.values import Rows, typed
from flywheel.project.checking.faults import Faults
from flywheel.project.proposing.columns import number_of, propose
from flywheel.project.proposing.form import with_numbers_and_words
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.proposing.signs import is_settled
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm

Style = Callable[[float, int], str]


def english(value: float, places: int) -> str:
    return f"{value:,.{places}f}"


def of_signs(decimal: str, thousands: str) -> Style:
    return lambda value, places: english(value, places).translate({44: thousands, 46: decimal})


def indian(value: float, places: int) -> str:
    whole, point, fraction = f"{abs(value):.{places}f}".partition(".")
    head = re.sub(r"(?<=\d)(?=(\d\d)+$)", ",", whole[:-3])
    return f"{'-' if value < 0 else ''}{head}{',' if head else ''}{whole[-3:]}{point}{fraction}"


STYLES: dict[str, tuple[str, Style]] = {
    "plain": (",", lambda value, places: f"{value:.{places}f}"),
    "trimmed": (",", lambda value, places: f"{round(value, places)!r}"),
    "english": (",", english),
    "german": (";", of_signs(",", ".")),
    "french": (";", of_signs(",", "\u00a0")),
    "narrow": (";", of_signs(",", "\u202f")),
    "spaced": (";", of_signs(",", " ")),
    "swiss": (",", of_signs(".", "'")),
    "swiss of print": (",", of_signs(".", "\u2019")),
    "comma": (";", of_signs(",", "")),
    "comma among commas": (",", of_signs(",", "")),
    "indian": (",", indian),
    "indian among semicolons": (";", indian),
    "power": (",", lambda value, _: f"{value:.9E}"),
    "german power": (";", lambda value, _: f"{value:.9E}".replace(".", ",")),
    "german power among commas": (",", lambda value, _: f"{value:.9E}".replace(".", ",")),
}


def proposed(columns: dict[str, list[str]], delimiter: str) -> tuple[TextForm, dict[str, Proposed]]:
    counts = {name: Counter(values) for name, values in columns.items()}
    form = with_numbers_and_words(TextForm(delimiter=delimiter), counts.values())
    settled = is_settled(counts.values(), form)
    return form, {
        name: propose(name, name, values, given=None, form=form, is_whole=True, is_settled=settled)
        for name, values in counts.items()
    }


def read(values: list[str], form: TextForm) -> list[float | None]:
    """Read as data preparation does."""
    schema, faults = pa.schema([("x", pa.float64())]), Faults("main")
    batch = typed(pa.record_batch({"x": values}), schema, form=form, rows=Rows("x.csv", 1), faults=faults)
    numbers: list[float | None] = batch.column("x").to_pylist()
    return numbers


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", range(12))
def test_numbers_come_back_equal_or_a_question_stands(style: str, seed: int) -> None:
    chance = random.Random(seed)
    delimiter, written = STYLES[style]
    places = chance.choice([0, 0, 1, 2, 3, 3])
    top = 10 ** chance.uniform(0.5, 6)
    rows = chance.choice([30, 300])
    numbers = {
        name: [round(chance.uniform(-top if chance.random() < 0.3 else top / 9, top), places) for _ in range(rows)]
        for name in ("a", "b")[: chance.choice([1, 2])]
    }
    texts = {name: [written(value, places) for value in values] for name, values in numbers.items()}
    form, columns = proposed(texts, delimiter)
    for name, values in numbers.items():
        if columns[name].decide:
            continue
        assert columns[name].kind in {Kind.NUMBER, Kind.INTEGER}, (form, texts[name][:5])
        assert read(texts[name], form) == pytest.approx(values), (form, texts[name][:5])
        assert [number_of(text, form) for text in texts[name]] == pytest.approx(values)


SMALL = [f"{n}" for n in range(300, 990, 30)]


@pytest.mark.parametrize(
    ("columns", "delimiter", "form", "asked"),
    [
        ({"a": [f"{n}.{n * 7 % 1000:03d}" for n in range(1, 90)] + SMALL}, ";", (",", "."), None),
        ({"a": [f"{n},{n * 7 % 1000:03d}" for n in range(1, 90)] + SMALL}, ",", (".", ","), None),
        ({"a": [f"{n}.{n * 7 % 1000:03d}" for n in range(1, 90)]}, ";", (".", ""), "1.007 is read as 1.007 here"),
        ({"a": [f"{n},{n * 7 % 1000:03d}" for n in range(1, 90)]}, ",", (".", ","), "1,007 is read as 1007 here"),
        ({"a": ["0,531", "2,041", "-0,200"]}, ",", (",", ""), None),
        ({"a": ["2.041", "-2,556", "0.958", "-0,200"], "b": ["0.5", "1.25"]}, ",", (".", ""), "it stays text"),
        ({"a": ["2.041", "-2,556", "3.5"], "b": ["0.5", "1.25"]}, ",", None, "2556"),
        ({"a": ["2.041", "1500"], "b": ["7", "8"]}, ",", (".", ""), None),
        ({"a": ["2.041", "3.007"], "b": ["0.5", "1.25"]}, ",", (".", ""), None),
        ({"a": ["1.2.3", "1.2.4"], "b": ["0.5", "1.25"]}, ",", (".", ""), None),
    ],
)
def test_what_the_evidence_leaves_open_is_asked_with_both_readings(
    columns: dict[str, list[str]], delimiter: str, form: tuple[str, str] | None, asked: str | None
) -> None:
    told, found = proposed(columns, delimiter)
    assert form is None or (told.decimal, told.thousands) == form
    questions = "; ".join(found["a"].decide)
    assert (asked in questions) if asked else not questions, questions


@pytest.mark.parametrize(
    ("style", "delimiter", "form"),
    [("indian", ",", (".", ",")), ("indian among semicolons", ";", (".", ",")), ("german power", ";", (",", ""))],
)
def test_what_can_be_written_in_one_way_alone_is_read_without_a_question(
    style: str, delimiter: str, form: tuple[str, str]
) -> None:
    numbers = [n * n * 37.25 for n in range(1, 400)]
    texts = [STYLES[style][1](value, 2) for value in numbers]
    told, found = proposed({"a": texts}, delimiter)
    assert ((told.decimal, told.thousands), found["a"].decide) == (form, ())
    assert read(texts, told) == pytest.approx(numbers)


LISTS = [f"{n % 90},{n * 7 % 60 + 1}" for n in range(1, 300)]
RATINGS = [f"{n % 90},{n * 7 % 9 + 1}" for n in range(1, 300)]
POINTS = [f"{n / 4}" for n in range(1, 300)]


@pytest.mark.parametrize(
    ("columns", "delimiter", "decimal", "kind", "asked"),
    [
        ({"a": LISTS}, ",", ".", Kind.TEXT, "may be two numbers or"),
        ({"a": LISTS, "b": [f"{n},05" for n in range(90)]}, ",", ",", Kind.TEXT, 'right? else kind = "number"'),
        ({"a": RATINGS}, ",", ",", Kind.NUMBER, 'else kind = "text"'),
        ({"a": LISTS, "b": POINTS}, ",", ".", Kind.TEXT, "may be two numbers or"),
        ({"a": LISTS, "b": POINTS, "c": LISTS}, ",", ".", Kind.TEXT, "may be two numbers or"),
        ({"a": RATINGS, "b": POINTS, "c": RATINGS}, ",", ".", Kind.TEXT, "may be two numbers or"),
        ({"a": RATINGS, "b": [f"{n},05" for n in range(90)]}, ",", ",", Kind.NUMBER, ""),
        ({"a": RATINGS, "b": [f"1.{n}00,50" for n in range(1, 9)]}, ",", ",", Kind.NUMBER, ""),
        ({"a": [f"{one} EUR" for one in RATINGS]}, ",", ",", Kind.NUMBER, ""),
        ({"a": RATINGS}, ";", ",", Kind.NUMBER, ""),
        ({"a": [*(f"{n},{n + 150}" for n in range(1, 90)), *SMALL], "b": POINTS}, ",", ".", Kind.INTEGER, ""),
        ({"a": [f"{n / 17:.4}".replace(".", ",") for n in range(300)]}, ",", ",", Kind.NUMBER, ""),
        ({"a": [f"{n / 8}".replace(".", ",") for n in range(300)]}, ",", ",", Kind.NUMBER, 'else kind = "text"'),
        ({"a": [",".join("123"[: n % 3 + 1]) for n in range(300)], "b": ["1", "2"]}, ",", ".", Kind.CATEGORY, ""),
    ],
)
def test_two_numbers_in_quotes_become_no_decimal_comma_unasked(
    columns: dict[str, list[str]], delimiter: str, decimal: str, kind: Kind, asked: str
) -> None:
    form, found = proposed(columns, delimiter)
    assert (form.decimal, found["a"].kind) == (decimal, kind)
    questions = "; ".join(found["a"].decide)
    assert (asked in questions) if asked else not questions, questions
    assert "b" not in columns or found["b"].kind in {Kind.NUMBER, Kind.INTEGER}


def test_groups_of_other_lengths_are_no_number() -> None:
    form = TextForm(thousands=",")
    assert (
        read(["1,23,456", "12,34,567.5", "1,2345", "123,45,678", "1,234,56"], form) == [123456, 1234567.5] + [None] * 3
    )


def test_no_group_of_thousands_begins_with_a_nought_when_it_is_read() -> None:
    form = TextForm(thousands=",")
    assert read(["1,234", "0,531", "\u22125"], form) == [1234.0, None, -5.0]


@pytest.mark.parametrize("sign", [",", "."])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("way", ["₩{}", "¥{}", "{} KRW", "Rp {}", "{}₫", "JPY {}", "{} Ft"])
def test_money_without_cents_has_groups_of_thousands_and_no_decimals(way: str, delimiter: str, sign: str) -> None:
    numbers = [84_862 + 1_009 * n for n in range(60)]
    texts = Counter(way.format(f"{number:,}".replace(",", sign)) for number in numbers)
    form = with_numbers_and_words(TextForm(delimiter=delimiter), [texts])
    found = propose("p", "p", texts, given=None, form=form, is_whole=True)
    assert (form.thousands, found.kind, found.decide) == (sign, Kind.INTEGER, ())
    assert found.middle is not None
    assert found.middle >= min(numbers)


def test_where_other_columns_settle_the_signs_the_cure_is_at_the_source() -> None:
    """No key of the source could read both."""
    prices, sums = Counter(f"{n},37" for n in range(60)), Counter(f"₩{84_862 + 1_009 * n:,}" for n in range(60))
    form = with_numbers_and_words(TextForm(delimiter=";"), [prices, prices, sums])
    found = propose("p", "p", sums, given=None, form=form, is_whole=True, is_settled=is_settled([prices], form))
    (asked,) = found.decide
    assert "84,862 is read as 84.862 here: is that right? Where 84862 is meant, write 84862 at the source" in asked
    assert 'thousands = ","' not in asked
