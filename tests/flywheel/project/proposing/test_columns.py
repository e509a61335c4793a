"""What is proposed of a column follows from the values that it holds."""

from collections import Counter
from datetime import date

import pytest

from flywheel.project.charter.column_names import names_for
from flywheel.project.charter.fields import COLUMN
from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.keys import keys_of
from flywheel.project.proposing.missing_words import question_of, words_coded
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm

PLAIN = TextForm()


def of(*values: str, name: str = "x", form: TextForm = PLAIN, given: Kind | None = None) -> Proposed:
    return propose(name, name, Counter(values), given=given, form=form, is_whole=True)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2"], Kind.INTEGER),
        (["1", "2.5"], Kind.NUMBER),
        (["true", "False"], Kind.BOOLEAN),
        (["a", "b", "a"], Kind.CATEGORY),
        (["2024-01-31", "2024-02-01T10:00:00"], Kind.TIME),
        (["31.12.2024", "1.2.2024"], Kind.TIME),
        (["01067", "10115", "10115"], Kind.CATEGORY),
        (["1", "2", "-"], Kind.INTEGER),
        ([f"free text {n}" for n in range(60)], Kind.TEXT),
        ([], Kind.TEXT),
    ],
)
def test_the_kind_is_told_from_the_values(values: list[str], kind: Kind) -> None:
    assert of(*values).kind is kind


def test_words_among_numbers_are_codes_of_the_column() -> None:
    assert of("1", "2", "-", "none").codes == ("-", "none")


def test_an_unusual_word_among_many_numbers_is_asked_about_as_a_code() -> None:
    column = of(*map(str, range(30)), "k.A.", "k.A.")
    assert (column.kind, column.codes) == (Kind.INTEGER, ("k.A.",))
    assert question_of(column, words_coded(column), others=0) == "k.A. among numbers: does it mean missing?"
    assert column.missing_share == 2 / 32


@pytest.mark.parametrize("values", [[*map(str, range(30)), "40+"], ["1", "2", "3", "viele"]])
def test_an_open_end_and_words_among_few_numbers_are_categories(values: list[str]) -> None:
    assert of(*values * 10).kind is Kind.CATEGORY


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        (["5"] * 9 + ["6", "7", "-9", "-9", "-8"], (-9, -8)),
        (["5", "6", "7", "20"] + ["999"] * 5, (999,)),
        (["-1.5", "-2.5", "3"], ()),
        (["500", "800", "900"] + ["999"] * 5, ()),
        (["0", "5178", "15024", "41310"] + ["99999"] * 244, ()),
    ],
)
def test_numbers_far_from_all_others_are_proposed_as_codes(values: list[str], codes: tuple[int, ...]) -> None:
    assert of(*values).codes == codes


def test_a_ceiling_is_a_value_and_asked_about() -> None:
    """Capital gains of the census end at 99,999 beside 41,310: a code would stand far beyond, as 999 does beside 27."""
    gains = of(*["0", "5178", "15024", "41310"] * 10, *["99999"] * 244)
    assert gains.codes == ()
    assert gains.between == (0, 200_000)
    assert gains.decide == ("99999 stands beyond all others: a value, such as where the source stops counting?",)
    assert gains.otherwise is not None
    assert gains.otherwise.codes == (99999,)
    assert gains.otherwise.between is not None
    assert gains.otherwise.between[1] >= 50_000


def test_a_weight_of_the_sample_is_kept_aside() -> None:
    assert of("77516", "83311", "77516", name="fnlwgt").kept
    assert not of("77", "83", "77", name="weight_kg").kept


def test_bounds_are_round_and_leave_room() -> None:
    assert of("17", "90").between == (0, 100)
    assert of("-4.2", "1.5").between == (-5, 2)


def test_dates_name_their_format_and_their_span() -> None:
    proposed = of("31.12.2024", "01.02.2025")
    assert proposed.date_formats == ("%d.%m.%Y",)
    assert proposed.span == (date(2024, 12, 31), date(2025, 2, 1))
    either = of("01/02/2024")
    assert (either.date_formats, either.span) == (("%m/%d/%Y", "%d/%m/%Y"), None)


def test_a_decimal_comma_is_a_number() -> None:
    assert of("1.234,5", "2,5", form=TextForm(decimal=",", thousands=".")).between == (0, 2000)


def test_every_header_becomes_a_name_of_its_own() -> None:
    headers = ["NumberOfTime30-59Days", "#2", "emp.var.rate", "Größe m²", "größe m2", "日本", "30 Tage", "x" * 80]
    names = names_for(headers)
    assert names[:6] == ("NumberOfTime30_59Days", "column_2", "emp_var_rate", "Groesse_m2", "groesse_m2_2", "column_6")
    assert len({name.casefold() for name in names}) == len(headers)
    assert all(COLUMN.fullmatch(name) for name in names)


def test_codes_that_come_in_a_few_rows_each_may_be_what_a_row_is_about() -> None:
    codes = {f"C{n:05d}": 2 + n % 3 for n in range(300)}
    rows = sum(codes.values())
    form = TextForm()
    columns = [
        propose(name, name, values, given=None, form=form, is_whole=True)
        for name, values in (("cust", codes), ("city", {"Bonn": rows // 2, "Köln": rows - rows // 2}))
    ]
    keys = keys_of(columns, {"cust": codes}, target=None)
    assert (keys.entity, keys.other_entities) == (None, ("cust",))


ARTICLES = [f"{n % 90 + 10}E{n % 9}" for n in range(600)]


@pytest.mark.parametrize(
    "values",
    [
        ARTICLES,
        [value.lower() for value in ARTICLES],
        [*ARTICLES[:5], *map(str, range(1_000, 1_900))],
        [f"{n % 7}E{n % 3}" for n in range(60)],
        [f"1{n}E4{n % 10}" for n in range(50)],
        ["10E2", "100E1"] * 40,
    ],
)
def test_digits_a_letter_and_digits_are_names_that_are_asked_about(values: list[str]) -> None:
    """10E2 and 100E1 are two articles, and one number."""
    column = of(*values, *values)
    assert column.kind in {Kind.TEXT, Kind.CATEGORY}
    assert 'is read as a name: is that right? else kind = "number"' in column.decide[-1]


@pytest.mark.parametrize("shown", ["1.5", "2.5E3", "1e-3", "1E+05", "-7", ".5"])
def test_a_sign_or_decimals_show_that_powers_are_numbers(shown: str) -> None:
    column = of("1e3", "5e2", "12", shown, name="amount")
    assert (column.kind, column.decide) == (Kind.NUMBER, ())
