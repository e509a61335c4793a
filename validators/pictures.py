"""Small pictures for evidence: figures with their bounds, and curves; SVG of our own, nothing loaded from outside."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LINE, LABELS, EDGE = 760, 22, 260, 12
INK, FAINT, BAD = "#1f5fa8", "#c3ccd8", "#b3261e"
ROWS_AT_MOST = 40


@dataclass(frozen=True)
class Whisker:
    """One figure with its bounds, and whether it is one to look at."""

    label: str
    estimate: float
    low: float
    high: float
    is_bad: bool = False


@dataclass(frozen=True)
class Curve:
    """One line of a small chart: places, heights, and the title above it."""

    title: str
    xs: Sequence[float]
    ys: Sequence[float]
    is_bad: bool = False


def whiskers(rows: Sequence[Whisker], *, mark: float | None = None, title: str = "") -> str:
    """Draw figures one below the other, each as a dot on the line of its bounds; `mark` is a line to compare with."""
    shown = rows[:ROWS_AT_MOST]
    if not shown:
        return ""
    ends = [end for row in shown for end in (row.low, row.high)] + ([mark] if mark is not None else [])
    low, span = min(ends), (max(ends) - min(ends)) or 1.0
    height = LINE * (len(shown) + 1) + EDGE

    def x(value: float) -> float:
        return round(LABELS + (value - low) / span * (WIDTH - LABELS - 6 * EDGE), 1)

    parts = [_line(x(mark), 0, x(mark), LINE * len(shown), FAINT)] if mark is not None else []
    for place, row in enumerate(shown):
        y, ink = LINE * place + LINE // 2, BAD if row.is_bad else INK
        parts += [
            _text(LABELS - EDGE, y + 4, row.label, anchor="end"),
            _line(x(row.low), y, x(row.high), y, ink),
            f'<circle cx="{x(row.estimate)}" cy="{y}" r="3.5" fill="{ink}"/>',
        ]
    under = LINE * len(shown) + LINE // 2
    parts += [
        _text(x(end), under, f"{end:,.4g}", anchor="middle")
        for end in {low, low + span, *([mark] if mark is not None else [])}
    ]
    return _frame(WIDTH, height, title, "".join(parts))


def curves(lines: Sequence[Curve], *, title: str = "") -> str:
    """Draw small charts side by side on one scale of heights."""
    shown = [line for line in lines[:ROWS_AT_MOST] if len(line.xs) > 1]
    if not shown:
        return ""
    across, wide, tall = 4, WIDTH // 4, 110
    low = min(min(line.ys) for line in shown)
    span = (max(max(line.ys) for line in shown) - low) or 1.0
    parts = []
    for place, line in enumerate(shown):
        left, top = place % across * wide, place // across * tall
        first, reach = min(line.xs), (max(line.xs) - min(line.xs)) or 1.0
        points = " ".join(
            f"{left + 8 + (x - first) / reach * (wide - 24):.1f},{top + 92 - (y - low) / span * 66:.1f}"
            for x, y in zip(line.xs, line.ys, strict=True)
        )
        ink = BAD if line.is_bad else INK
        parts += [
            _text(left + 8, top + 14, line.title),
            f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2"/>',
            _line(left + 8, top + 92, left + wide - 16, top + 92, FAINT),
        ]
    return _frame(WIDTH, tall * ((len(shown) + across - 1) // across), title, "".join(parts))


def _frame(width: int, height: int, title: str, inner: str) -> str:
    said = html.escape(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{said}" font-family="system-ui,sans-serif" font-size="12">{inner}</svg>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, ink: str) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{ink}" stroke-width="2"/>'


def _text(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    short = words if len(words) <= 38 else f"{words[:37]}…"
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="#1b2430">{html.escape(short)}</text>'
