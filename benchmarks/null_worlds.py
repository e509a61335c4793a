"""A world in which nothing changes, with every kind of column that is hard to judge, and faults to plant into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flywheel.project.reading.kinds import Kind
from validators.specs import ColumnRule

Draw = Callable[[np.random.Generator, int], object]
WEEKDAYS, BUSINESS = 5, 0.3


@dataclass(frozen=True)
class Watched:
    """One column of a world: of what sort it is, what is declared of it, how its values come about."""

    sort: str
    rule: ColumnRule
    draw: Draw


def clean_world() -> tuple[Watched, ...]:
    """Give two dozen columns: dense to nearly empty, heavy-tailed, tied, of rare or many names, coded, with gaps."""
    return (
        *(_number("dense", f"dense_{i}", lambda r, n: r.normal(size=n), between=(-4.0, 4.0)) for i in range(6)),
        *(_number("sparse", f"sparse_{i}", _filled(share)) for i, share in enumerate((0.02, 0.02, 0.01, 0.1))),
        _number("heavy", "heavy_lognormal", lambda r, n: r.lognormal(3, 2, n), between=(0.0, 1e9)),
        _number("heavy", "heavy_student", lambda r, n: r.standard_t(2, n)),
        _number("heavy", "heavy_pareto", lambda r, n: r.pareto(1.5, n), between=(0.0, 1e7)),
        _number("ties", "ties_counts", lambda r, n: r.poisson(3, n), kind=Kind.INTEGER, between=(0.0, 30.0)),
        _number("ties", "ties_rounded", lambda r, n: np.round(r.normal(0, 300, n), -1)),
        _number("ties", "ties_mostly_zero", lambda r, n: np.where(r.random(n) < 0.9, 0.0, r.exponential(50, n))),
        *(_named("rare", f"rare_{size}", size) for size in (12, 60, 200)),
        *(_named("rare", f"many_{size}", size, slope=0.0) for size in (300, 2_000)),
        _rare_flag("rare_flag", 0.003),
        _number("missing", "missing_declared", _with_gaps(0.10), missing_at_most=0.10),
        _number("missing", "missing_coded", _with_gaps(0.05, code=-9.0), missing_codes=(-9.0,), missing_at_most=0.06),
        _number("missing", "missing_rare", _with_gaps(0.002)),
        _number("calendar", "calendar_weekday", _of_the_clock(7), kind=Kind.INTEGER, between=(0.0, 6.0)),
        Watched("calendar", ColumnRule("calendar_since", Kind.TIME), _days_since_2015),
        _number("calendar", "calendar_hour", _of_the_clock(24), kind=Kind.INTEGER, between=(0.0, 23.0)),
    )


def drawn(world: tuple[Watched, ...], rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Draw rows of a world."""
    return pd.DataFrame({one.rule.name: one.draw(rng, rows) for one in world})


def week_of(world: tuple[Watched, ...], rng: np.random.Generator, hours: Sequence[int], rows: int) -> pd.DataFrame:
    """Draw rows of some hours of a week: three in ten of a weekday are businesses', who come at no weekend."""
    at = rng.choice(np.asarray(hours), rows)
    day, frame = at // 24, drawn(world, rng, rows)
    is_business = (day < WEEKDAYS) & (rng.random(rows) < BUSINESS)
    other = {
        "dense_0": (frame["dense_0"] + 1.5).clip(-4, 4),
        "heavy_lognormal": frame["heavy_lognormal"] * 8,
        "ties_counts": frame["ties_counts"] * 3,
        "rare_12": frame["rare_12"].replace("rare_12_0", "rare_12_7"),
        "missing_declared": frame["missing_declared"].fillna(0.5),
    }
    mixed = {name: frame[name].mask(is_business, theirs) for name, theirs in other.items()}
    return frame.assign(**mixed, calendar_weekday=day.astype(np.float64), calendar_hour=(at % 24).astype(np.float64))


def few_levels() -> tuple[Watched, ...]:
    """Give columns so few in values that rows are equal by chance."""
    return (
        *(_named("levels", f"level_{size}", size) for size in (2, 3, 4, 6)),
        _rare_flag("flag", 0.2),
        _number("levels", "count", lambda r, n: r.poisson(1, n), kind=Kind.INTEGER),
    )


def rules_of(world: tuple[Watched, ...]) -> tuple[ColumnRule, ...]:
    """Give what is declared."""
    return tuple(one.rule for one in world)


def _number(sort: str, name: str, draw: Draw, *, kind: Kind = Kind.NUMBER, **declared: object) -> Watched:
    return Watched(sort, ColumnRule(name, kind, **declared), draw)  # type: ignore[arg-type]


def _filled(share: float) -> Draw:
    return lambda rng, rows: np.where(rng.random(rows) < share, rng.normal(size=rows), np.nan)


def _with_gaps(share: float, code: float = np.nan) -> Draw:
    return lambda rng, rows: np.where(rng.random(rows) < share, code, rng.normal(size=rows))


def _named(sort: str, name: str, size: int, *, slope: float = 1.0) -> Watched:
    weights = np.arange(1, size + 1) ** -slope
    names = np.array([f"{name}_{at}" for at in range(size)], dtype=object)
    rule = ColumnRule(name, Kind.CATEGORY)
    return Watched(
        sort, rule, lambda rng, rows: pd.Series(rng.choice(names, rows, p=weights / weights.sum()), dtype="str")
    )


def _of_the_clock(steps: int) -> Draw:
    """Rows come evenly over whole weeks, in their order."""
    return lambda _, rows: (np.arange(rows) * steps // rows).astype(np.float64)


def _days_since_2015(rng: np.random.Generator, rows: int) -> object:
    return np.datetime64("2015-01-01", "us") + rng.integers(0, 3_500, rows).astype("timedelta64[D]")


def _rare_flag(name: str, share: float) -> Watched:
    return Watched("rare", ColumnRule(name, Kind.BOOLEAN), lambda rng, rows: rng.random(rows) < share)


def _some(frame: pd.DataFrame, name: str, share: float, value: object) -> pd.DataFrame:
    rows = np.arange(len(frame)) < max(1, round(share * len(frame)))
    return frame.assign(**{name: frame[name].mask(rows, value)})


FAULTS: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "unit x 100": lambda frame: frame.assign(dense_0=frame["dense_0"] * 100),
    "amounts x 1000": lambda frame: frame.assign(heavy_student=frame["heavy_student"] * 1_000),
    "dead column": lambda frame: frame.assign(dense_1=np.nan),
    "nulls become 999": lambda frame: frame.assign(missing_declared=frame["missing_declared"].fillna(999.0)),
    "a fifth out of range": lambda frame: _some(frame, "dense_2", 0.2, 9.0),
    "1 % out of range": lambda frame: _some(frame, "dense_2", 0.01, 9.0),
    "a fifth of names unknown": lambda frame: _some(frame, "rare_12", 0.2, "elsewhere"),
    "half missing": lambda frame: _some(frame, "missing_declared", 0.5, np.nan),
    "moved by a deviation": lambda frame: frame.assign(dense_3=frame["dense_3"] + 1.0),
    "stuck at one value": lambda frame: frame.assign(ties_counts=3),
}
