"""What PERF-003 shows: how a model's answers lie by outcome, and what acting on the likeliest cases alone brings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from flywheel.errors import counted
from flywheel.pages.charts import Frame, Line, line_chart
from flywheel.pages.figures import percent
from flywheel.pages.pieces import heading
from flywheel.project.tabular.certainty import ALONE, Units
from validators.protocol import Report
from validators.rendering import evidence
from validators.specs import POINTS, Worth
from validators.statistics import Floats, wilson

BARS = 20
TENTHS = 10
POINTS_DRAWN = 100
SPREAD, GAIN = "Predicted probabilities by outcome", "Money by the share of the cases that is acted on"


@dataclass(frozen=True)
class Ranked:
    """What was true of the test rows, what was said of them, from where on the answer is yes, and the money of both.

    `gains` is money by what was true, then by what was said.
    """

    labels: npt.NDArray[np.uint8]
    chances: Floats
    threshold: float
    gains: Floats
    worth: Worth = POINTS
    units: Units = ALONE


def reports(ranked: Ranked) -> tuple[Report, ...]:
    """Draw both and list the tenths of the cases, the likeliest first."""
    if not ranked.labels.size:
        return ()
    worth = ranked.worth
    return evidence(
        "ranking",
        "How well the model tells cases apart",
        (
            "tenth",
            "cases",
            "predicted",
            "observed",
            "observed_low",
            "observed_high",
            "times_the_average",
            "share_of_all_found",
            "money",
        ),
        _tenths(ranked),
        note=(
            f"Tenths of the {counted(ranked.labels.size, 'test row')}, the likeliest first. Money: {worth.currency} "
            f"per {worth.unit} over all rows, if the answer is {worth.positive} down to this tenth and "
            f"{worth.negative} below it."
        ),
        shares=("predicted", "observed", "share_of_all_found"),
        amounts=("money",),
        picture=heading(SPREAD) + _spread(ranked) + heading(GAIN) + _gain(ranked),
    )


def _tenths(ranked: Ranked) -> list[tuple[str, int, float, float, float, float, float, float, float]]:
    chances, labels = _in_order(ranked)
    cuts = np.ceil(np.linspace(1, 0, TENTHS + 1)[1:-1] * (labels.size - 1)).astype(int)  # where PERF-004 has its own
    ends = np.unique([0, *(labels.size - cuts), labels.size])
    average, hits, money = labels.mean(), np.cumsum(labels), _money_down_to(labels, ranked.gains)
    effect = ranked.units.effect(ranked.labels.astype(np.float64))
    rows = []
    for place, (first, last) in enumerate(pairwise(ends)):
        mine = labels[first:last]
        seen = wilson(float(mine.sum()) / effect, max(mine.size / effect, 1.0))
        rows.append(
            (
                str(place + 1),
                int(mine.size),
                float(chances[first:last].mean()),
                seen.estimate,
                seen.low,
                seen.high,
                round(float(mine.mean() / average), 2) if average else 0.0,
                float(hits[last - 1] / hits[-1]) if average else 0.0,
                round(float(money[last]), 2),
            )
        )
    return rows


def _in_order(ranked: Ranked) -> tuple[Floats, Floats]:
    """Probabilities from the likeliest down, and what is true there on average: among equals no case comes first."""
    levels, at, rows = np.unique(-ranked.chances, return_inverse=True, return_counts=True)
    shares = np.bincount(at, weights=ranked.labels) / rows
    return np.repeat(-levels, rows), np.repeat(shares, rows)


def _money_down_to(labels: Floats, gains: Floats) -> Floats:
    """Money per row if yes is said to none, to the first, to the first two and so on; no to all others."""
    yes, no = (labels * gains[1, said] + (1 - labels) * gains[0, said] for said in (1, 0))
    down: Floats = (no.sum() + np.concatenate(([0.0], np.cumsum(yes - no)))) / labels.size
    return down


def _gain(ranked: Ranked) -> Markup:
    """Money by the share of the cases that is answered yes, beside the same share drawn by lot."""
    money = _money_down_to(_in_order(ranked)[1], ranked.gains)
    places = np.unique(np.linspace(0, ranked.labels.size, POINTS_DRAWN + 1).astype(int))
    shares = places / ranked.labels.size
    lot = [(0.0, float(money[0])), (1.0, float(money[-1]))]
    said_yes = float((ranked.chances >= ranked.threshold).mean())
    lines = (
        Line("the likeliest first", list(zip(shares.tolist(), money[places].tolist(), strict=True)), is_chosen=True),
        Line("by lot", lot),
    )
    worth = ranked.worth
    axes = f"across: share of the cases answered {worth.positive}; up: {worth.currency} per {worth.unit}"
    return line_chart(lines, Frame(GAIN, axes, (said_yes, f"this version: {percent(said_yes)}")))


def _spread(ranked: Ranked) -> Markup:
    """Where the predicted probabilities lie, for cases that happened and for those that did not."""
    edges = np.linspace(0.0, float(ranked.chances.max()) or 1.0, BARS + 1)
    lines = []
    for outcome, name in ((1, "happened"), (0, "did not")):
        mine = ranked.chances[ranked.labels == outcome]
        if not mine.size:
            continue
        heights = np.histogram(mine, edges)[0] / mine.size
        steps = [(float(edge), float(height)) for at, height in enumerate(heights) for edge in edges[at : at + 2]]
        lines.append(Line(name, steps, is_chosen=outcome == 1))
    axes = "across: predicted probability; up: share of the cases of this outcome"
    mark = (ranked.threshold, f"{ranked.worth.positive} from here on") if ranked.threshold <= edges[-1] else None
    return line_chart(lines, Frame(SPREAD, axes, mark, is_share=True))
