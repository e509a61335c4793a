"""Plain offline pages for the evidence that people read: escaped text, no scripts, nothing loaded from outside."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from markupsafe import Markup

from flywheel.domain.amounts import as_money
from flywheel.errors import counted
from flywheel.pages.figures import figure, percent, words
from flywheel.pages.pieces import Cell, Row, mark, row_of, table
from flywheel.pages.templating import filled
from validators.protocol import Report

ROWS_AT_MOST = 1000
NO_PICTURE = Markup()


class Tone(StrEnum):
    """How a mark looks; its word says the same without colour."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Mark:
    """A word that the eye should find first."""

    word: str
    tone: Tone

    def __str__(self) -> str:
        return self.word


def evidence(
    name: str,
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    note: str = "",
    picture: Markup = NO_PICTURE,
    shares: Collection[str] = (),
    amounts: Collection[str] = (),
) -> tuple[Report, ...]:
    """Write one table twice: as a page for people, below its picture, and as JSON for programs."""
    kept = [tuple(row) for row in rows]
    document = json.dumps([dict(zip(columns, row, strict=True)) for row in kept], indent=1, allow_nan=False)
    page = table_report(
        f"{name}.html", title, columns, kept, note=note, picture=picture, shares=shares, amounts=amounts
    )
    return (page, Report(f"{name}.json", "application/json", document.encode()))


def table_report(
    name: str,
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    note: str = "",
    picture: Markup = NO_PICTURE,
    shares: Collection[str] = (),
    amounts: Collection[str] = (),
) -> Report:
    """Write one table as a page of its own; `picture` stands above it."""
    shown = list(rows)
    head, kept = _joined(
        columns, shown[:ROWS_AT_MOST], dict.fromkeys(shares, percent) | dict.fromkeys(amounts, as_money)
    )
    more = len(shown) - ROWS_AT_MOST
    numbers = {name for at, name in enumerate(head) if kept and all(_is_number(row[at]) for row in kept)}
    page = filled(
        "evidence.html",
        title=title,
        note=note,
        picture=picture,
        table=table([words(name) for name in head], map(_row, kept), {words(name) for name in numbers}),
        left_out=f"{counted(more, 'more row', 'are')} not shown." if more > 0 else "",
    )
    return Report(name, "text/html", page.encode())


def _joined(
    columns: Sequence[str], rows: Sequence[Sequence[object]], written: Mapping[str, Callable[[Any], str]]
) -> tuple[list[str], list[list[object]]]:
    """Put a figure's bounds beside it: people read `12.1 % (8.2 % to 17.0 %)`, programs the JSON."""
    bounds = {f"{name}_{end}" for name in columns for end in ("low", "high")} & set(columns)
    told = [name for name in columns if name not in bounds]
    at = {name: place for place, name in enumerate(columns)}

    def said(row: Sequence[object], name: str) -> object:
        write = written.get(name, _plain)
        value = row[at[name]]
        if f"{name}_low" not in bounds:
            return Figure(write(value)) if name in written and value is not None else value
        low, high = (write(row[at[f"{name}_{end}"]]) for end in ("low", "high"))
        return Figure(f"{write(value)} ({low} to {high})")

    head = [f"{name} (95 % interval)" if f"{name}_low" in bounds else name for name in told]
    return head, [[said(row, name) for name in told] for row in rows]


class Figure(str):
    """A figure as it is shown."""

    __slots__ = ()


def _row(row: Sequence[object]) -> Row:
    return row_of(*(Cell(_shown(value), "number" if _is_number(value) else "") for value in row))


def _shown(value: object) -> object:
    return mark(value.word, f"mark {value.tone.value}") if isinstance(value, Mark) else _plain(value)


def _plain(value: object) -> str:
    return figure(value) if isinstance(value, int | float | str) else str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, Figure) or (isinstance(value, int | float) and not isinstance(value, bool))
