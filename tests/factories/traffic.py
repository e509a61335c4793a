"""Made-up weekly traffic for checks: skewed, discrete, categorical and gappy columns, the same by seed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flywheel.project.reading.kinds import Kind
from validators.specs import ColumnRole, ColumnRule

CHANNELS = ("web", "branch", "app", "phone")
RULES = (
    ColumnRule("score", Kind.NUMBER, between=(100, 1200), missing_codes=(999, -1), missing_at_most=0.15),
    ColumnRule("income", Kind.NUMBER, between=(0, 10_000_000)),
    ColumnRule("age", Kind.INTEGER, between=(18, 120)),
    ColumnRule("balance", Kind.NUMBER, between=(0, None)),
    ColumnRule("children", Kind.INTEGER, between=(0, 40)),
    ColumnRule("ratio", Kind.NUMBER, between=(0, 1)),
    ColumnRule("heavy", Kind.NUMBER),
    ColumnRule("channel", Kind.CATEGORY, categories=CHANNELS),
    ColumnRule("region", Kind.CATEGORY),
    ColumnRule("owner", Kind.BOOLEAN),
)
TARGET = ColumnRule("default", Kind.BOOLEAN, role=ColumnRole.TARGET)


def traffic(rows: int = 3_000, *, seed: int = 1) -> pd.DataFrame:
    """One window of inputs without outcomes."""
    rng = np.random.default_rng(seed)
    score = np.round(rng.normal(620, 80, rows)).clip(110, 990)
    score[rng.random(rows) < 0.08] = np.nan
    return pd.DataFrame(
        {
            "score": score,
            "income": np.round(rng.lognormal(10.3, 0.6, rows), 2),
            "age": rng.integers(18, 80, rows),
            "balance": np.where(rng.random(rows) < 0.4, 0.0, rng.exponential(900, rows)),
            "children": rng.poisson(0.9, rows),
            "ratio": rng.beta(2, 5, rows),
            "heavy": rng.standard_t(2, rows),
            "channel": rng.choice(CHANNELS, rows, p=[0.5, 0.2, 0.27, 0.03]),
            "region": rng.choice([f"r{i}" for i in range(40)], rows, p=np.arange(1, 41) / 820),
            "owner": rng.random(rows) < 0.3,
        }
    )


def labelled(rows: int = 3_000, *, seed: int = 1) -> pd.DataFrame:
    """One window with outcomes that depend a little on the inputs."""
    frame = traffic(rows, seed=seed)
    risk = 0.05 + 0.2 * (frame["ratio"] > 0.4)
    return frame.assign(default=np.random.default_rng(seed + 1).random(rows) < risk)
