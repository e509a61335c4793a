"""Card applications of a synthetic bank: seeded, with a known true risk, and the white papers' fault to plant.

The truth: risk falls with the bureau's score, rises with utilisation, with a delinquency not long ago and for the very
young; the postcode, the gender and the region carry nothing. About six in a hundred are unknown to the bureau, a null
("no hit").
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flywheel.errors import counted

FIRST_MONTH = datetime(2024, 1, 1, tzinfo=UTC)
HISTORY_MONTHS = 24
FIRST_WEEK = datetime(2026, 1, 5, tzinfo=UTC)
"""Traffic begins on the first Monday after the history."""

LABEL = "default_12m"
TRUTH = "true_probability"
SCORE = "bureau_score"
NO_HIT_SHARE = 0.06
CONTROL_SHARE = 0.02

REGIONS = ("north", "south", "east", "west", "capital")
REGION_SHARES = (0.22, 0.2, 0.18, 0.18, 0.22)
CHANNELS = ("web", "branch", "partner")
CHANNEL_SHARES = (0.55, 0.27, 0.18)
CHANNEL_RISK = {"web": 0.0, "branch": -0.15, "partner": 0.3}

Floats = NDArray[np.float64]


def history(*, seed: int = 7, months: int = HISTORY_MONTHS, rows: int = 24_000) -> pd.DataFrame:
    """Make the past: whole months of applications with what became of them, and the true probability of it."""
    starts = [_month(FIRST_MONTH, offset) for offset in range(months + 1)]
    weights = np.array([_busyness(start) for start in starts[:-1]])
    counts = np.floor(rows * weights / weights.sum()).astype(int)
    counts[-1] += rows - counts.sum()
    frames = []
    for index, count in enumerate(counts):
        chance = np.random.default_rng([seed, 1, index])
        frames.append(_applications(chance, int(count), starts[index], starts[index + 1], prefix=f"H{index:02d}"))
    return pd.concat(frames, ignore_index=True)


def week(seed: int, n: int, week_index: int) -> pd.DataFrame:
    """Make one clean week of traffic, drawn from the same world as the history."""
    chance = np.random.default_rng([seed, 2, week_index])
    start = FIRST_WEEK + timedelta(weeks=week_index)
    return _applications(chance, n, start, start + timedelta(weeks=1), prefix=f"W{week_index:03d}")


def null_to_999(frame: pd.DataFrame) -> pd.DataFrame:
    """Plant the fault: the bureau answers "no hit" with 999, which reads as a splendid score."""
    return frame.assign(**{SCORE: frame[SCORE].fillna(999.0)})


def as_seen(frame: pd.DataFrame) -> pd.DataFrame:
    """Take away what nobody knows when an application is decided."""
    return frame.drop(columns=[LABEL, TRUTH])


def write_history(folder: Path, *, seed: int = 7, months: int = HISTORY_MONTHS, rows: int = 24_000) -> None:
    """Write the sources that the charter names: one file of applications a month, one of the bureau's answers."""
    everything = history(seed=seed, months=months, rows=rows)
    applications = everything.drop(columns=[SCORE, TRUTH])
    (folder / "applications").mkdir(parents=True, exist_ok=True)
    for month, part in applications.groupby(applications["applied_at"].dt.strftime("%Y-%m"), sort=True):
        part.to_parquet(folder / "applications" / f"{month}.parquet", index=False)
    everything[["application_id", SCORE]].to_parquet(folder / "bureau.parquet", index=False)


def _applications(chance: np.random.Generator, n: int, start: datetime, end: datetime, *, prefix: str) -> pd.DataFrame:
    """Draw applicants, then their risk, then what becomes of them."""
    seconds = np.sort(chance.uniform(0, (end - start).total_seconds(), n)).astype("int64")
    wobble = chance.normal(0, 1, 2)  # weeks differ a little, and it means nothing
    web = CHANNEL_SHARES[0] + 0.008 * float(np.clip(wobble[0], -2, 2))
    channel = chance.choice(CHANNELS, n, p=_shares(web))
    region = chance.choice(REGIONS, n, p=REGION_SHARES)
    age = np.clip(18 + chance.gamma(3.2, 7.5, n), 18, 90).round()
    income = np.exp(chance.normal(10.45 + 0.003 * float(np.clip(wobble[1], -2, 2)), 0.45, n)) * (
        0.8 + 0.005 * (age - 18)
    )
    season = 0.008 * np.cos(2 * np.pi * (start.timetuple().tm_yday - 10) / 365)
    utilisation = np.clip(chance.beta(1.6, 2.6, n) + season, 0, 1)
    score = np.clip(chance.normal(668, 78, n) - 60 * (utilisation - 0.38), 300, 850).round()
    is_unknown = chance.random(n) < NO_HIT_SHARE
    has_lapsed = chance.random(n) < 0.18
    months_since = np.where(has_lapsed, chance.integers(1, 85, n), np.nan)
    probability = 1 / (1 + np.exp(-_risk(score, age, utilisation, months_since, channel) - 0.5 * is_unknown))
    frame = pd.DataFrame(
        {
            "application_id": [f"{prefix}-{number:06d}" for number in range(n)],
            "applied_at": pd.Timestamp(start) + pd.to_timedelta(seconds, unit="s"),
            SCORE: np.where(is_unknown, np.nan, score),
            "income": income.round(-1),
            "age": age.astype("int64"),
            "utilisation": utilisation.round(4),
            "months_since_delinquency": months_since,
            "requested_limit": (chance.choice([1, 2, 3, 5, 8, 12], n) * 500.0),
            "region": region,
            "channel": channel,
            "gender": chance.choice(["female", "male"], n),
            "postcode": _postcodes(chance, region),
            "is_control": chance.random(n) < CONTROL_SHARE,
            LABEL: chance.random(n) < probability,
            TRUTH: probability,
        }
    )
    return frame.astype({"applied_at": "datetime64[us, UTC]"})


def _risk(score: Floats, age: Floats, utilisation: Floats, months_since: Floats, channel: NDArray[np.str_]) -> Floats:
    """The log-odds of a default: what a perfect model would know."""
    recent = np.where(np.isnan(months_since), 0.0, np.exp(-np.nan_to_num(months_since) / 24))
    risk = -3.6 - 0.95 * (score - 660) / 78 + 1.6 * (utilisation - 0.38) + 1.1 * recent
    risk += 0.9 * ((age < 25) & (utilisation > 0.6))
    risk += np.array([CHANNEL_RISK[str(way)] for way in channel])
    return np.asarray(risk, dtype=np.float64)


def _postcodes(chance: np.random.Generator, region: NDArray[np.str_]) -> list[str]:
    numbers = chance.integers(0, 400, region.size)
    return [f"{REGIONS.index(str(place)) + 1}{number:04d}" for place, number in zip(region, numbers, strict=True)]


def _shares(web: float) -> tuple[float, float, float]:
    rest = (1 - web) / (CHANNEL_SHARES[1] + CHANNEL_SHARES[2])
    branch = CHANNEL_SHARES[1] * rest
    return web, branch, 1 - web - branch


def _busyness(month: datetime) -> float:
    return 1 + 0.1 * float(np.cos(2 * np.pi * (month.month - 11) / 12))


def _month(first: datetime, offset: int) -> datetime:
    years, month = divmod(first.month - 1 + offset, 12)
    return first.replace(year=first.year + years, month=month + 1)


def main() -> None:
    """Write the history into a folder."""
    parser = argparse.ArgumentParser(description="Write the card example's data.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write applications/ and bureau.parquet into")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rows", type=int, default=24_000)
    parser.add_argument("--months", type=int, default=HISTORY_MONTHS)
    asked = parser.parse_args()
    write_history(asked.out, seed=asked.seed, months=asked.months, rows=asked.rows)
    print(f"{counted(asked.rows, 'application')} of {counted(asked.months, 'month')} in {asked.out}")


if __name__ == "__main__":
    main()
