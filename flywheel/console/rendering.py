"""What commands print: JSON for scripts, aligned plain text for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from flywheel.domain.digests import plain

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]

NOTHING = "-"


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    print(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print rows under headings, or say that there is nothing."""
    if not rows:
        print(empty)
        return
    cells = [[shown(value) for value in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(headings), *cells]) for column in range(len(headings))]
    for line in [[heading.upper() for heading in headings], *cells]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def shown(value: object) -> str:
    """Show one value in a cell: one line, without control characters."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "".join(c if c.isprintable() else " " for c in str(value))
