"""Reads the days of a column: from when to when they go, and which of them stand for none."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

import numpy as np

from flywheel.errors import counted, some_of
from flywheel.project.reading.date_forms import read_by, ways_of
from flywheel.project.reading.lone import lone_at_end

MOST_READ = 20_000
_NO_DAYS = frozenset(
    date(*day)
    for day in (
        (9999, 12, 31), (9999, 1, 1), (2999, 12, 31), (2999, 1, 1), (2099, 12, 31), (2100, 1, 1), (2199, 12, 31),
        (1900, 1, 1), (1899, 12, 30), (1899, 12, 31), (1970, 1, 1), (1800, 1, 1), (1753, 1, 1), (1601, 1, 1),
        (1111, 11, 11), (1000, 1, 1), (1001, 1, 1),
    )
)  # fmt: skip
"""What is written for "never", "open" and "unknown" where a day must stand."""
_FAR = timedelta(days=3_653)
_AHEAD = date(2099, 1, 1)
BEYOND = date(2200, 1, 1)
"""No case that a model decides on has such a day."""
_MOST_CODES = 20
"""Nobody writes more different days for none; more are of another calendar, or mistyped."""
_BUDDHIST_AHEAD, _BUDDHIST, _NEARLY_ALL = 543, (2440, 2643), 0.9
"""By so much the years of Thailand are ahead of ours, the years there that are ours of 1897 to 2100, and how many."""
_OTHERS_AT_LEAST = 3


def spans_of(texts: Iterable[str], formats: tuple[str, ...]) -> tuple[tuple[date, date], ...]:
    """Give the first and the last day by each way to read them, or by ISO 8601; a day far beyond all is not the last.

    Where the data end the latest days are cut off for the test, and one mistyped year would leave no other rows there.
    """
    seen = list(itertools.islice(texts, MOST_READ))
    days = [
        sorted({day for text in seen if (day := day_of(text, way)) is not None}) for way in ways_of(formats) or ((),)
    ]
    ordinals = [np.array([day.toordinal() for day in read], dtype=np.int64) for read in days]
    return tuple((read[0], read[-1 - lone_at_end(at)]) for read, at in zip(days, ordinals, strict=True) if read)


def day_of(text: str, way: Iterable[str]) -> date | None:
    """Read a day by the first format that fits, or by ISO 8601 where there is none; nothing where no such day is."""
    for form in tuple(way) or ("",):
        try:
            return (read_by(text, form) if form else datetime.fromisoformat(text)).date()
        except ValueError:  # another format's, or the 29th of February of another century
            continue
    return None


def iso_of(text: str, formats: tuple[str, ...]) -> str:
    """Write a day as callers of the endpoint do."""
    day = day_of(text, ways_of(formats)[0]) if formats else None
    return day.isoformat() if day else text


def no_days(known: Mapping[str, int], formats: tuple[str, ...]) -> tuple[str, ...]:
    """Find the days at either end that are usual for none, and far from all others; and those beyond all, where few."""
    way = ways_of(formats)[0] if formats else ()
    read = {text: day for text in itertools.islice(known, MOST_READ) if (day := day_of(text, way)) is not None}
    days = sorted(set(read.values()))
    found = set[date]()
    for order in (days, days[::-1]):
        for day, following in itertools.pairwise(order):
            if day >= BEYOND:  # none is decided then, whatever else stands there
                found.add(day)
                continue
            if day not in _NO_DAYS or len(days) - len(found) <= _OTHERS_AT_LEAST:
                break
            is_far = abs(following - day) >= _FAR or following in _NO_DAYS or following >= BEYOND
            if not is_far:
                break
            found.add(day)
    found |= {day for day in days[:1] if day >= BEYOND}
    codes = tuple(text for text, day in read.items() if day in found)
    if len(codes) > _MOST_CODES:
        codes = tuple(text for text in codes if read[text] in _NO_DAYS)
    return codes if len(codes) <= _MOST_CODES else ()


def far_days(known: Mapping[str, int], formats: tuple[str, ...], codes: Collection[str]) -> str:
    """Ask about days beyond all times that are no codes for none: those of another calendar, or mistyped ones."""
    way = ways_of(formats)[0] if formats else ()
    seen = {text: count for text, count in itertools.islice(known.items(), MOST_READ) if text not in codes}
    days = {text: day for text in seen if (day := day_of(text, way)) is not None}
    far = {text: day for text, day in days.items() if day >= BEYOND}
    if not far:
        return ""
    first, last = _BUDDHIST
    of_buddha = sum(seen[text] for text, day in far.items() if first <= day.year <= last)
    if of_buddha >= _NEARLY_ALL * sum(seen[text] for text in days):
        text = min(far, key=lambda text: far[text])
        return (
            f"{text} and the others seem to be days of the Buddhist calendar ({far[text].year} is "
            f"{far[text].year - _BUDDHIST_AHEAD}), and are read as they stand: write them by ours at the source or in "
            "a query. Are they right as they stand?"
        )
    return (
        f"{some_of(far, most=3)} {'lies' if len(far) == 1 else 'lie'} beyond {BEYOND.year}, in "
        f"{counted(sum(seen[text] for text in far), 'row')}: mistyped? Correct them at the source"
    )


def meant_by(texts: Iterable[str], formats: tuple[str, ...]) -> str:
    """Say what people mean by such days: for ever where they lie ahead of all, else that nobody knows."""
    days = [day_of(text, way) for text in texts for way in (ways_of(formats) or ((),))[:1]]
    ahead = [day is not None and day >= _AHEAD for day in days]
    return "for ever" if all(ahead) else "unknown" if not any(ahead) else "for ever or unknown"
