"""Small pieces of a page: tables, pairs, marks; every text escaped, figures as people read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from flywheel.domain.digests import Json
from flywheel.pages.figures import figure, words
from flywheel.pages.templating import filled

VERDICTS = frozenset({"passed", "granted", "failed", "error", "warned", "not_evaluated", "not_applicable", "missing"})
NOTHING = frozenset({"", "—"})
"""What a cell says that says nothing."""


@dataclass(frozen=True)
class Cell:
    """What a cell of a table says, and how it looks."""

    said: object
    kind: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table, and how it looks."""

    cells: tuple[Cell, ...]
    kind: str = ""


def row_of(*said: object) -> Row:
    """Make a row of plain cells."""
    return Row(tuple(one if isinstance(one, Cell) else Cell(one) for one in said))


def table(head: Sequence[str], rows: Iterable[Row], numbers: Collection[str] = ()) -> Markup:
    """Lay rows out under a head; numbers are aligned at their end, and a column that says nothing is left out."""
    kept = list(rows)
    telling = [at for at in range(len(head)) if not kept or any(_says(row.cells[at]) for row in kept)]
    shown = [Row(tuple(row.cells[at] for at in telling), row.kind) for row in kept]
    return filled("table.html", head=[head[at] for at in telling], rows=shown, numbers=frozenset(numbers))


def pairs(values: Mapping[str, Json]) -> Markup:
    """Lay names and values out as a table of two columns."""
    rows = [(words(key), cell(item)) for key, item in values.items()]
    return filled("pairs.html", rows=rows) if rows else Markup()


def cell(value: Json) -> Markup:
    """Show any value: digests small, verdicts in their colour, nothing as raw JSON."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, dict):
        return lines(Markup("{}: {}").format(key, cell(item)) for key, item in value.items()) or Markup("none")
    if isinstance(value, list):
        return lines(cell(item) for item in value) or Markup("none")
    text = figure(value)
    if text.startswith("sha256:"):
        return code(text)
    return mark(words(text), f"verdict {text}") if text in VERDICTS else Markup.escape(text)


def code(digest: str) -> Markup:
    """Show a digest whole, small, and so that it can be broken over lines."""
    return Markup("<code>{}</code>").format(digest)


def mark(word: str, kind: str) -> Markup:
    """Show a word that the eye should find first."""
    return Markup('<span class="{}">{}</span>').format(kind, word)


def link(text: str, to: str) -> Markup:
    """Lead to another place."""
    return Markup('<a href="{}">{}</a>').format(to, text)


LINE_BREAK = Markup("<br>")


def lines(texts: Iterable[object], between: str = LINE_BREAK) -> Markup:
    """Put texts one below the other, or with something between them."""
    return Markup.escape(between).join(texts)  # type: ignore[arg-type]  # what is no markup it escapes


def folded(summary: object, *texts: object) -> Markup:
    """Show what is behind a click."""
    return Markup("<details><summary>{}</summary>{}</details>").format(summary, Markup().join(texts))  # type: ignore[arg-type]


def paragraph(text: object) -> Markup:
    """Show a paragraph."""
    return Markup("<p>{}</p>").format(text)


def heading(text: str) -> Markup:
    """Show a heading within a section."""
    return Markup("<h3>{}</h3>").format(text)


def block(value: Json) -> Markup:
    """Show a part that has no layout of its own."""
    if isinstance(value, dict):
        return pairs(value)
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        items = [item for item in value if isinstance(item, dict)]
        columns = list(dict.fromkeys(key for item in items for key in item))
        rows = [row_of(*(cell(item.get(one)) for one in columns)) for item in items]
        return table([words(one) for one in columns], rows)
    return paragraph(cell(value))


def _says(one: Cell) -> bool:
    return str(one.said) not in NOTHING
