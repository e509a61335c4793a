"""DATA-004: nothing that may not be used, or is not known in time, gets into a model, under whatever name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flywheel.domain.gates import GateFinding, Severity
from flywheel.project.kinds import Kind
from validators.columns import frame_problems, kind_problem, labels, numbers, stamp_like
from validators.protocol import Judgement, gate, not_applicable
from validators.specs import ColumnRole, ColumnRule, named

ROWS_AT_MOST = 50_000
NUMERIC = frozenset({Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN})


@dataclass(frozen=True)
class Forbidden:
    """A column that no model of the project may use, and why, in words."""

    name: str
    why: str


@dataclass(frozen=True)
class Lateness:
    """The rows themselves come so many days late: younger ones cannot be whole yet."""

    source: str
    days: int


@dataclass(frozen=True)
class CopyLimits:
    """How alike two columns may be before one counts as the other."""

    rows_at_least: int = 50
    rank_at_most: float = 0.999
    knows_at_most: float = 0.98
    rows_per_level_at_least: int = 5


@gate("DATA-004", "Only permitted features that are known in time are used", may_not_apply=True)
def check(
    frame: pd.DataFrame,
    *,
    rules: tuple[ColumnRule, ...],
    forbidden: Iterable[Forbidden],
    lateness: Lateness | None = None,
    now: datetime,
    limits: CopyLimits = CopyLimits(),
    seed: int = 0,
) -> Judgement:
    """Judge a prepared table: no feature is forbidden or repeats a forbidden column, and no row is too young."""
    banned = {one.name: one for one in forbidden}
    if not banned and lateness is None:
        return not_applicable("The charter forbids no column and no source comes late.")
    features = tuple(rule for rule in rules if rule.role is ColumnRole.FEATURE)
    found = [_named_feature(banned[rule.name]) for rule in features if rule.name in banned]
    features = tuple(rule for rule in features if rule.name not in banned)
    figures = {"rows": len(frame), "features": len(features), "forbidden": len(banned)}
    problems = frame_problems(frame, (*features,), at_least_rows=limits.rows_at_least)
    if problems:
        return Judgement((*found, *problems), figures=figures)
    found += [_unseen(one) for one in banned.values() if one.name not in frame.columns]
    watched = tuple(_ruled(frame, name, rules) for name in banned if name in frame.columns)
    chosen = np.random.default_rng(seed).permutation(len(frame))[:ROWS_AT_MOST]
    sample = frame.iloc[chosen]
    compared = 0
    for other in watched:
        if bool(sample[other.name].isna().all()):
            continue
        for feature in features:
            compared += 1
            if how := _repeats(sample, feature, other, limits):
                found.append(_copy(feature.name, banned[other.name], how))
    if lateness is not None:
        compared += 1
        found += _too_young(frame, rules, lateness, now)
    return Judgement(tuple(found), evaluated=compared, figures={**figures, "compared": compared})


def _named_feature(banned: Forbidden) -> GateFinding:
    what = f"{banned.name} {banned.why}, and yet it is declared as a feature."
    return GateFinding(what, locator=banned.name, allowed="features that are permitted and known in time")


def _unseen(banned: Forbidden) -> GateFinding:
    what = f"{banned.name} {banned.why}; it is not in the table, so no copy of it could be looked for."
    return GateFinding(
        what, Severity.WARNING, banned.name, seen="no such column", allowed="the column, to compare with"
    )


def _ruled(frame: pd.DataFrame, name: str, rules: tuple[ColumnRule, ...]) -> ColumnRule:
    """Take the rule of a column, or the first kind that fits one that nobody declared."""
    declared = next((rule for rule in rules if rule.name == name), None)
    if declared is not None and not kind_problem(frame[name], declared.kind):
        return declared
    kinds = (Kind.NUMBER, Kind.TIME, Kind.BOOLEAN, Kind.CATEGORY)
    return ColumnRule(name, next(kind for kind in kinds if not kind_problem(frame[name], kind)), role=ColumnRole.KEPT)


def _copy(feature: str, banned: Forbidden, how: str) -> GateFinding:
    what = f"The feature {feature} says the same as {banned.name}, which {banned.why}; a copy may not be used either."
    return GateFinding(what, locator=feature, seen=how, allowed=f"nothing that repeats {banned.name}")


def _repeats(frame: pd.DataFrame, feature: ColumnRule, other: ColumnRule, limits: CopyLimits) -> str:
    """Say how one column repeats another: by rank, or level by level in both directions."""
    both = frame[feature.name].notna().to_numpy() & frame[other.name].notna().to_numpy()
    if int(both.sum()) < limits.rows_at_least:
        return ""
    one, two = frame[feature.name][both], frame[other.name][both]
    if feature.kind in NUMERIC and other.kind in NUMERIC:
        ranks = [pd.Series(numbers(side)).rank().to_numpy() for side in (one, two)]
        if all(np.ptp(rank) > 0 for rank in ranks):
            alike = abs(float(np.corrcoef(ranks[0], ranks[1])[0, 1]))
            if alike >= limits.rank_at_most:
                return f"rank correlation {alike:.4f}"
    codes = [_coded(side, rule.kind) for side, rule in ((one, feature), (two, other))]
    if any(code.max() + 1 > code.size / limits.rows_per_level_at_least for code in codes):
        return _equal(one, two, feature, other)
    known = min(_knows(codes[0], codes[1]), _knows(codes[1], codes[0]))
    return f"each level of one is one level of the other in {known:.1%}" if known >= limits.knows_at_most else ""


def _equal(one: pd.Series[Any], two: pd.Series[Any], feature: ColumnRule, other: ColumnRule) -> str:
    if Kind.NUMBER in {feature.kind, other.kind} or Kind.TIME in {feature.kind, other.kind}:
        return ""
    share = float((labels(one).to_numpy() == labels(two).to_numpy()).mean())
    return f"equal in {share:.1%} of the rows" if share >= 0.99 else ""


def _coded(series: pd.Series[Any], kind: Kind) -> npt.NDArray[np.int64]:
    values: Any = numbers(series) if kind in NUMERIC else series if kind is Kind.TIME else labels(series)
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def _knows(one: npt.NDArray[np.int64], two: npt.NDArray[np.int64]) -> float:
    """Say how much better the levels of one foretell those of the other than always saying the commonest."""
    table = np.bincount(one * (two.max() + 1) + two, minlength=(one.max() + 1) * (two.max() + 1))
    table = table.reshape(one.max() + 1, two.max() + 1)
    foretold, commonest = table.max(axis=1).sum() / one.size, table.sum(axis=0).max() / one.size
    return float((foretold - commonest) / (1 - commonest)) if commonest < 1 else 0.0


def _too_young(
    frame: pd.DataFrame, rules: tuple[ColumnRule, ...], lateness: Lateness, now: datetime
) -> list[GateFinding]:
    clock = named(rules, ColumnRole.TIME)
    if clock is None or clock.name not in frame.columns:
        what = f"{lateness.source} comes {lateness.days} days late, but no column says when a row happened."
        return [GateFinding(what, Severity.WARNING, "data.time", allowed="a time column")]
    times = frame[clock.name]
    latest = stamp_like(now - timedelta(days=lateness.days), times)
    young = int((times > latest).sum())
    if not young:
        return []
    what = (
        f"{young:,} rows are dated after {latest:%Y-%m-%d}, although {lateness.source} comes {lateness.days} "
        "days late: they cannot be whole yet."
    )
    return [GateFinding(what, locator=clock.name, seen=f"{young:,} rows", allowed=f"none after {latest:%Y-%m-%d}")]
