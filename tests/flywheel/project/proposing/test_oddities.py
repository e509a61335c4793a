"""A column of numbers with a few values that are none is asked about, and named noughts are kept."""

from __future__ import annotations

from collections import Counter

import pytest

from flywheel.project.kinds import Kind
from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.missing_words import question_of, words_coded
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.text_form import TextForm

MONEY = [f"{n * 37 % 5_000 / 7:.2f}" for n in range(400)]
WHOLE = [str(n % 60) for n in range(400)]


def proposed(values: list[str], name: str = "x") -> Proposed:
    return propose(name, name, Counter(values), given=None, form=TextForm(), is_whole=True)


@pytest.mark.parametrize(
    ("values", "name", "kind", "asked"),
    [
        (["1.1", "1.9", "1.10", "2.0"] * 50, "app", Kind.CATEGORY, "1.1 and 1.10"),
        ([f"{250 + n % 99}.{('0', '00')[n % 2]}" for n in range(400)], "diagnose", Kind.TEXT, ".00"),
        (
            [f"{n / 20:.2f}" if n % 3 else f"{n / 20 + 0.5:.1f}" for n in range(400)],
            "betrag",
            Kind.NUMBER,
            "last noughts",
        ),
        (MONEY, "betrag", Kind.NUMBER, ""),
        ([repr(n / 8) for n in range(400)], "betrag", Kind.NUMBER, ""),
        ([f"{n * 37 % 500}.50" if n % 2 else f"{n}" for n in range(400)], "betrag", Kind.NUMBER, ""),
    ],
)
def test_noughts_behind_the_decimals_are_kept_or_asked(values: list[str], name: str, kind: Kind, asked: str) -> None:
    found = proposed(values, name)
    assert found.kind is kind
    assert asked in "".join(found.decide)
    assert bool(found.decide) is bool(asked)


@pytest.mark.parametrize(
    ("odd", "kind", "codes", "asked"),
    [
        (["<5", "<2"], Kind.INTEGER, ("<2", "<5"), "<2, <5 among numbers: do they mean missing?"),
        (["\u2265 60"], Kind.INTEGER, ("\u2265 60",), "\u2265 60 among numbers: does it mean missing?"),
        (["12a", "7/3", "V27"], Kind.CATEGORY, (), "and '12a', '7/3', 'V27' make all of them words"),
    ],
)
def test_what_is_no_number_among_many_is_named(odd: list[str], kind: Kind, codes: tuple[str, ...], asked: str) -> None:
    found = proposed([*WHOLE, *odd * 10])
    assert found.kind is kind
    assert found.codes == codes
    words = words_coded(found)
    (question,) = (*found.decide, *([question_of(found, words, others=0)] if words else []))
    assert asked in question


@pytest.mark.parametrize("form", ["{}-", "({})"])
def test_amounts_below_nought_are_asked_however_many_they_are(form: str) -> None:
    found = proposed([form.format(value) if n % 2 else value for n, value in enumerate(MONEY)])
    assert found.kind is Kind.TEXT
    assert "write -" in "".join(found.decide)


def test_faults_of_a_spreadsheet_are_missing() -> None:
    found = proposed([*MONEY, *["#DIV/0!"] * 40, *["#BEZUG!"] * 9])
    assert found.kind is Kind.NUMBER
    assert found.missing_share == pytest.approx(49 / 449)
    assert proposed([*MONEY, *["1.#QNAN"] * 40, "-1.#IND"]).kind is Kind.NUMBER


@pytest.mark.parametrize(
    "values", [["1", "1-", "1+", "2", "2-"] * 80, [str(n % 10) for n in range(400)] + ["10+"] * 40, ["a1", "b7"] * 50]
)
def test_marks_and_groups_are_words_without_a_question(values: list[str]) -> None:
    found = proposed(values)
    assert (found.kind, found.decide) == (Kind.CATEGORY, ())
