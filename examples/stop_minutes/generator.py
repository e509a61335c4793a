"""Stops of a synthetic parcel service: seeded, with known true minutes, and a fault to plant.

The truth: a stop takes longer the heavier the parcels are, with each floor without a lift, a little in winter and in
the evening, and is short at shops; what is left to chance grows with the minutes. The driver's number carries nothing.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flywheel.errors import counted

FIRST_DAY = datetime(2025, 1, 6, tzinfo=UTC)
HISTORY_DAYS = 364
TARGET, TRUTH = "minutes", "true_minutes"
AREAS = ("old town", "suburb", "estate", "village")
AREA_MINUTES = {"old town": 1.5, "suburb": 0.0, "estate": 0.8, "village": 2.5}

Floats = NDArray[np.float64]


def history(*, seed: int = 7, rows: int = 8_000) -> pd.DataFrame:
    """Make the past: a year of stops with the minutes that each took, and those that it takes on average."""
    return _stops(np.random.default_rng([seed, 1]), rows, FIRST_DAY, timedelta(days=HISTORY_DAYS), prefix="H")


def week(seed: int, n: int, week_index: int) -> pd.DataFrame:
    """Make one clean week of traffic after the history, drawn from the same world."""
    start = FIRST_DAY + timedelta(days=HISTORY_DAYS + 7 * week_index)
    return _stops(
        np.random.default_rng([seed, 2, week_index]), n, start, timedelta(days=7), prefix=f"W{week_index:03}-"
    )


def in_pounds(frame: pd.DataFrame) -> pd.DataFrame:
    """Plant the fault: the scales of the depot are set to pounds."""
    return frame.assign(weight_kg=(frame["weight_kg"] / 0.45359237).round(1))


def as_seen(frame: pd.DataFrame) -> pd.DataFrame:
    """Take away what nobody knows before the stop."""
    return frame.drop(columns=[TARGET, TRUTH])


def write_history(folder: Path, *, seed: int = 7, rows: int = 8_000) -> None:
    """Write the table that the charter names."""
    folder.mkdir(parents=True, exist_ok=True)
    history(seed=seed, rows=rows).drop(columns=[TRUTH]).to_parquet(folder / "stops.parquet", index=False)


def _stops(chance: np.random.Generator, n: int, start: datetime, span: timedelta, *, prefix: str) -> pd.DataFrame:
    """Draw stops, then how long they take on average, then how long they took."""
    seconds = np.sort(chance.uniform(0, span.total_seconds(), n)).astype("int64")
    at = pd.to_datetime(start) + pd.to_timedelta(seconds, unit="s")
    hour = chance.integers(8, 20, n)
    area = chance.choice(AREAS, n, p=(0.2, 0.4, 0.3, 0.1))
    is_shop = chance.random(n) < 0.2
    floor = np.where(is_shop, 0, np.minimum(chance.poisson(1.6, n), 9))
    lift = (floor > 0) & (chance.random(n) < np.where(area == "estate", 0.7, 0.3))
    weight = np.round(chance.gamma(1.4, 4.0, n) + 0.3, 1)
    parcels = 1 + chance.poisson(np.where(is_shop, 2.5, 0.4))
    winter = 0.5 + 0.5 * np.cos(2 * np.pi * (at.dayofyear.to_numpy() - 15) / 365)
    base = 2.2 + 0.12 * weight + 0.5 * parcels + 0.9 * floor * ~lift + 0.25 * floor * lift + 0.4 * winter
    base += np.array([AREA_MINUTES[name] for name in area]) + 0.3 * np.maximum(hour - 16, 0)
    true = np.where(is_shop, 0.6, 1.0) * base
    return pd.DataFrame(
        {
            "stop_id": [f"{prefix}{place:06}" for place in range(n)],
            "planned_at": at,
            "hour": hour,
            "area": area,
            "is_shop": is_shop,
            "floor": floor,
            "lift": lift,
            "weight_kg": weight,
            "parcels": parcels,
            "driver": chance.choice([f"D{number:02}" for number in range(1, 25)], n),
            TARGET: np.round(true * chance.gamma(16, 1 / 16, n), 1),
            TRUTH: np.round(true, 3),
        }
    )


def main() -> None:
    """Write the history into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=8_000)
    arguments = parser.parse_args()
    write_history(arguments.out, rows=arguments.rows)
    print(f"wrote {counted(arguments.rows, 'stop')} to {arguments.out / 'stops.parquet'}")


if __name__ == "__main__":
    main()
