"""Tells what comes first in the dates of a file, day or month: by what its columns show, else by a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flywheel.errors import some_of
from flywheel.project.charter.toml_values import toml_of
from flywheel.project.proposing.centuries import centuries_of
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.date_forms import day_part, formats_of, order_of, ways_of
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.moments import contradiction, moment_of

_FIRST = {"dmy": "day", "mdy": "month", "ymd": "year"}
"""What comes first, by the order of the parts."""


@dataclass(frozen=True)
class Dates:
    """The formats that read all columns of times, of which no two contradict, and what is said or asked of them."""

    formats: tuple[str, ...] = ()
    shown: str = ""
    """By which values of which column the others are read."""
    asked: str = ""
    """What only a person knows; the columns that it is about are not read until it is answered."""


def dates_of(
    columns: Sequence[Proposed], values: Mapping[str, Mapping[str, int]], *, today: date
) -> tuple[tuple[Proposed, ...], Dates]:
    """Settle how days are read; a column that this file's one list of formats cannot read stays text, and is asked."""
    years = centuries_of(columns, values, today=today)
    columns = years.columns
    sure = [one for one in columns if one.date_formats and contradiction(one.date_formats) is None]
    formats = _agreeing(sure)
    shown = {order_of(form): one for one in reversed(sure) for form in one.date_formats}
    read, by_others, is_open = list[Proposed](), list[Proposed](), list[Proposed]()
    for one in columns:
        left = ways_of(form for form in one.date_formats if order_of(form) in shown)
        if not one.date_formats or set(one.date_formats) <= set(formats):
            read.append(one)
        elif one in sure or len(left) > 1:
            read.append(_as_words(one, formats))
        elif left:
            read.append(_read_by(one, left[0]))
            by_others.append(read[-1])
        else:
            read.append(one)
            is_open.append(one)
    formats = tuple(dict.fromkeys([*formats, *(form for one in by_others for form in one.date_formats)]))
    said = "; ".join(filter(None, [*_shown(by_others, shown, values), years.about(formats)]))
    asked = _question(is_open, formats, values)
    if asked and (told := years.about(form for one in is_open for form in one.date_formats)):
        asked = f"{asked}. Beside that, {told}"
    return tuple(read), Dates(formats, said, asked or years.question(formats))


def _agreeing(sure: Sequence[Proposed]) -> tuple[str, ...]:
    """Take the formats that most columns show, and none that contradicts one of them."""
    taken: tuple[str, ...] = ()
    for form, _ in Counter(form for one in sure for form in one.date_formats).most_common():
        if contradiction((*taken, form)) is None:
            taken = (*taken, form)
    return taken


def _read_by(one: Proposed, way: tuple[str, ...]) -> Proposed:
    return replace(one, date_formats=way, spans=(one.spans[ways_of(one.date_formats).index(way)],))


def _as_words(one: Proposed, formats: tuple[str, ...]) -> Proposed:
    fitting = " or ".join(map(" and ".join, ways_of(one.date_formats)))
    asked = (
        f"its dates fit {fitting}, and other columns of this source are written otherwise "
        f"({some_of(formats)}), so that one text might have two readings: write them in one way at the source or in a "
        'query, then kind = "time". Is it meant as words?'
    )
    return replace(one, kind=Kind.TEXT, date_formats=(), spans=(), tells_when=True, decide=(*one.decide, asked))


def _shown(
    read: Sequence[Proposed],
    shown: Mapping[tuple[str, str], Proposed],
    values: Mapping[str, Mapping[str, int]],
) -> Iterator[str]:
    """Say what settles the columns that show nothing by themselves."""
    for order in dict.fromkeys(order_of(one.date_formats[0]) for one in read):
        names = some_of([one.name for one in read if order_of(one.date_formats[0]) == order], most=6)
        proof = shown[order].name
        fitting = {value: len(formats_of([value])) for value in values[proof]}
        example = min((value for value, count in fitting.items() if count), key=lambda value: fitting[value])
        yield f"{example} in {proof} shows that the {_FIRST[order[1]]} comes first; {names} is read so too"


def _question(columns: Sequence[Proposed], formats: tuple[str, ...], values: Mapping[str, Mapping[str, int]]) -> str:
    """Ask what comes first where no value shows it, with what each answer writes."""
    if not columns:
        return ""
    first = columns[0]
    days = set(map(day_part, first.date_formats))
    either = [value for value in values[first.name] if days <= set(map(day_part, formats_of([value])))]
    example = max(either, key=lambda value: len({moment_of(value, way) for way in ways_of(first.date_formats)}))
    choices = {}
    for order, word in _FIRST.items():
        fitting = [[form for form in one.date_formats if order_of(form)[1] == order] for one in columns]
        if all(fitting):
            choices[word] = tuple(dict.fromkeys([*formats, *(form for some in fitting for form in some)]))
    words = [f"{word} first is {toml_of(list(listed))}" for word, listed in choices.items()]
    names = some_of([one.name for one in columns], most=6)
    return (
        f"{example} in {first.name}: which comes first, {' or '.join(choices) or 'day or month'}? No value of {names} "
        f"shows it, and without an answer its days are not read. {', '.join(words) or 'List the formats'}"
    )
