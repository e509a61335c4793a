"""Scoring: what predictions are worth in money, how sure that is, and how good the probabilities are."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from flywheel.errors import InputRefused
from flywheel.project.tabular.certainty import ALONE, Units
from flywheel.project.tabular.money import MONEY_STEP, Estimate, money_with_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flywheel.domain.value import Payoff

    Labels = NDArray[np.uint8]
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Counts:
    """Decisions by what the model said and what was true."""

    tp: int
    fp: int
    tn: int
    fn: int


@dataclass(frozen=True)
class Cut:
    """The threshold that earns the most: at or above it the answer is yes."""

    threshold: float
    per_unit: Decimal


@dataclass(frozen=True)
class Scores:
    """All figures of one model on one part of the data."""

    rows: int
    kpi: Estimate
    made: Counts
    auc: float
    brier: float
    log_loss: float
    calibration_gap: float

    @property
    def counts(self) -> dict[str, int]:
        """Decisions by name."""
        return dict(vars(self.made))

    @property
    def metrics(self) -> dict[str, float]:
        """The figures by name, for a tracking system."""
        return {
            "kpi": float(self.kpi.value),
            "kpi_low": float(self.kpi.low),
            "kpi_high": float(self.kpi.high),
            "auc": self.auc,
            "brier": self.brier,
            "log_loss": self.log_loss,
            "calibration_gap": self.calibration_gap,
        }


def score(labels: Labels, chances: Floats, decided: Mask, *, payoff: Payoff, units: Units = ALONE) -> Scores:
    """Score predictions by money first, then by the usual figures; rows of one unit make money no surer than it is."""
    _refuse_unusable(labels, chances)
    decides = bool(chances.min() < chances.max())
    return Scores(
        rows=int(labels.size),
        kpi=money_with_interval(labels == 1, decided, payoff=payoff, decides=decides, units=units),
        made=count(labels, decided),
        auc=auc(labels, chances),
        brier=brier(labels, chances),
        log_loss=log_loss(labels, chances),
        calibration_gap=calibration_gap(labels, chances),
    )


def best_cut(labels: Labels, chances: Floats, *, payoff: Payoff) -> Cut:
    """Find the threshold with the most money among all that tell rows apart, none and all included."""
    _refuse_unusable(labels, chances)
    order = np.argsort(-chances, kind="stable")
    sorted_chances, hits = chances[order].astype(np.float64), labels[order].astype(np.int64)
    last_of_value = np.flatnonzero(np.append(np.diff(sorted_chances) != 0, True))
    yes = np.concatenate(([0], last_of_value + 1))
    tp = np.concatenate(([0], np.cumsum(hits)))[yes]
    positives, rows = int(hits.sum()), labels.size
    table = gains(payoff)
    money = tp * table[1, 1] + (yes - tp) * table[0, 1] + (positives - tp) * table[1, 0]
    money = money + (rows - positives - (yes - tp)) * table[0, 0]
    best = int(np.argmax(money))
    per_unit = Decimal(str(float(money[best]) / rows)).quantize(MONEY_STEP)
    return Cut(_between(sorted_chances, int(yes[best])), per_unit)


def money_by_row(labels: Labels, decided: Mask, *, payoff: Payoff) -> Floats:
    """Money that each row's decision brings."""
    return np.asarray(gains(payoff)[labels.astype(np.intp), decided.astype(np.intp)])


def gains(payoff: Payoff) -> Floats:
    """Money as a table: by what was true, then by what was said."""
    return np.array(
        [
            [float(payoff.true_negative), float(payoff.false_positive)],
            [float(payoff.false_negative), float(payoff.true_positive)],
        ]
    )


def count(labels: Labels, decided: Mask) -> Counts:
    """Count decisions by what was true."""
    was = labels == 1
    tp, yes, positives = int((decided & was).sum()), int(decided.sum()), int(was.sum())
    return Counts(tp, yes - tp, int(labels.size) - yes - positives + tp, positives - tp)


def auc(labels: Labels, chances: Floats) -> float:
    """The chance that a positive row ranks above a negative one; half for a tie, 0.5 where a class is absent."""
    positives = int(labels.sum())
    negatives = labels.size - positives
    if not positives or not negatives:
        return 0.5
    _, place, sizes = np.unique(chances, return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(sizes) - (sizes - 1) / 2
    rank_sum = float(middle_rank[place][labels == 1].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def brier(labels: Labels, chances: Floats) -> float:
    """Mean squared distance of the probabilities from what came true."""
    return float(np.mean((chances - labels) ** 2))


def log_loss(labels: Labels, chances: Floats) -> float:
    """Mean surprise in nats."""
    sure = np.clip(chances.astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.mean(np.where(labels == 1, np.log(sure), np.log1p(-sure))))


def calibration_gap(labels: Labels, chances: Floats, *, bins: int = 10) -> float:
    """Mean distance between promised and observed rate over bins of equal size, chance included; equals share a bin.

    PERF-004's `calibration_error` has taken off what chance brings, so the two are two figures.
    """
    edges = np.unique(np.quantile(chances, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, chances, side="right")
    promised = np.bincount(place, weights=chances, minlength=bins)
    observed = np.bincount(place, weights=labels, minlength=bins)
    return float(np.abs(promised - observed).sum() / labels.size)


def _between(descending: Floats, yes: int) -> float:
    if yes == 0:
        return float(np.nextafter(descending[0], np.inf))
    if yes == descending.size:
        return 0.0
    above, below = float(descending[yes - 1]), float(descending[yes])
    middle = (above + below) / 2
    return middle if below < middle <= above else above


def _refuse_unusable(labels: Labels, chances: Floats) -> None:
    if labels.size == 0 or labels.shape != chances.shape:
        raise InputRefused(
            "a score needs one prediction for each of at least one row", found=(labels.shape, chances.shape)
        )
    if not np.isfinite(chances).all():
        raise InputRefused("a prediction is not a finite number", found=int((~np.isfinite(chances)).sum()))
