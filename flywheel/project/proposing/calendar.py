"""Finds the columns that say nothing but when a row came, by the column of its time beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from flywheel.project.proposing.keys import Keys
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.calendar_grains import Moments
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.moments import moment_of

A_WEEK = timedelta(weeks=1)
"""How often a proposed charter judges traffic."""


def with_calendar(
    columns: tuple[Proposed, ...], keys: Keys, rows: Sequence[tuple[str, ...]], names: Sequence[str]
) -> tuple[Proposed, ...]:
    """Mark what follows the calendar: kept aside where it names periods, else a feature that is not watched."""
    places = {name: place for place, name in enumerate(names)}
    time = next((one for one in columns if one.name == keys.time), None)
    if time is None or time.kind is not Kind.TIME:
        return columns
    texts = [row[places[time.name]] for row in rows]
    read = {text: moment_of(text, time.date_formats) for text in set(texts)}
    moments = Moments([None if text in map(str, time.codes) else read[text] for text in texts])
    others = {keys.target, keys.entity, keys.time}

    def marked(one: Proposed) -> Proposed:
        if one.name in others or one.kind in {Kind.TIME, Kind.TEXT} or one.kept:
            return one
        codes = {"", *map(str, one.codes)}
        values = [None if row[places[one.name]].strip() in codes else row[places[one.name]] for row in rows]
        grain = moments.grain_of(values)
        if grain is None or grain.takes <= A_WEEK:
            return one
        if moments.names_its_period(values):
            return replace(one, is_period=True, tells_when=True)
        asked = (
            f"it says no more than the {grain.name} of {time.name}, of which each week holds a part: used, and left "
            'alone by sentinels and drift (their exempt): is that right? else role = "kept"'
        )
        return replace(one, follows=grain.name, decide=(*one.decide, asked))

    return tuple(map(marked, columns))
