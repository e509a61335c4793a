"""Rows of some stretch of time, of which columns follow the calendar and the season, and others nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd


def seasonal(rows: int, seed: int, *, first: str, days: int, swing: float) -> pd.DataFrame:
    """Make rows from a day on; `swing` is how much further than half the heating is on in winter."""
    rng = np.random.default_rng(seed)
    at = pd.Timestamp(first, tz="UTC") + pd.to_timedelta(np.sort(rng.random(rows)) * days, unit="D")
    winter = np.cos(2 * np.pi * at.dayofyear.to_numpy() / 365)
    return pd.DataFrame(
        {
            "at": at,
            "month": at.month_name(),
            "quarter": [f"Q{quarter}" for quarter in at.quarter],
            "week": at.isocalendar().week.to_numpy().astype(float),
            "year": at.year.to_numpy(),
            "heating": np.where(rng.random(rows) < np.maximum(0.5 + swing * winter, 0.01), "on", "off"),
            "region": rng.choice(["N", "S", "O", "W"], rows, p=[0.4, 0.3, 0.2, 0.1]),
            "amount": rng.lognormal(4, 1, rows).round(2),
            "warmth": (12 - 10 * winter + rng.normal(0, 4, rows)).round(1),
        }
    )
