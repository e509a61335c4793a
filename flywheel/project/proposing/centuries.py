"""Tells which century two digits of a year mean: the one by which no day lies ahead, else by a question."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flywheel.errors import some_of
from flywheel.project.charter.column_names import words_of
from flywheel.project.proposing.days import MOST_READ, day_of, spans_of
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.date_forms import day_part

BORN = re.compile(
    r"(^|_)(birth\w*|dateofbirth|born|dob|geb|gebdat\w*|geburt\w*|geboren|geboorte\w*|naissance|nacimiento|nascita|"
    r"nascimento|data_?nasc|dtnasc|urodz\w*|narozen\w*|narodenia|rojstva|rodjenja|szulet\w*|nasterii|fodsel\w*|fodelse\w*|"
    r"syntyma\w*|dogum\w*)(_|$)"
)
"""Words for the day of a birth, which lies behind and never says when a case was decided."""
_AHEAD = 30
"""So many years ahead a day may have been agreed, such as the end of a loan."""
_OLDEST = 115
"""So many years back somebody may have been born."""


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
            births=_digits_of_births(having, forms, values),
            are_births=all(map(_is_birth, (one for form in forms for one in having[form]))),
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


def _is_birth(one: Proposed) -> bool:
    return bool(BORN.search(words_of(one.name)))


def _digits_of_births(
    having: Mapping[str, Sequence[Proposed]], forms: Iterable[str], values: Mapping[str, Mapping[str, int]]
) -> set[int]:
    """Give the two digits that stand in the years of births."""
    born = [(one, form) for form in forms for one in having[form] if _is_birth(one)]
    return {day.year % 100 for one, form in born for day in _days(values[one.name], form)}


def _days(texts: Mapping[str, int], form: str) -> list[date]:
    return [day for text in itertools.islice(texts, MOST_READ) if (day := day_of(text, (form,))) is not None]


def _said(columns: Sequence[Proposed], values: Mapping[str, Mapping[str, int]], form: str) -> str:
    """Show how the first day of them is read."""
    one = columns[0]
    read = {text: day for text in itertools.islice(values[one.name], MOST_READ) if (day := day_of(text, (form,)))}
    text = min(read, key=lambda text: read[text], default="")
    names = some_of([one.name for one in columns], most=6)
    return f"{text} in {names} is {read[text].year}" if text else f"no day of {names} is read"


def _choose(digits: set[int], *, births: set[int], today: int, are_births: bool) -> _Choice:
    """Read years as closest together as they can be; where another reading may be meant too, it is asked.

    Births lie behind, up to the oldest age there is; other days too, or as far ahead as people agree.
    """
    past = _read_from(digits, today - 99)
    ahead = _read_from(digits, today - 99 + _AHEAD)
    if are_births:
        old = min((_read_from(digits, first) for first in range(today - 99, today - _OLDEST - 1, -1)), key=_length)
        may_be_either = any(_in(year, today - _OLDEST) + 100 <= today for year in digits)
        other = past if old != past else _read_from(digits, today - _OLDEST)
        return _Choice(_first(old, today), _first(other, today) if may_be_either else None)
    if past == ahead or _length(past) < _length(ahead):
        is_open = _read_from(births, today - _OLDEST) != _read_from(births, today - 99)
        return _Choice(_first(past, today), today - _OLDEST if is_open else None)
    proposed, other = (ahead, past) if _length(past) > _length(ahead) else (past, ahead)
    return _Choice(_first(proposed, today), _first(other, today))


def _read_from(digits: set[int], first: int) -> set[int]:
    return {_in(year, first) for year in digits}


def _length(years: set[int]) -> int:
    return max(years) - min(years)


def _in(digits: int, first: int) -> int:
    """Give the year of the hundred from the first one on that ends in these digits."""
    return first + (digits - first) % 100


def _first(years: set[int], today: int) -> int:
    """Leave room before and behind: half of what is free before the oldest, and none of it that today needs."""
    oldest, newest = min(years), max(years)
    latest = min(oldest, max(today, newest) - 99)
    return max(oldest - (99 - newest + oldest) // 2, latest)
