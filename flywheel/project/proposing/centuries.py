"""Tells which century two digits of a year mean: the one by which no day lies ahead, else by a question."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flywheel.errors import some_of
from flywheel.project.date_forms import day_part
from flywheel.project.proposing.days import MOST_READ, day_of, spans_of
from flywheel.project.proposing.names import words_of
from flywheel.project.proposing.proposed import Proposed

BORN = re.compile(
    r"(^|_)(birth\w*|born|dob|geb|geburt\w*|geboren|naissance|nacimiento|nascita|urodz\w*|narozen\w*)(_|$)"
)
"""Words for the day of a birth, which lies behind and never says when a case was decided."""
_AHEAD = 30
"""So many years ahead a day may have been agreed, such as the end of a loan."""


@dataclass(frozen=True)
class Centuries:
    """The columns with the first year that their two digits mean, and what is said or asked of each format."""

    columns: tuple[Proposed, ...]
    told: Mapping[str, str]
    asked: Mapping[str, str]

    def about(self, formats: Iterable[str]) -> str:
        """Say how two digits are read by formats."""
        return "; ".join(dict.fromkeys(self.told[form] for form in formats if form in self.told))

    def question(self, formats: Iterable[str]) -> str:
        """Ask what is open about formats."""
        return "; ".join(dict.fromkeys(self.asked[form] for form in formats if form in self.asked))


@dataclass(frozen=True)
class _Choice:
    first: int
    otherwise: int | None
    """The first year by the other reading, where nothing tells which is right."""


def centuries_of(columns: Sequence[Proposed], values: Mapping[str, Mapping[str, int]], *, today: date) -> Centuries:
    """Write the first year behind each format of two digits, one for all columns that are written by it."""
    having: dict[str, list[Proposed]] = {}
    for one in columns:
        for form in one.date_formats:
            if "%y" in form:
                having.setdefault(form, []).append(one)
    alike: dict[str, list[str]] = {}
    for form in having:
        alike.setdefault(day_part(form), []).append(form)
    choices = {
        part: _choose(
            {day.year % 100 for form in forms for one in having[form] for day in _days(values[one.name], form)},
            today=today.year,
            are_births=all(BORN.search(words_of(one.name)) for form in forms for one in having[form]),
        )
        for part, forms in alike.items()
    }
    chosen = {form: choices[day_part(form)] for form in having}
    full = {form: f"{form} from {choice.first}" for form, choice in chosen.items()}
    read = tuple(_read(one, full, values[one.name]) if set(one.date_formats) & set(full) else one for one in columns)
    said = {form: _said(having[form], values, full[form]) for form in full}
    told = {
        full[form]: f"two digits count from {choice.first} on, so that {said[form]}" for form, choice in chosen.items()
    }
    asked = {
        full[form]: f"{told[full[form]]}: is that right? else the first year that they mean, such as {choice.otherwise}"
        for form, choice in chosen.items()
        if choice.otherwise is not None
    }
    return Centuries(read, told, asked)


def _read(one: Proposed, full: Mapping[str, str], texts: Mapping[str, int]) -> Proposed:
    formats = tuple(full.get(form, form) for form in one.date_formats)
    return replace(one, date_formats=formats, spans=spans_of(texts, formats))


def _days(texts: Mapping[str, int], form: str) -> list[date]:
    return [day for text in itertools.islice(texts, MOST_READ) if (day := day_of(text, (form,))) is not None]


def _said(columns: Sequence[Proposed], values: Mapping[str, Mapping[str, int]], form: str) -> str:
    """Show how the first day of them is read."""
    one = columns[0]
    read = {text: day for text in itertools.islice(values[one.name], MOST_READ) if (day := day_of(text, (form,)))}
    text = min(read, key=lambda text: read[text], default="")
    names = some_of([one.name for one in columns], most=6)
    return f"{text} in {names} is {read[text].year}" if text else f"no day of {names} is read"


def _choose(digits: set[int], *, today: int, are_births: bool) -> _Choice:
    """Read all years as past where that keeps them closest together; what may lie ahead as well is asked."""
    past = {_in(year, today - 99) for year in digits}
    ahead = {_in(year, today - 99 + _AHEAD) for year in digits}
    longer = (max(past) - min(past)) - (max(ahead) - min(ahead))
    if past == ahead or are_births or longer < 0:
        return _Choice(_first(past, today), None)
    proposed, other = (ahead, past) if longer > 0 else (past, ahead)
    return _Choice(_first(proposed, today), _first(other, today))


def _in(digits: int, first: int) -> int:
    """Give the year of the hundred from the first one on that ends in these digits."""
    return first + (digits - first) % 100


def _first(years: set[int], today: int) -> int:
    """Leave room before and behind: half of what is free before the oldest, and none of it that today needs."""
    oldest, newest = min(years), max(years)
    latest = min(oldest, max(today, newest) - 99)
    return max(oldest - (99 - newest + oldest) // 2, latest)
