"""Derived features: columns against hand-written numpy in one run, single rows, and both ways to the bit on 1M rows.

`python -m benchmarks.features [ROWS]`.
"""

from __future__ import annotations

import sys
import time
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from flywheel.project.expressions.definitions import Definition
from flywheel.project.expressions.derivation import Derivation, derivation_of
from flywheel.project.expressions.intake import Intake
from flywheel.project.expressions.known import Known
from flywheel.project.reading.kinds import Kind

KINDS = {
    "loan": Kind.NUMBER,
    "income": Kind.NUMBER,
    "age": Kind.INTEGER,
    "region": Kind.CATEGORY,
    "opened": Kind.TIME,
    "asked": Kind.TIME,
}
ROUNDS = 7
By = dict[str, Any]


def main(rows: int = 1_000_000) -> int:
    """Measure, and say what was found; a difference in one bit is a failure."""
    frame = table(rows)
    print(f"{'of numpy':>9} {'ours ms':>9} {'numpy ms':>9} {'row us':>7}  expression")
    for text, by_hand in BY_HAND.items():
        made = derived(x=text)
        made.columns(frame.head(1))
        ours, theirs = best(lambda made=made: made.columns(frame)), best(lambda by_hand=by_hand: by_hand(frame))  # type: ignore[misc]
        row = plain_rows(frame.head(1))[0]
        made.row(row)
        each = min(timeit.repeat(lambda made=made, row=row: made.row(row), number=5_000, repeat=ROUNDS)) / 5_000  # type: ignore[misc]
        print(f"{theirs / ours:9.2f} {ours * 1e3:9.1f} {theirs * 1e3:9.1f} {each * 1e6:7.2f}  {text}")
    return alike(frame)


def alike(frame: pd.DataFrame) -> int:
    """Compute all expressions in both ways and count the values that differ in any bit."""
    made = derived(**{f"x{place}": text for place, text in enumerate(BY_HAND)})
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in made.columns(frame).items()}
    apart = 0
    for first in range(0, len(frame), 50_000):
        singly = [made.row(row) for row in plain_rows(frame.iloc[first : first + 50_000])]
        for name, values in columns.items():
            one, other = values[first : first + len(singly)], np.array([row[name] for row in singly])
            apart += int(((one.view(np.int64) != other.view(np.int64)) & ~(np.isnan(one) & np.isnan(other))).sum())
    print(f"{len(frame):,} rows x {len(columns)} features: {apart} values differ between columns and rows")
    return int(apart > 0)


def table(rows: int) -> pd.DataFrame:
    """Make rows up, a twentieth of whose loans is missing."""
    chance = np.random.default_rng(1)
    moments = (chance.integers(0, 2_000_000_000, rows) for _ in range(2))
    opened, asked = (pd.to_datetime(one, unit="s", utc=True).astype("datetime64[us, UTC]") for one in moments)
    return pd.DataFrame(
        {
            "loan": np.where(chance.random(rows) < 0.05, np.nan, chance.lognormal(5, 2, rows)),
            "income": chance.lognormal(6, 1, rows) - 200,
            "age": chance.integers(18, 90, rows),
            "region": chance.choice(["north", "south", "east"], rows),
            "opened": opened,
            "asked": asked,
        }
    )


def derived(**texts: str) -> Derivation:
    """Read expressions over the columns of the table."""
    known = [Known(name, kind) for name, kind in KINDS.items()]
    made, _, wrong = derivation_of(
        [Definition(*one) for one in texts.items()], known, [Intake(name, kind) for name, kind in KINDS.items()]
    )
    assert not wrong, wrong
    return made


def best(work: Callable[[], object]) -> float:
    """Time the fastest of several turns, in seconds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def plain_rows(frame: pd.DataFrame) -> list[By]:
    """Write rows down as an endpoint reads them."""
    held = {name: frame[name].astype(object).tolist() for name in frame.columns}
    for name in ("opened", "asked"):
        held[name] = [moment.to_pydatetime() for moment in held[name]]
    return [dict(zip(held, values, strict=True)) for values in zip(*held.values(), strict=True)]


def _finite(values: Any) -> Any:
    return np.where(np.isfinite(values), values, np.nan)


def _share(frame: pd.DataFrame) -> Any:
    with np.errstate(all="ignore"):
        return _finite(frame["loan"].to_numpy() / frame["income"].to_numpy())


def _log(frame: pd.DataFrame) -> Any:
    with np.errstate(all="ignore"):
        return _finite(np.log(frame["loan"].to_numpy() / frame["income"].to_numpy()))


def _chosen(frame: pd.DataFrame) -> Any:
    loan, income, age = (frame[name].to_numpy(dtype=np.float64) for name in ("loan", "income", "age"))
    with np.errstate(all="ignore"):
        share = _finite(loan / income)
        return np.where((age < 30) & (income > 0), share, np.where(np.isnan(share), 0.0, share))


def _mixed(frame: pd.DataFrame) -> Any:
    loan, income, age = (frame[name].to_numpy(dtype=np.float64) for name in ("loan", "income", "age"))
    with np.errstate(all="ignore"):
        return np.maximum(0.0, _finite(np.log(loan)) - 0.5 * _finite(np.log(income))) + np.exp(-age / 10)


def _days(frame: pd.DataFrame) -> Any:
    both = (frame[name].to_numpy(dtype="datetime64[us]") for name in ("asked", "opened"))
    asked, opened = both
    return (asked - opened).astype(np.float64) / 86_400e6


def _month(frame: pd.DataFrame) -> Any:
    return frame["asked"].to_numpy(dtype="datetime64[M]").astype(np.int64) % 12 + 1.0


def _looked_up(frame: pd.DataFrame) -> Any:
    codes, names = pd.factorize(frame["region"])
    return np.array([{"north": 1.2, "south": 0.9}.get(name, 1.0) for name in names])[codes]


BY_HAND: dict[str, Callable[[pd.DataFrame], Any]] = {
    "loan / income": _share,
    "log(loan / income)": _log,
    "if age < 30 and income > 0 then loan / income else coalesce(loan / income, 0)": _chosen,
    "max(0, log(loan) - 0.5 * log(income)) + exp(-age / 10)": _mixed,
    "days_between(opened, asked)": _days,
    "month(asked)": _month,
    'lookup(region, {"north": 1.2, "south": 0.9}, 1)': _looked_up,
}
"""Each expression, and how one would write it with numpy."""


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
