"""What PERF-003 shows of predicted amounts: what was true of them, tenth by tenth, within which bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from flywheel.errors import counted
from flywheel.pages.charts import Frame, Line, line_chart
from flywheel.pages.pieces import heading
from validators.protocol import Report
from validators.rendering import evidence
from validators.specs import POINTS, Worth

if TYPE_CHECKING:
    from flywheel.project.tabular.answering import Interval
    from validators.statistics import Floats

TENTHS = 10
_TAILS = ("one in twenty below", "one in twenty above")
AGAINST, ERRORS = "True amounts by what was predicted", "How far the truth lies from what was predicted"
_ENDS = (0.05, 0.5, 0.95)
_SHOWN = 60


@dataclass(frozen=True)
class Said:
    """What was true of the test rows, what was said of them, and within which bounds."""

    truth: Floats
    said: Floats
    interval: Interval | None = None
    worth: Worth = POINTS


def reports(one: Said) -> tuple[Report, ...]:
    """Draw what was true by what was said, and where the errors lie; list both by tenths of what was said."""
    if not one.truth.size:
        return ()
    rows = _tenths(one)
    return evidence(
        "amounts",
        "How near the predicted amounts are",
        (
            "tenth",
            "cases",
            "predicted",
            "observed",
            *_TAILS,
            "error",
            "within_interval",
        ),
        rows,
        note=f"Tenths of the {counted(one.truth.size, 'test row')} by what was predicted, the highest first. Observed: "
        "the mean, and the amounts that one in twenty lies below, and above. Error: the mean distance, whichever way.",
        shares=("within_interval",),
        amounts=("predicted", "observed", *_TAILS, "error"),
        picture=heading(AGAINST) + _against(rows) + heading(ERRORS) + _errors(one),
    )


_Row = tuple[str, int, float, float, float, float, float, float]


def _tenths(one: Said) -> list[_Row]:
    order = np.argsort(-one.said, kind="stable")
    low, high = one.interval or (np.full(one.truth.size, -np.inf), np.full(one.truth.size, np.inf))
    rows = []
    for place, mine in enumerate(np.array_split(order, TENTHS)):
        if not mine.size:
            continue
        truth, said = one.truth[mine], one.said[mine]
        ends = np.quantile(truth, (_ENDS[0], _ENDS[2]))
        held = float(((truth >= low[mine]) & (truth <= high[mine])).mean())
        figures = (said.mean(), truth.mean(), *ends, np.abs(truth - said).mean())
        rows.append((str(place + 1), int(mine.size), *(round(float(figure), 4) for figure in figures), held))
    return rows  # type: ignore[return-value]  # the five figures in their order


def _against(rows: list[_Row]) -> Markup:
    ordered = rows[::-1]
    lines = (
        Line("observed on average", [(row[2], row[3]) for row in ordered], is_chosen=True),
        Line(_TAILS[0], [(row[2], row[4]) for row in ordered]),
        Line(_TAILS[1], [(row[2], row[5]) for row in ordered]),
        Line("as predicted", [(row[2], row[2]) for row in ordered]),
    )
    return line_chart(lines, Frame(AGAINST, "across: predicted; up: observed", is_over_shares=False))


def _errors(one: Said) -> Markup:
    errors = one.truth - one.said
    low, high = np.quantile(errors, (0.005, 0.995))
    edges = np.linspace(low, high if high > low else low + 1.0, _SHOWN + 1)
    heights = np.histogram(errors, edges)[0] / errors.size
    steps = [(float(edge), float(height)) for at, height in enumerate(heights) for edge in edges[at : at + 2]]
    axes = "across: truth less prediction; up: share of the cases"
    frame = Frame(ERRORS, axes, (0.0, "as predicted"), is_share=True, is_over_shares=False)
    return line_chart((Line("test rows", steps, is_chosen=True),), frame)
