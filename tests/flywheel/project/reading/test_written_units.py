"""The unit beside a number is taken off wherever people write it, and nothing else is."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from flywheel.adapters.sources.sources import Ground
from flywheel.adapters.sources.values import Rows, typed
from flywheel.errors import InputRefused
from flywheel.project.checking.faults import Faults
from flywheel.project.loader import load_project
from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.form import with_numbers_and_words
from flywheel.project.proposing.seeming import seeming
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm
from flywheel.project.reading.written_units import bare, currency_of, is_unit, unit_in, units_in, without_unit
from flywheel.services.data.proposals import write_proposed
from tests.factories.sources import read_whole

READ = [
    ("1\u202f234,50\u00a0€", "€", TextForm(decimal=",", thousands=" "), 1234.5),
    ("€12.30", "€", TextForm(), 12.3),
    ("$1,200", "$", TextForm(thousands=","), 1200.0),
    ("-$1,200.5", "$", TextForm(thousands=","), -1200.5),
    ("$-3", "$", TextForm(), -3.0),
    ("\u22125 %", "%", TextForm(), -5.0),
    ("EUR 7", "EUR", TextForm(), 7.0),
    ("Fr. 1\u2019200.50", "Fr.", TextForm(thousands="'"), 1200.5),
    ("12 kg", "kg", TextForm(), 12.0),
    ("12", "kg", TextForm(), 12.0),
    ("Rs. 1,234", "Rs.", TextForm(thousands=","), 1234.0),
    ("Rs.1,234", "Rs.", TextForm(thousands=","), 1234.0),
    ("kr. 120", "kr.", TextForm(), 120.0),
    ("Rp 1.234,5", "Rp", TextForm(decimal=",", thousands="."), 1234.5),
    ("298.-", "", TextForm(), 298.0),
    ("1'298.\u2013", "", TextForm(thousands="'"), 1298.0),
    ("-298,-", "", TextForm(decimal=","), -298.0),
    ("Fr. 298.\u2014", "Fr.", TextForm(), 298.0),
    ("1.298,-- \u20ac", "\u20ac", TextForm(decimal=",", thousands="."), 1298.0),
]
UNREAD = [
    ("87.49-", ""),
    ("298-", ""),
    ("1_661", ""),
    ("12 $", "€"),
    ("€ 4 €", "€"),
    ("-€-3", "€"),
    ("+€-3", "€"),
    ("€", "€"),
    ("12 €x", "€"),
]


def read(text: str, unit: str, form: TextForm) -> float:
    field = pa.field("x", pa.float64(), metadata={"kind": "number", "unit": unit})
    faults = Faults("main")
    batch = pa.RecordBatch.from_arrays([pa.array([text])], names=["x"])
    found = typed(batch, pa.schema([field]), form=form, rows=Rows("x.csv", 1), faults=faults)
    faults.refuse()
    return float(found.column("x")[0].as_py())


@pytest.mark.parametrize(("text", "unit", "form", "number"), READ)
def test_a_number_is_read_without_its_unit(text: str, unit: str, form: TextForm, number: float) -> None:
    assert read(text, unit, form) == number


@pytest.mark.parametrize(("text", "unit"), UNREAD)
def test_another_unit_or_two_of_them_are_refused_as_they_stand(text: str, unit: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read(text, unit, TextForm())
    assert text in refused.value.sentence()


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (["1.50 €", "2.00 €"], "€"),
        (["9,1 bar", "10 bar", "11"], "bar"),
        (["12 kg", "7 kg"], "kg"),
        (["9.1bar", "10bar"], "bar"),
        (["12a", "7a"], ""),
        (["Rs. 1,234", "Rs. 5"], "Rs."),
        (["Rs 1,234", "Rs.5"], ""),
        (["kr. 120", "kr. 7"], "kr."),
        (["No. 185", "No. 7"], ""),
        (["\u20ac .50", "\u20ac 1.50"], "\u20ac"),
        (["298,- \u20ac", "7,50 \u20ac"], "\u20ac"),
        (["0,26 kg", "1,2 kg", "b.d."], "kg"),
        (["0,26 kg", "1,2 kg", "k.A.", "nicht gewogen"], "kg"),
        (["5.2k", "k.A."], "k"),
        (["5.2k", "802"], ""),
        (["5.2 km", "8 km"], "km"),
        (["5.2 m", "8 m"], "m"),
        (["12 rue X", "7 rue X"], ""),
        (["A1", "A2"], ""),
        (["kg 12", "kg 7"], ""),
        (["US$ 5", "US$ 6"], "US$"),
        (["85mg/dl", "90mg/dl", "85mg/dl"], "mg/dl"),
        (["101AB", "102AB", "103AB"], ""),
        (["198 °F", "201 °F"], "°F"),
        (["5%", "6 %", "7"], "%"),
        (["CHF 1'200.50", "CHF 3.20"], "CHF"),
        (["1 kr", "2 kr"], "kr"),
        (["$1", "€2"], ""),
        (["C17", "C18"], ""),
        (["10th", "11th"], ""),
        (["1", "2"], ""),
        (["north"], ""),
    ],
)
def test_currencies_percent_and_measures_are_found_where_they_are_one(values: list[str], unit: str) -> None:
    assert unit_in(Counter(values)) == unit


WORDS = ["", "NA", "b.d.", "k.A.", "n.v.", "keine Angabe", "unbekannt", "-", "?", "brak danych", "n/a"]
SIGNS = [(".", ""), (",", ""), (",", "."), (".", ","), (",", "\u202f"), (".", "'")]
BESIDE = [
    "# kg",
    "#kg",
    "# g",
    "# m",
    "# \u20ac",
    "\u20ac#",
    "Rs. #",
    "Fr. #",
    "kr #",
    "# z\u0142",
    "#%",
    "# mg/dl",
    "EUR #",
]


def styled(value: float, signs: tuple[str, str]) -> str:
    return f"{value:,.2f}".translate({44: signs[1], 46: signs[0]})


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("signs", SIGNS)
def test_unit_missing_word_and_number_are_told_apart_whichever_come_together(word: str, signs: tuple[str, str]) -> None:
    for beside in BESIDE:
        numbers = [None if n % 20 == 0 else n * 7.37 % 3_000 for n in range(120)]
        texts = [word if one is None else beside.replace("#", styled(one, signs)) for one in numbers]
        form = with_numbers_and_words(TextForm(delimiter=";"), [Counter(texts)])
        found = propose("x", "x", Counter(texts), given=None, form=form, is_whole=True)
        assert (found.kind, found.unit) == (Kind.NUMBER, beside.replace("#", "").strip()), (beside, found.decide)
        assert form.decimal == signs[0], beside
        assert word in {"", *found.codes, *form.missing}, beside
        texts_of_none = json.dumps([code for code in found.codes if isinstance(code, str)])
        about = {"kind": "number", "unit": found.unit, "missing_texts": texts_of_none}
        field, faults = pa.field("x", pa.float64(), metadata=about), Faults("main")
        batch = pa.RecordBatch.from_arrays([pa.array(texts)], names=["x"])
        read_ones = typed(batch, pa.schema([field]), form=form, rows=Rows("x.csv", 1), faults=faults)
        faults.refuse()
        wanted = [one if one is None else pytest.approx(round(one, 2)) for one in numbers]
        assert read_ones.column("x").to_pylist() == wanted


def test_several_units_in_one_column_are_counted_and_named() -> None:
    values = {"17,7 kg": 2, "900 g": 1, "12 kg": 3}
    assert units_in(values) == {"kg": 5, "g": 1}
    assert "several units (kg in 5 rows and g in 1 row)" in seeming(values)
    assert units_in({"12a": 1, "12b": 1}) == units_in({"17 kg": 2}) == {}


def test_what_is_the_same_without_the_unit_is_counted_as_one() -> None:
    assert bare({"5%": 2, "5 %": 3, "6": 1}, "%") == {"5": 5, "6": 1}
    assert without_unit("5 %", "") == "5 %"


@pytest.mark.parametrize("text", ["", "5", "m2", ".", "-", " €", "€ ", "a b", "thirteen_signs"])
def test_what_could_be_part_of_a_number_is_no_unit(text: str) -> None:
    assert not is_unit(text)


def test_amounts_are_read_without_their_unit_and_those_that_have_none_are_asked_about(tmp_path: Path) -> None:
    rows = "".join(
        f"{n % 2};{n % 9 + 1}\u202f{n:03},50 €;{n} %;{'$' if n % 2 else '€'}{n % 60};{n}{' €' if n % 3 else ''}\n"
        for n in range(200)
    )
    (tmp_path / "x.csv").write_text(f"left;price;share;mixed;fee\n{rows}", encoding="utf-8")
    write_proposed("units", tmp_path / "units", tmp_path / "x.csv")
    project = load_project(tmp_path / "units")
    data = project.charter.data
    assert data is not None
    assert {name: (column.kind.value, column.unit) for name, column in data.columns.items()} == {
        "left": ("integer", None),
        "price": ("number", "€"),
        "share": ("integer", "%"),
        "mixed": ("text", None),
        "fee": ("integer", "€"),
    }
    asked = {one.key.rpartition(".")[2]: one.what for one in project.undecided if one.key.startswith("data.columns")}
    assert "in several currencies (EUR in 100 rows and $ in 100 rows)" in asked["mixed"]
    assert "67 numbers stand without €, such as 0: is € meant?" in asked["fee"]
    table = read_whole(data.sources["main"], Ground(tmp_path / "units"), data=data)
    assert table.slice(111, 1).to_pylist() == [{"left": 1, "price": 4111.5, "share": 111, "mixed": "$51", "fee": 111}]


@pytest.mark.parametrize(
    ("unit", "code"), [("zł", "PLN"), ("€", "EUR"), ("CHF", "CHF"), ("$", ""), ("kr", ""), ("kg", ""), ("BAR", "")]
)
def test_a_unit_names_a_currency_where_it_is_that_of_one(unit: str, code: str) -> None:
    assert currency_of(unit) == code


@pytest.mark.parametrize("sign", ["\u200b\ta", "\ta", "a\tb"])
def test_no_unit_is_proposed_that_a_charter_would_refuse(sign: str) -> None:
    assert unit_in(Counter({f"1{sign}": 300, f"2{sign}": 300})) == ""
    assert units_in(Counter({f"1,5 {sign}": 300, "2,5 kg": 300})) == {}
