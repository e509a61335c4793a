"""Pictures of figures as SVG made here: readable in print, without colour, and without any script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 760
LABEL = 190
RIGHT = 120
ROW = 30
TOP = 8
AXIS = 34
TICKS = 5
LETTER = 7.2


@dataclass(frozen=True)
class Span:
    """One line of an interval chart: the figure and how far it may be off."""

    label: str
    value: float
    low: float
    high: float
    text: str
    is_chosen: bool = False


def interval_chart(spans: Sequence[Span], *, axis: str, title: str) -> str:
    """Draw figures with their intervals on one axis, zero marked; what cannot be drawn is left out."""
    drawn = [span for span in spans if all(map(math.isfinite, (span.value, span.low, span.high)))]
    if not drawn:
        return ""
    least = min(0.0, *(span.low for span in drawn))
    most = max(0.0, *(span.high for span in drawn))
    ticks = ticks_between(least, most)
    least, most = min(least, ticks[0]), max(most, ticks[-1])
    height = TOP + ROW * len(drawn) + AXIS

    def x(value: float) -> float:
        return LABEL + (value - least) / ((most - least) or 1.0) * (WIDTH - LABEL - RIGHT)

    floor = TOP + ROW * len(drawn)
    parts = [_grid(x(tick), floor, _number(tick), is_zero=tick == 0) for tick in ticks]
    for place, span in enumerate(drawn):
        parts.append(_span(span, y=TOP + ROW * place + ROW / 2, x=(x(span.low), x(span.value), x(span.high))))
    parts.append(f'<text x="{LABEL}" y="{height - 3}" class="axis">{escape(axis)}</text>')
    return _svg(height, parts, title)


def share_chart(shares: Sequence[tuple[str, float]], *, title: str) -> str:
    """Draw shares of one as bars, each with its figure."""
    if not shares:
        return ""
    most = max(0.01, *(share for _, share in shares))
    parts = []
    for place, (label, share) in enumerate(shares):
        y = TOP + ROW * place
        width = share / most * (WIDTH - LABEL - RIGHT)
        parts.append(
            f'<text x="{LABEL - 10}" y="{y + 19}" class="label">{escape(_short(label))}</text>'
            f'<rect x="{LABEL}" y="{y + 6}" width="{max(width, 1):.1f}" height="{ROW - 12}" class="bar"/>'
            f'<text x="{LABEL + width + 8:.1f}" y="{y + 19}" class="figure">{share * 100:.1f} %</text>'
        )
    return _svg(TOP + ROW * len(shares) + 4, parts, title)


def ticks_between(least: float, most: float) -> list[float]:
    """Choose round figures that cover a span."""
    span = (most - least) or abs(most) or 1.0
    raw = span / TICKS
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw)
    first = math.floor(least / step)
    last = max(math.ceil(most / step), first + 1)
    return [round(number * step, 10) + 0.0 for number in range(first, last + 1)]


def _span(span: Span, *, y: float, x: tuple[float, float, float]) -> str:
    kind = "chosen" if span.is_chosen else "other"
    low, at, high = x
    return (
        f'<text x="{LABEL - 10}" y="{y + 4}" class="label {kind}">{escape(_short(span.label))}</text>'
        f'<line x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}" class="whisker {kind}"/>'
        f'<line x1="{low:.1f}" y1="{y - 5}" x2="{low:.1f}" y2="{y + 5}" class="whisker {kind}"/>'
        f'<line x1="{high:.1f}" y1="{y - 5}" x2="{high:.1f}" y2="{y + 5}" class="whisker {kind}"/>'
        f'<circle cx="{at:.1f}" cy="{y}" r="5.5" class="dot {kind}"/>'
        f'<text x="{WIDTH - RIGHT + 12}" y="{y + 4}" class="figure {kind}">{escape(span.text)}</text>'
    )


def _grid(x: float, floor: float, text: str, *, is_zero: bool) -> str:
    kind = "zero" if is_zero else "grid"
    return (
        f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{floor}" class="{kind}"/>'
        f'<text x="{x:.1f}" y="{floor + 15}" class="tick">{escape(text)}</text>'
    )


def _svg(height: float, parts: Sequence[str], title: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"


def _short(label: str) -> str:
    most = int((LABEL - 14) / LETTER)
    return label if len(label) <= most else f"{label[: most - 1]}…"
