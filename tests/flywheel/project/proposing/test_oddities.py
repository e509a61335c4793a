"""A column of numbers with a few values that are none is asked about, and named noughts are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.missing_words import question_of, words_coded
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm

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
            "trailing zeros",
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
        (["<5", "<2"], Kind.INTEGER, ("<2", "<5"), "<2, <5 among numbers: do they mean missing, and no number"),
        (["\u2265 60"], Kind.INTEGER, ("\u2265 60",), "\u2265 60 among numbers: does it mean missing, and no number"),
        (["unter 5"] * 40, Kind.CATEGORY, (), "and 'unter 5' make all of them words"),
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


MADE_OF_NUMBERS: dict[str, Callable[[int], str]] = {
    "uncertain": lambda n: f"{n / 7:.2f} \u00b1 0.1",
    "two in one": lambda n: f"{100 + n % 50}/{60 + n % 40}",
    "fullwidth": lambda n: str(n).translate({48 + digit: 0xFF10 + digit for digit in range(10)}),
    "arabic": lambda n: str(n).translate({48 + digit: 0x0660 + digit for digit in range(10)}),
    "degrees": lambda n: f"52\u00b0{n % 60:02}'N",
    "a list": lambda n: f"{n},{n * 7 % 90},{n % 3}",
    "of several thousands": lambda n: f"{n}.25k" if n % 3 else f"0.{n:03}M",
    "ranges": lambda n: f"{n},5-{n + 3},5",
    "limits of many": lambda n: f"<{n / 8}" if n % 3 == 0 else str(n),
    "nearly all limits": lambda n: f">{n % 40}" if n % 20 else str(n),
    "stars": lambda n: f"{n / 8}{'*' * (n % 3)}",
}


@pytest.mark.parametrize("kind", MADE_OF_NUMBERS)
def test_no_words_that_are_made_of_numbers_are_words_unasked(kind: str) -> None:
    found = proposed([MADE_OF_NUMBERS[kind](n) for n in range(1, 400)])
    assert found.kind in {Kind.TEXT, Kind.CATEGORY}
    assert "words" in "".join(found.decide)
    assert "name" not in found.kept


@pytest.mark.parametrize(
    "write",
    [
        lambda n: f"{n:05}",
        lambda n: f"{n:02}-{n * 7 % 1_000:03}",
        lambda n: f"0554 {n:03} {n % 90:02}",
        lambda n: f"+49 30 {n}",
        lambda n: f"10.0.{n % 7}.{n % 90}",
        lambda n: f"AB-{n}/7",
        lambda n: f"{n}b",
        lambda n: f"Main street {n}/2",
    ],
)
def test_names_with_digits_are_no_numbers(write: Callable[[int], str]) -> None:
    assert "made of numbers" not in "".join(proposed([write(n) for n in range(1, 400)]).decide)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.22, 0.3, 0.6, 0.85])
@pytest.mark.parametrize("written", [[">150"], ["<0.1", "> 10"], ["n.d."]])
def test_numbers_of_which_many_are_censored_stay_numbers_and_are_asked(share: float, written: list[str]) -> None:
    often = round(share * 1_000)
    found = proposed([*map(str, range(1_000 - often)), *(written[n % len(written)] for n in range(often))])
    assert (found.kind, found.codes) == (Kind.INTEGER, tuple(sorted(written[:often])))
    assert found.missing_share == pytest.approx(share)
    assert words_coded(found)


@pytest.mark.parametrize(
    "values",
    [
        [str(n % 3_000 + 1) for n in range(400)],
        [str(1_950 + n % 70) for n in range(400)],
        [f"{n / 7:.2f}" for n in range(1, 400)],
        [str(n) for n in range(400)],
    ],
)
def test_noughts_alone_among_numbers_are_a_code_and_asked(values: list[str]) -> None:
    found = proposed([*values, *["0000"] * 40])
    assert (found.kind in {Kind.INTEGER, Kind.NUMBER}, found.codes) == (True, ("0000",))
    assert "0000 among numbers: does it mean missing, and not 0?" in question_of(found, ("0000",), others=0)
    assert found.missing_share == pytest.approx(40 / (len(values) + 40))


def test_noughts_among_names_of_their_length_are_a_name_and_asked() -> None:
    values = [str(100 + n * 7 % 900) for n in range(400)]
    found = proposed([*values, *["000"] * 40])
    assert found.kind is Kind.TEXT
    assert 'else kind = "integer", missing = { codes = ["000"]' in "".join(found.decide)
    assert not proposed([*values, "007", *["000"] * 40]).decide
    assert not proposed([*values, *["000"] * 40], name="plz").decide


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


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            [f"No. {n % 90}" for n in range(400)],
            'No. beside a number (\'No. 0\'), and are read as words: is that right? else kind = "number", unit = "No."',
        ),
        ([f"{'' if n % 3 else 'ca. '}{n % 90}" for n in range(400)], "134 values have ca. beside a number"),
        ([f"{'' if n % 3 else 'approx '}{n % 90}.5" for n in range(400)], 'unit = "approx"'),
        ([f"{('ca. ', 'min. ')[n % 2]}{n % 90}" for n in range(400)], "ca., min. beside a number"),
        ([f"{n % 90} stuks (oud)" for n in range(400)], "write the numbers alone at the source"),
        ([f"{1_000 + n:_}" for n in range(400)], "write one number in each column at the source"),
    ],
)
def test_no_number_beside_a_word_or_in_groups_of_its_own_is_silently_a_word(values: list[str], said: str) -> None:
    found = proposed(values)
    assert found.kind in {Kind.TEXT, Kind.CATEGORY}
    assert said in "".join(found.decide), found.decide


@pytest.mark.parametrize(
    "values",
    [
        [f"room {n % 9}" for n in range(400)],
        [f"A{n % 90}" for n in range(400)],
        [f"INV-2024-{n % 90}" for n in range(400)],
        [f"{n % 90} rue {'abcdefgh'[n % 8] * 4}" for n in range(400)],
        [f"{n % 90}th" for n in range(400)],
    ],
)
def test_names_with_a_number_are_words_without_a_question(values: list[str]) -> None:
    assert proposed(values).decide == ()


@pytest.mark.parametrize("written", ["{}.-", "{},-", "CHF {}.\u2013", "{},-- \u20ac"])
def test_a_dash_for_no_cents_is_no_minus(written: str) -> None:
    found = proposed([written.format(n % 900) for n in range(400)])
    assert (found.kind, found.decide) == (Kind.INTEGER, ())
    mixed = proposed([*(written.format(n) for n in range(1, 400)), *(f"{n}.50-" for n in range(1, 40))])
    assert all("write -" not in asked or ".-" not in asked for asked in mixed.decide)


@pytest.mark.parametrize("word", [" Tsd.", "k", " Mio", "万", "억", " lakh"])
def test_numbers_beside_a_word_for_thousands_are_asked_about_and_never_to_be_written_alone(word: str) -> None:
    """5.2k beside 802 is no 5.2: whoever left the word away would have it a thousand times too small."""
    values = Counter(f"{84 + n * 7}{word if n % 2 else ''}" for n in range(120))
    found = propose("x", "x", values, given=None, form=TextForm(), is_whole=True)
    asked = "; ".join(found.decide)
    assert found.kind is not Kind.NUMBER
    assert "write each number out, without " in asked
    assert "numbers alone" not in asked
