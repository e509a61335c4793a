"""Plain offline pages for the evidence that people read: escaped text, no scripts, nothing loaded from outside."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flywheel.errors import counted
from validators.protocol import Report

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1b2430}"
    "h1{font-size:1.5rem;margin-bottom:.2rem}h1+p{margin-top:0;color:#4a5665}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{padding:.4rem .8rem;border-bottom:1px solid #d5dbe3;text-align:left;vertical-align:top}"
    "th{font-size:.85rem;color:#4a5665}td{overflow-wrap:break-word}"
    "td.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
    ".mark{white-space:nowrap;font-weight:600;border-radius:.3rem;padding:.1rem .5rem}"
    ".good{background:#e3f3e6;color:#17602a}.warn{background:#fdf1d6;color:#7a5200}.bad{background:#fbe3e1;color:#8f1d14}"
)
ROWS_AT_MOST = 1000


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
    picture: str = "",
) -> tuple[Report, ...]:
    """Write one table twice: as a page for people, below its picture, and as JSON for programs."""
    kept = [tuple(row) for row in rows]
    document = json.dumps([dict(zip(columns, row, strict=True)) for row in kept], indent=1, allow_nan=False)
    page = table_report(f"{name}.html", title, columns, kept, note=note, picture=picture)
    return (page, Report(f"{name}.json", "application/json", document.encode()))


def table_report(
    name: str,
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    note: str = "",
    picture: str = "",
) -> Report:
    """Write one table as a page of its own; `picture` is SVG of our own making and stands above it."""
    shown = list(rows)
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in shown[:ROWS_AT_MOST])
    left_out = (
        f"<p>{counted(len(shown) - ROWS_AT_MOST, 'more row', 'are')} not shown.</p>"
        if len(shown) > ROWS_AT_MOST
        else ""
    )
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1><p>{html.escape(note)}</p>{picture}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{left_out}</body></html>"
    )
    return Report(name, "text/html", page.encode())


def _cell(value: object) -> str:
    if isinstance(value, Mark):
        return f'<td><span class="mark {value.tone.value}">{html.escape(value.word)}</span></td>'
    if isinstance(value, float):
        return (
            f'<td class="number">{value:,.0f}</td>' if abs(value) >= 10_000 else f'<td class="number">{value:.4g}</td>'
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return f'<td class="number">{value:,}</td>'
    return f"<td>{html.escape(str(value))}</td>"
