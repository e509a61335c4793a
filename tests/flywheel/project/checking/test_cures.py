"""Where times cannot be read, the cure is how they are written: never that all of them mean missing."""

from __future__ import annotations

import pytest

from flywheel.project.checking.cures import cure_of, cure_of_times
from flywheel.project.checking.faults import Faults
from flywheel.project.reading.kinds import Kind


def cure(*values: str, is_all: bool) -> str:
    return cure_of_times(values, source="main", column="at", is_all=is_all)


@pytest.mark.parametrize(
    ("values", "cured_by"),
    [
        (["23/01/2023 09h15", "24/01/2023 10h00"], 'date_format = "%d/%m/%Y %Hh%M" under [data.sources.main]'),
        (["23.01.2023 9:15", "24.01.2023"], 'date_format = ["%d.%m.%Y %H:%M", "%d.%m.%Y"] under'),
        (["03/01/2023 9h"], 'date_format = "%m/%d/%Y %Hh" or "%d/%m/%Y %Hh" under'),
        (["2023-01-09 24:00"], "write 00:00 of the next day instead of 24:00 at the source"),
        (["09.01.2023 24:00", "09.01.2023 23:00"], 'date_format = "%d.%m.%Y %H:%M" under'),
        (["23/01/2023 09h15", "unknown"], 'date_format = "%d/%m/%Y %Hh%M" under'),
        (["lundi 9 janvier", "mardi 10 janvier"], "write them as 2024-12-31"),
    ],
)
def test_a_whole_column_is_cured_by_a_format(values: list[str], cured_by: str) -> None:
    said = cure(*values, is_all=True)

    assert said.startswith(cured_by)
    assert not any(value in said for value in values if value != "unknown")


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.INTEGER, Kind.TIME])
@pytest.mark.parametrize("values", [["1:30:00", "0:45:10"], ["9:15", "12:00"], ["1h30"], ["PT5M"]])
def test_durations_are_cured_by_numbers_whatever_was_declared(kind: Kind, values: list[str]) -> None:
    faults = Faults("main")
    faults.unread("took", kind, where="d.csv", row=1, count=len(values), values=values, is_all=True)
    (fault,) = faults.listed()
    assert "write them as numbers at the source" in fault.cure
    assert "codes" not in fault.cure


def test_a_few_odd_values_among_times_keep_their_own_cure() -> None:
    assert cure("soon", is_all=False) == ""
    assert cure("unknown", is_all=True) == ""


def test_all_that_was_kept_settles_the_format_and_three_are_shown() -> None:
    faults = Faults("main")
    days = [f"{day:02}/01/2023 9h15" for day in range(1, 29)]
    faults.unread("at", Kind.TIME, where="a.csv", row=1, count=28, values=days, is_all=True)
    (said,) = faults.listed()

    assert said.values == tuple(days[:3])
    assert said.cure.startswith('date_format = "%d/%m/%Y %Hh%M" under')


def test_a_row_torn_by_a_quote_behind_a_backslash_is_cured_by_doubling_it() -> None:
    faults = Faults("main")
    faults.ragged(where="x.csv", row=7, text='K7,"5\\" pipe, long",2', found=4, wanted=3)
    assert 'doubled, as ""' in faults.listed()[0].cure


@pytest.mark.parametrize(
    ("value", "cured_by"),
    [
        ("1,23,456.78", 'thousands = "," under [data.sources.main]'),
        ("1,23E+05", 'decimal = "," under [data.sources.main]'),
    ],
)
def test_numbers_of_other_writings_are_cured_by_their_sign(value: str, cured_by: str) -> None:
    assert cure_of(Kind.NUMBER, [value], source="main", column="x").startswith(cured_by)


@pytest.mark.parametrize("values", [[">25"], ["<0.1", "<0.5"], ["~7"], ["\u2265 60"], ["\u00b10.1"]])
def test_no_limit_is_cured_by_taking_its_sign_off(values: list[str]) -> None:
    said = cure_of(Kind.NUMBER, values, source="main", column="x")
    assert "unit" not in said
    assert said.startswith("correct it at the source; or data.columns.x.missing = { codes = [")


def test_the_last_moment_of_a_day_has_its_own_cure_beside_the_format_of_the_others() -> None:
    assert cure("09.01.2023 24:00", "09.01.2023 23:00", is_all=True).endswith("instead of 24:00 at the source")
    assert cure("09.01.2023 24:00", is_all=False).startswith("write 00:00 of the next day")


@pytest.mark.parametrize("is_all", [True, False])
def test_a_unit_beside_a_few_of_the_numbers_is_no_cure_for_the_others(*, is_all: bool) -> None:
    """Dollars among euros would be read as euros, or all numbers as dollars."""
    faults = Faults("main")
    faults.unread("paid", Kind.NUMBER, where="a.csv", row=1, count=3, values=["USD 5", "USD 7"], is_all=is_all)
    (said,) = faults.listed()
    assert said.cure.startswith('data.columns.paid.unit = "USD"')
    told = "where the numbers that are read are in USD too; else convert these at the source"
    assert (told in said.cure) == (not is_all)
