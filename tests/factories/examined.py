"""What checks of a version look at: rows, honest chances, outcomes drawn from them, money; all by seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.factories.tabular import PAYOFF
from tests.factories.traffic import traffic
from validators.columns import Floats, Mask
from validators.slices import Scored

CUT = 0.12
GAINS = np.array(
    [
        [float(PAYOFF.true_negative), float(PAYOFF.false_positive)],
        [float(PAYOFF.false_negative), float(PAYOFF.true_positive)],
    ]
)
SWING = PAYOFF.swing


@dataclass(frozen=True)
class Cutting:
    """Whatever says yes at or above a threshold."""

    threshold: float = 0.5

    def decided(self, said: Floats) -> Mask:
        """Yes or no."""
        return said >= self.threshold


def paid(gains: Floats) -> Callable[[npt.NDArray[Any], npt.NDArray[Any]], Floats]:
    """Money by truth and decision, from its table."""
    return lambda truth, decided: np.asarray(gains[truth.astype(int), decided.astype(int)])


@dataclass(frozen=True)
class Rule(Cutting):
    """A scorer of one line: risk rises with the ratio, falls with the score, and owners are safer."""

    threshold: float = CUT
    sign: float = 1.0

    def said(self, frame: pd.DataFrame) -> Floats:
        """Chance of the positive answer for each row."""
        score = frame["score"].astype(float).fillna(620.0).replace(999.0, 620.0)
        ratio = frame["ratio"].astype(float).fillna(0.3)
        logit = -2.6 + self.sign * 3.0 * (ratio - 0.3) - (score - 620) / 120 - 0.5 * frame["owner"].eq(True)
        return np.asarray(1 / (1 + np.exp(-logit)), dtype=np.float64)


@dataclass(frozen=True)
class Seen:
    """Rows and all that is known of them."""

    frame: pd.DataFrame
    labels: npt.NDArray[np.uint8]
    chances: Floats

    @property
    def decisions(self) -> Mask:
        """Where the rule says yes."""
        return self.chances >= CUT

    @property
    def money(self) -> Floats:
        """What the decisions bring."""
        return np.asarray(GAINS[self.labels.astype(int), self.decisions.astype(int)])

    @property
    def naive_money(self) -> Floats:
        """What saying no to everybody brings."""
        return np.asarray(GAINS[self.labels.astype(int), 0])

    @property
    def scored(self) -> Scored:
        """As the check of slices takes it."""
        return Scored(self.labels, self.chances, self.money, self.naive_money, SWING)

    def with_rate(self, mask: Mask, rate: float, *, seed: int = 77) -> Seen:
        """The same where outcomes inside a mask come at another rate than the model says."""
        drawn = np.random.default_rng(seed).random(len(self.frame)) < rate
        return replace(self, labels=np.where(mask, drawn, self.labels).astype(np.uint8))


def seen(rows: int = 4_000, *, seed: int = 5) -> Seen:
    """Rows over 120 days, whose outcomes come exactly as often as the rule says."""
    rng = np.random.default_rng(seed + 900)
    days = np.sort(rng.integers(0, 120, rows))
    frame = traffic(rows, seed=seed).assign(
        asked_at=pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(days, unit="D"),
        gender=rng.choice(["female", "male"], rows),
    )
    chances = Rule().said(frame)
    return Seen(frame, (rng.random(rows) < chances).astype(np.uint8), chances)
