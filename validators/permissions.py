"""DATA-004: nothing that may not be used, or is not known in time, gets into a model, under whatever name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import Table, table_of
from validators.columns import Looks, kind_problem, labels, missing_mask, numbers, stamp_like
from validators.protocol import Judgement, gate, not_applicable
from validators.sampling import Sample
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

    rows_at_least: int = minimum_rows("DATA-004")
    rank_at_most: float = 0.999
    knows_at_most: float = 0.98
    rows_per_level_at_least: int = 5


@gate("DATA-004")
def check(
    frame: pd.DataFrame | Table,
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
    table = table_of(frame)
    figures = {"rows": table.rows, "features": len(features), "forbidden": len(banned)}
    looks = Looks(table, features, at_least_rows=limits.rows_at_least)
    clock, sampled, young = named(rules, ColumnRole.TIME), _sampled(seed), _Young(lateness, now)
    there = [name for name in (*banned, *((clock.name,) if clock else ())) if table.columns.count(name) == 1]
    for part in table.parts(list(dict.fromkeys((*looks.names, *there)))):
        looks.see(part)
        sampled.see(part)
        if clock is not None and clock.name in there:
            young.see(part[clock.name])
    if problems := looks.problems():
        return Judgement((*found, *problems), figures=figures)
    found += [_unseen(one) for one in banned.values() if one.name not in table.columns]
    sample = sampled.frame()
    watched = tuple(_ruled(sample, name, rules) for name in banned if name in table.columns)
    compared = 0
    for other in watched:
        if int((~missing_mask(sample[other.name], other.missing_codes)).sum()) < limits.rows_at_least:
            found.append(_unseen(banned[other.name], f"it holds fewer than {limits.rows_at_least} values"))
            continue
        for feature in features:
            compared += 1
            if how := _repeats(sample, feature, other, limits):
                found.append(_copy(feature.name, banned[other.name], how))
    if lateness is not None:
        compared += 1
        found += young.findings(clock)
    return Judgement(tuple(found), evaluated=compared, figures={**figures, "compared": compared})


def _named_feature(banned: Forbidden) -> GateFinding:
    what = f"{banned.name} {banned.why}, and yet it is declared as a feature."
    return GateFinding(what, locator=banned.name, allowed="features that are permitted and known at the decision")


def _unseen(banned: Forbidden, where: str = "it is not in the table") -> GateFinding:
    what = f"{banned.name} {banned.why}; {where}, so no copy of it could be searched for."
    return GateFinding(what, Severity.WARNING, banned.name, seen=where, allowed="the column, to compare with")


def _ruled(frame: pd.DataFrame, name: str, rules: tuple[ColumnRule, ...]) -> ColumnRule:
    """Take the rule of a column, or the first kind that fits one that nobody declared."""
    declared = next((rule for rule in rules if rule.name == name), None)
    if declared is not None and not kind_problem(frame[name], declared.kind):
        return declared
    kinds = (Kind.NUMBER, Kind.TIME, Kind.BOOLEAN, Kind.CATEGORY)
    return ColumnRule(name, next(kind for kind in kinds if not kind_problem(frame[name], kind)), role=ColumnRole.KEPT)


def _copy(feature: str, banned: Forbidden, how: str) -> GateFinding:
    what = f"Feature {feature} repeats {banned.name}, which {banned.why}; a copy may not be used either."
    return GateFinding(what, locator=feature, seen=how, allowed=f"nothing that repeats {banned.name}")


def _repeats(frame: pd.DataFrame, feature: ColumnRule, other: ColumnRule, limits: CopyLimits) -> str:
    """Say how one column repeats another: by rank, or level by level in both directions."""
    both = ~np.logical_or(*(missing_mask(frame[rule.name], rule.missing_codes) for rule in (feature, other)))
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
    share = float((labels(one, feature.kind).to_numpy() == labels(two, other.kind).to_numpy()).mean())
    return f"equal in {share:.1%} of the rows" if share >= 0.99 else ""


def _coded(series: pd.Series[Any], kind: Kind) -> npt.NDArray[np.int64]:
    values: Any = numbers(series) if kind in NUMERIC else series if kind is Kind.TIME else labels(series, kind)
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def _knows(one: npt.NDArray[np.int64], two: npt.NDArray[np.int64]) -> float:
    """Say how much better the levels of one foretell those of the other than always saying the commonest."""
    table = np.bincount(one * (two.max() + 1) + two, minlength=(one.max() + 1) * (two.max() + 1))
    table = table.reshape(one.max() + 1, two.max() + 1)
    foretold, commonest = table.max(axis=1).sum() / one.size, table.sum(axis=0).max() / one.size
    return float((foretold - commonest) / (1 - commonest)) if commonest < 1 else 0.0


def _sampled(seed: int) -> Sample:
    return Sample(whole_at_most=ROWS_AT_MOST, sample_rows=ROWS_AT_MOST, seed=seed)


class _Young:
    """Counts rows that are younger than their source can be whole."""

    def __init__(self, lateness: Lateness | None, now: datetime) -> None:
        self._lateness, self._now = lateness, now
        self._rows = 0
        self._latest: pd.Timestamp | None = None

    def see(self, times: pd.Series[Any]) -> None:
        if self._lateness is not None:
            self._latest = stamp_like(self._now - timedelta(days=self._lateness.days), times)
            self._rows += int((times > self._latest).sum())

    def findings(self, clock: ColumnRule | None) -> list[GateFinding]:
        """Say how many there were."""
        assert self._lateness is not None
        late = f"{self._lateness.source} comes {counted(self._lateness.days, 'day')} late"
        if clock is None or self._latest is None:
            what = f"{late}, but no column holds the time of a row."
            return [GateFinding(what, Severity.WARNING, "data.time", allowed="a time column")]
        if not self._rows:
            return []
        day = f"{self._latest:%Y-%m-%d}"
        what = f"{counted(self._rows, 'row', 'are')} dated after {day}, although {late}: they cannot be complete yet."
        return [GateFinding(what, locator=clock.name, seen=counted(self._rows, "row"), allowed=f"none after {day}")]
