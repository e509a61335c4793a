"""Pictures of figures as SVG: readable in print, without colour, and without any script. Their look is the page's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH = 760
LABEL = 220
RIGHT = 120
ROW = 28
TOP = 8
AXIS = 34
TICKS = 5
LETTER = 7.2
SHOWN_AT_MOST = 40
ACROSS, TALL = 4, 120
SQUARE = 340
BROAD = 480


@dataclass(frozen=True)
class Span:
    """One line of an interval chart: the figure, how far it may be off, and whether it is one to look at."""

    label: str
    value: float
    low: float
    high: float
    text: str = ""
    is_chosen: bool = False
    is_bad: bool = False

    @property
    def kind(self) -> str:
        """How it looks."""
        return "bad" if self.is_bad else "chosen" if self.is_chosen else "other"


@dataclass(frozen=True)
class Curve:
    """One line of a small chart: places, heights, and the title above it."""

    title: str
    xs: Sequence[float]
    ys: Sequence[float]
    is_bad: bool = False


@dataclass(frozen=True)
class Said:
    """What was said of some cases and what came of them, with its bounds, as shares of one."""

    said: float
    seen: float
    low: float
    high: float
    is_bad: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a large chart: what it shows, and its points."""

    name: str
    points: Sequence[tuple[float, float]]
    is_chosen: bool = False


@dataclass(frozen=True)
class Frame:
    """What a large chart says of its axes; `mark` is a place across that is named."""

    title: str
    axes: str
    mark: tuple[float, str] | None = None
    is_share: bool = False
    """Whether heights are shares of one."""
    is_over_shares: bool = True
    """Whether places across are shares of one."""


def interval_chart(
    spans: Sequence[Span], *, title: str, axis: str = "", mark: float | None = None, is_share: bool = False
) -> Markup:
    """Draw figures with their intervals on one axis; `mark` is a line to compare with, and always in the picture."""
    drawn = [one for one in spans if all(map(math.isfinite, (one.value, one.low, one.high)))][:SHOWN_AT_MOST]
    if not drawn:
        return Markup()
    marks = [] if mark is None else [mark]
    ticks = ticks_between(min([*marks, *(one.low for one in drawn)]), max([*marks, *(one.high for one in drawn)]))
    x = _scale(ticks[0], ticks[-1], LABEL, WIDTH - RIGHT)
    floor = TOP + ROW * len(drawn)
    said = _percent if is_share else _number
    parts = [_tick(x(tick), floor, said(tick), kind="grid") for tick in ticks]
    parts += [_tick(x(one), floor, "", kind="zero") for one in marks]
    parts += [_span(one, TOP + ROW * place + ROW / 2, x) for place, one in enumerate(drawn)]
    parts.append(_text(LABEL, floor + AXIS - 3, axis, "axis"))
    return _svg(WIDTH, floor + AXIS, parts, title)


def share_chart(shares: Sequence[tuple[str, float]], *, title: str) -> Markup:
    """Draw shares of one as bars, each with its figure."""
    if not shares:
        return Markup()
    x = _scale(0.0, max(0.01, *(share for _, share in shares)), LABEL, WIDTH - RIGHT)
    parts = []
    for place, (label, share) in enumerate(shares):
        y = TOP + ROW * place
        parts += [
            _text(LABEL - 10, y + 18, _short(label), "label"),
            _rect(LABEL, y + 5, max(x(share) - LABEL, 1), ROW - 12, "bar"),
            _text(x(share) + 8, y + 18, f"{share * 100:.1f} %", "figure"),
        ]
    return _svg(WIDTH, TOP + ROW * len(shares) + 4, parts, title)


def curve_chart(lines: Iterable[Curve], *, title: str) -> Markup:
    """Draw small charts side by side on one scale of heights."""
    shown = [line for line in lines if len(line.xs) > 1][:SHOWN_AT_MOST]
    if not shown:
        return Markup()
    wide = WIDTH // ACROSS
    ends = min(min(line.ys) for line in shown), max(max(line.ys) for line in shown)
    parts = []
    for place, line in enumerate(shown):
        left, top = place % ACROSS * wide, place // ACROSS * TALL
        x = _scale(min(line.xs), max(line.xs), left + 8, left + wide - 16)
        y = _scale(*ends, top + 96, top + 28)
        points = [(x(one), y(height)) for one, height in zip(line.xs, line.ys, strict=True)]
        parts += [
            _text(left + 8, top + 14, _short(line.title, wide), "name"),
            _polyline(points, "curve bad" if line.is_bad else "curve"),
            _line(left + 8, top + 96, left + wide - 16, top + 96, "grid"),
            *(_text(x(end), top + 112, _number(end), "tick") for end in (min(line.xs), max(line.xs))),
        ]
    rows = (len(shown) + ACROSS - 1) // ACROSS
    return _svg(WIDTH, TALL * rows, parts, f"{title}; heights from {_number(ends[0])} to {_number(ends[1])}")


def calibration_chart(points: Sequence[Said], *, title: str) -> Markup:
    """Draw what happened over what was said, with bounds, beside the line on which both are the same."""
    if not points:
        return Markup()
    ticks = ticks_between(0.0, max(max(one.said, one.high) for one in points))
    x, y = _scale(0.0, ticks[-1], 60, 60 + SQUARE), _scale(0.0, ticks[-1], TOP + SQUARE, TOP)
    floor = TOP + SQUARE
    parts = [_tick(x(tick), floor, _percent(tick), kind="grid") for tick in ticks]
    for tick in ticks:
        parts += [
            _line(60, y(tick), 60 + SQUARE, y(tick), "grid"),
            _text(52, y(tick) + 4, _percent(tick), "label"),
        ]
    parts.append(_line(x(0.0), y(0.0), x(ticks[-1]), y(ticks[-1]), "zero"))
    parts.append(_polyline([(x(one.said), y(one.seen)) for one in points], "curve"))
    for one in points:
        kind = "bad" if one.is_bad else "chosen"
        parts += [_line(x(one.said), y(one.low), x(one.said), y(one.high), f"whisker {kind}")]
        parts += [_dot(x(one.said), y(one.seen), kind)]
    parts.append(_text(60, floor + AXIS - 3, "across: predicted probability; up: observed share", "axis"))
    return _svg(WIDTH, floor + AXIS, parts, title)


def line_chart(lines: Sequence[Line], frame: Frame) -> Markup:
    """Draw lines on common axes, each with its name beside it; the chosen one stands out."""
    shown = [line for line in lines if line.points]
    if not shown:
        return Markup()
    xs, ys = ([point[at] for line in shown for point in line.points] for at in (0, 1))
    across, up = ticks_between(min(0.0, *xs), max(xs)), ticks_between(min(0.0, *ys), max(0.0, *ys))
    floor, left = TOP + BROAD // 2, 90
    x, y = _scale(across[0], across[-1], left, left + BROAD), _scale(up[0], up[-1], floor, TOP)
    said = _percent if frame.is_share else _number
    named = _percent if frame.is_over_shares else _number
    parts = [_tick(x(tick), floor, named(tick), kind="grid") for tick in across]
    for tick in up:
        parts += [
            _line(left, y(tick), left + BROAD, y(tick), "grid"),
            _text(left - 8, y(tick) + 4, said(tick), "label"),
        ]
    parts.append(_line(left, y(0.0), left + BROAD, y(0.0), "zero"))
    for place, line in enumerate(shown):
        kind = "curve" if line.is_chosen else "curve other"
        legend = TOP + 14 + 20 * place
        parts.append(_polyline([(x(one), y(height)) for one, height in line.points], kind))
        parts.append(_polyline([(left + BROAD + 12, legend - 4), (left + BROAD + 34, legend - 4)], kind))
        parts.append(_text(left + BROAD + 40, legend, line.name, "name"))
    if frame.mark is not None:
        at, words = frame.mark
        parts += [_line(x(at), TOP, x(at), floor, "zero"), _text(x(at) + 6, TOP + 12, words, "axis")]
    parts.append(_text(left, floor + AXIS - 3, frame.axes, "axis"))
    return _svg(WIDTH, floor + AXIS, parts, frame.title)


def ticks_between(least: float, most: float) -> list[float]:
    """Choose round figures that cover a span."""
    span = (most - least) or abs(most) or 1.0
    raw = span / TICKS
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * (1 - 1e-9))
    first = math.floor(least / step + 1e-9)
    last = max(math.ceil(most / step - 1e-9), first + 1)
    return [round(number * step, 10) + 0.0 for number in range(first, last + 1)]


def _scale(least: float, most: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - least) / ((most - least) or 1.0) * (end - start)


def _span(span: Span, y: float, x: Callable[[float], float]) -> Markup:
    kind = span.kind
    ends = (_line(x(end), y - 5, x(end), y + 5, f"whisker {kind}") for end in (span.low, span.high))
    return Markup().join(
        [
            _text(LABEL - 10, y + 4, _short(span.label), f"label {kind}"),
            _line(x(span.low), y, x(span.high), y, f"whisker {kind}"),
            *ends,
            _dot(x(span.value), y, kind),
            _text(WIDTH - RIGHT + 12, y + 4, span.text, f"figure {kind}"),
        ]
    )


def _tick(x: float, floor: float, text: str, *, kind: str) -> Markup:
    return _line(x, TOP, x, floor, kind) + (_text(x, floor + 15, text, "tick") if text else Markup())


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    places = (round(one, 1) for one in (x1, y1, x2, y2))
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(*places, kind)


def _rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    places = (round(one, 1) for one in (x, y, width, height))
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" class="{}"/>').format(*places, kind)


def _dot(x: float, y: float, kind: str) -> Markup:
    return Markup('<circle cx="{}" cy="{}" r="5" class="dot {}"/>').format(round(x, 1), round(y, 1), kind)


def _polyline(points: Iterable[tuple[float, float]], kind: str) -> Markup:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Markup('<polyline points="{}" class="{}"/>').format(places, kind)


def _text(x: float, y: float, words: str, kind: str) -> Markup:
    if not words:
        return Markup()
    return Markup('<text x="{}" y="{}" class="{}">{}</text>').format(round(x, 1), round(y, 1), kind, words)


def _svg(width: float, height: float, parts: Iterable[Markup], title: str) -> Markup:
    inner = Markup().join(parts)
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}</svg>').format(
        width, round(height), title, title, inner
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def _percent(value: float) -> str:
    return f"{value * 100:.3g} %"


def _short(label: str, room: float = LABEL) -> str:
    most = int((room - 14) / LETTER)
    return label if len(label) <= most else f"{label[: most - 1]}…"
