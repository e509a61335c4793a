"""Small pieces of an offline page: every text escaped, figures as people read them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape

from flywheel.domain.digests import Json
from flywheel.services.dossier.figures import figure, words

VERDICTS = frozenset({"passed", "granted", "failed", "error", "warned", "not_evaluated", "not_applicable", "missing"})
SHOWN_LETTERS = 12


def table(head: Sequence[str], rows: Sequence[str], numbers: Collection[str] = ()) -> str:
    """Lay rows out under a head; columns of numbers are aligned at their end."""
    cells = "".join(
        f'<th class="number">{escape(one)}</th>' if one in numbers else f"<th>{escape(one)}</th>" for one in head
    )
    return f'<div class="wide"><table><tr>{cells}</tr>{"".join(rows)}</table></div>'


def td(text: str, kind: str = "") -> str:
    """Make a cell of plain text."""
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def pairs(values: Mapping[str, Json]) -> str:
    """Lay names and values out as a table of two columns."""
    rows = "".join(f"<tr><th>{escape(words(key))}</th><td>{cell(item)}</td></tr>" for key, item in values.items())
    return f'<table class="pairs">{rows}</table>' if rows else ""


def cell(value: Json) -> str:
    """Show any value: digests short with the whole as a title, verdicts in their colour, nothing as raw JSON."""
    if isinstance(value, dict):
        return "<br>".join(f"{escape(key)}: {cell(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return "<br>".join(cell(item) for item in value) or "none"
    text = escape(figure(value))
    if text.startswith("sha256:"):
        return code(text)
    return f'<span class="verdict {text}">{words(text)}</span>' if text in VERDICTS else text


def code(digest: str) -> str:
    """Show a digest whole, small, and so that it can be broken over lines."""
    return f"<code>{escape(digest)}</code>"


def block(value: Json) -> str:
    """Show a part that has no layout of its own."""
    if isinstance(value, dict):
        return pairs(value)
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        items = [item for item in value if isinstance(item, dict)]
        columns = list(dict.fromkeys(key for item in items for key in item))
        rows = ["<tr>" + "".join(f"<td>{cell(item.get(one))}</td>" for one in columns) + "</tr>" for item in items]
        return table([words(one) for one in columns], rows)
    return f"<p>{cell(value)}</p>"
