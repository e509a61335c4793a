"""No two digits of a year become a day ahead without a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.project.charter.marks import open_marks
from flywheel.project.proposing.centuries import centuries_of
from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.deciding import settled
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.date_forms import first_year
from flywheel.project.reading.text_form import TextForm
from tests.flywheel.project.proposing.test_dates import KEY, proposed

TODAY = date(2026, 11, 30)


def column(name: str, years: Iterable[int]) -> tuple[Proposed, Counter[str]]:
    """A column of days of each of these years, written with two digits."""
    texts = Counter([f"{14 + year % 9}.04.{year % 100:02d}" for year in years])
    return propose(name, name, texts, given=None, form=TextForm(), is_whole=True), texts


@pytest.mark.parametrize(
    ("name", "years", "is_asked"),
    [
        ("geburt", range(1930, 2000), False),
        ("day", range(1930, 2009), False),
        ("date_of_birth", range(1927, 2027), True),
        ("geb", range(1922, 1991), True),
        ("geb", range(1920, 2009), True),
        ("born", range(1917, 2001), True),
        ("born", range(2010, 2025), True),
        ("geboortedatum", range(1940, 2010), False),
        ("applied", range(2020, 2027), False),
        ("day", range(1927, 2027), True),
        ("due", range(2024, 2036), True),
        ("day", range(1990, 2027), False),
    ],
)
def test_years_are_read_as_meant_and_asked_where_they_may_be_others(name: str, years: range, *, is_asked: bool) -> None:
    one, texts = column(name, years)
    found = centuries_of([one], {name: texts}, today=TODAY)
    assert bool(found.asked) is is_asked
    (span,) = found.columns[0].spans
    assert (span[0].year, span[1].year) == (years[0], years[-1])


@given(st.integers(1927, 2060), st.integers(1, 99))
def test_a_day_ahead_is_always_asked_and_today_is_always_read_as_today(first: int, length: int) -> None:
    one, texts = column("day", range(first, first + length))
    found = centuries_of([one], {"day": texts}, today=TODAY)
    (span,), (form,) = found.columns[0].spans, found.columns[0].date_formats
    start = first_year(form)
    assert start is not None
    assert start <= min(span[0].year, TODAY.year) <= max(span[1].year, TODAY.year) <= start + 99
    assert span[1].year <= TODAY.year or found.asked


@given(first=st.integers(1917, 2020), length=st.integers(0, 99), data=st.data())
def test_no_birth_is_read_in_another_century_unasked(first: int, length: int, data: st.DataObject) -> None:
    """The class: births of whatever years, few or many of them, alone or beside days that are written alike."""
    last = min(first + length, TODAY.year)
    years = data.draw(st.sets(st.integers(first, last), min_size=1))
    born, texts = column("geb", years)
    applied, days = column("applied", range(2020, 2027))
    for columns in ([born], [born, applied]):
        found = centuries_of(columns, {"geb": texts, "applied": days}, today=TODAY)
        (span,) = found.columns[0].spans
        assert (span[0].year, span[1].year) == (min(years), max(years)) or found.asked
        if len(columns) == 2:
            (span,) = found.columns[1].spans
            assert (span[0].year, span[1].year) == (2020, 2026) or found.asked


def test_months_in_words_say_their_century_too() -> None:
    text = proposed({"due": [f"{n % 28 + 1}-Jan-{20 + n % 6}" for n in range(60)]})
    assert '"%d-%b-%y from 1973"' in text


def test_the_answer_is_the_first_year_that_two_digits_mean() -> None:
    text = proposed({"due": [f"{n % 28 + 1:02d}.04.{24 + n % 12}" for n in range(60)]})
    mark = next(mark for mark in open_marks(text) if mark.key == KEY)
    assert mark.proposed == '["%d.%m.%y from 1980"]'
    assert 'date_format = ["%d.%m.%y from 1927"]\n' in settled(text, mark, "1927")
    assert 'date_format = ["%d.%m.%y from 1980"]\n' in settled(text, mark)
