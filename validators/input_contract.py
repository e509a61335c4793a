"""INPUT-001: live traffic keeps to the declared kinds, ranges, shares of missing values and categories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from flywheel.domain.amounts import written_out
from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted, shorten, some_of
from flywheel.pages.figures import moment
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.certainty import ALONE, Codes, Units
from validators.columns import Mask, column_problems, duplicate_names, labels, missing_mask, numbers, stamp_like
from validators.crowding import cases_in, rows_per_case, thinned
from validators.names import Marks, Names, listed, marks_of
from validators.profiles import ColumnProfile, Profile
from validators.protocol import Judgement, gate
from validators.specs import Bound, ColumnRole, ColumnRule
from validators.spellings import form_before, form_of, respelt
from validators.statistics import share_at_most, too_many


@dataclass(frozen=True)
class TrafficLimits:
    """How much of live traffic may break the contract before somebody has to look.

    A count rings when rows of at least `counted_at_least` entities make it and chance explains it, under the share
    that is allowed, in fewer than `false_alarm_rate` of all windows, shared by all columns. It rings, too, where
    `large_share` of all rows, in a window of `large_from`, break a rule that hardly any may break, whoever sends them:
    one customer's typo is no such share, a look-up that fails is.
    """

    rows_at_least: int = minimum_rows("INPUT-001")
    outside_at_most: float = 0.001
    counted_at_least: int = 3
    large_share: float = 0.1
    large_from: int = 200
    hardly_any: float = 0.01
    false_alarm_rate: float = 0.001


@gate("INPUT-001")
def check(
    frame: pd.DataFrame,
    *,
    rules: tuple[ColumnRule, ...],
    profile: Profile | None = None,
    units: Units = ALONE,
    asked_at: datetime | None = None,
    limits: TrafficLimits = TrafficLimits(),
) -> Judgement:
    """Judge the inputs of a window that ended at a time; the reference says what is not declared."""
    if twice := duplicate_names(frame.columns):
        return Judgement(tuple(twice), figures={"rows": len(frame)})
    wanted = tuple(rule for rule in rules if rule.role is ColumnRole.FEATURE)
    if len(frame) < limits.rows_at_least:
        what = f"Only {counted(len(frame), 'row')} arrived, too few to judge the traffic."
        allowed = f"at least {limits.rows_at_least}"
        finding = GateFinding(what, Severity.WARNING, "rows", seen=str(len(frame)), allowed=allowed)
        missing = [p for rule in wanted if rule.name not in frame for p in column_problems(frame, rule)]
        return Judgement((finding, *missing), figures={"rows": len(frame)})
    known = {column.name: column for column in profile.columns} if profile else {}
    counts, before = thinned(units, len(frame)), profile.rows_per_case if profile else 1.0
    weight = rows_per_case(units.only(counts))
    quarters = profile.quarters_until(asked_at.timestamp() if asked_at else None) if profile else 0.0
    chance = limits.false_alarm_rate / (TESTS * max(len(wanted), 1))
    sure = _Sure(frame, limits, chance, units, counts, weight, before, quarters)
    findings: list[GateFinding] = []
    for rule in wanted:
        findings.extend(_column(frame, rule, known.get(rule.name), sure))
    return Judgement(tuple(findings), evaluated=len(wanted), figures={"rows": len(frame), "columns": len(wanted)})


TESTS = 3
NAMES_TOLD = 3
"""Of a column: what is missing, what lies outside, and how names are written."""


@dataclass(frozen=True)
class _Sure:
    """When a count is believed: enough rows, and too many for chance."""

    frame: pd.DataFrame
    limits: TrafficLimits
    chance: float
    units: Units
    counts: Mask
    """The rows that count: of a busy entity a few."""
    weight: float
    """So many of those weigh as one case, and so many of the reference."""
    weight_before: float
    quarters: float
    """How long ago the reference ended, in quarters of its span."""

    def believes(self, is_odd: Mask, among: Mask, share: float) -> bool:
        """Whether so many of some rows, of enough entities or in so large a share, break a rule that lets few pass."""
        if self._is_large(is_odd, among, share):
            return True
        odd, of = is_odd & self.counts, int((among & self.counts).sum())
        units = np.unique(self.units.numbers(is_odd.size)[is_odd]).size
        count = min(float(odd.sum()), cases_in(self.units, odd) * self.weight)
        is_more = count > share * of and units >= self.limits.counted_at_least
        return is_more and too_many(count / self.weight, of / self.weight, share) <= self.chance

    def is_empty(self, missing: Mask, share: float) -> bool:
        """Whether no row holds a value, where chance would not leave all of them without one."""
        if not missing.all():
            return False
        by_chance = share ** (int(self.counts.sum()) / self.weight)
        return by_chance <= self.chance or self._is_large(missing, np.ones_like(missing), share)

    def _is_large(self, is_odd: Mask, among: Mask, share: float) -> bool:
        """Whether a share that people would look at breaks what hardly any row may: no question of chance.

        One case that comes again and again is no such share, however large it is.
        """
        limits, rows = self.limits, is_odd.size
        is_ruled = share <= limits.hardly_any and rows >= limits.large_from and self.units.codes is not None
        is_large = is_ruled and int(is_odd.sum()) - share * int(among.sum()) >= limits.large_share * rows
        return is_large and len(self.frame[is_odd].drop_duplicates()) >= limits.counted_at_least

    def new_at_most(self, before: ColumnProfile, names: Names) -> float:
        """The share of rows with new names that the reference lets expect by now."""
        weight = self.weight_before
        share = self.at_most(round(names.alone / weight), round(before.present / weight))
        return min(share + names.grown_at_most(self.quarters), 1.0)

    def at_most(self, count: int, of: int) -> float:
        """The share that the reference, itself a sample, still allows."""
        return max(self.limits.outside_at_most, share_at_most(count, of, level=self.chance))


def _column(frame: pd.DataFrame, rule: ColumnRule, before: ColumnProfile | None, sure: _Sure) -> list[GateFinding]:
    if problems := column_problems(frame, rule):
        return problems
    series = frame[rule.name]
    missing = missing_mask(series, rule.missing_codes)
    found = _too_many_missing(rule, missing, before, sure)
    if rule.between is not None and rule.kind in {Kind.NUMBER, Kind.INTEGER, Kind.TIME} and not missing.all():
        found += _beyond(rule, _outside_range(series, rule) & ~missing, sure)
    if rule.kind in {Kind.CATEGORY, Kind.BOOLEAN}:
        found += _unknown(rule, labels(series[~missing], rule.kind), missing, before, sure)
    return [replace(finding, severity=rule.severity) for finding in found]


def _too_many_missing(rule: ColumnRule, missing: Mask, before: ColumnProfile | None, sure: _Sure) -> list[GateFinding]:
    count, rows = int(missing.sum()), missing.size
    if rule.missing_at_most is None:
        weight = sure.weight_before
        share = sure.at_most(round(before.missing / weight), round(before.rows / weight)) if before else 0.0
        if not sure.is_empty(missing, share):
            return []
        what = f"{rule.name} holds no value, only nulls or codes that mean missing."
        return [GateFinding(what, locator=rule.name, seen="100%", allowed=f"at most {share:.2%}, as in the reference")]
    if not sure.believes(missing, np.ones_like(missing), rule.missing_at_most):
        return []
    what = f"{count / rows:.1%} of {rule.name} is missing, by null or by a code that means missing."
    allowed = f"at most {rule.missing_at_most:.2%}"
    return [GateFinding(what, locator=rule.name, seen=f"{count / rows:.2%}", allowed=allowed)]


def _outside_range(series: pd.Series[Any], rule: ColumnRule) -> Mask:
    low, high = rule.between or (None, None)
    values: Any = series if rule.kind is Kind.TIME else pd.Series(numbers(series), index=series.index)
    outside = np.zeros(len(series), dtype=bool)
    if low is not None:
        outside |= (values < _comparable(low, series)).to_numpy(dtype=bool)
    if high is not None:
        outside |= (values > _comparable(high, series)).to_numpy(dtype=bool)
    return outside


def _comparable(bound: Bound, series: pd.Series[Any]) -> Any:
    return stamp_like(bound, series) if isinstance(bound, datetime) else bound


def _beyond(rule: ColumnRule, outside: Mask, sure: _Sure) -> list[GateFinding]:
    count = int(outside.sum())
    if not sure.believes(outside, np.ones_like(outside), sure.limits.outside_at_most):
        return []
    low, high = rule.between or (None, None)
    what = f"{count / outside.size:.1%} of {rule.name} lies outside the declared range."
    allowed = f"from {_shown(low)} to {_shown(high)}"
    return [GateFinding(what, locator=rule.name, seen=counted(count, "row"), allowed=allowed)]


def _shown(bound: Bound | None) -> str:
    if isinstance(bound, datetime):
        return moment(bound)
    return "anything" if bound is None else written_out(float(bound))


def _unknown(
    rule: ColumnRule, present: pd.Series[Any], missing: Mask, before: ColumnProfile | None, sure: _Sure
) -> list[GateFinding]:
    """Find names that nobody had, or that are written as none was: lists of names grow, and keep to their forms."""
    known, allowed = listed(rule.categories), sure.limits.outside_at_most
    if not rule.categories and before is not None:
        known, allowed = before.names, sure.new_at_most(before, before.names)
    if not known.marks or not len(present):
        return []
    codes, names = pd.factorize(present)
    is_new, among = _new(marks_of(names), codes, known, missing)
    words = "categories that the model does not know"
    if not sure.believes(is_new, among, allowed):
        if rule.categories or before is None:
            return []
        forms, allowed = before.forms, sure.new_at_most(before, before.forms)
        is_new, among = _new(marks_of(map(form_of, names)), codes, forms, missing)
        is_new &= _new(marks_of(map(form_before, names)), codes, forms, missing)[0]
        words = "written as no known category is"
        if not sure.believes(is_new, among, allowed):
            return []
    counts = present[is_new[~missing]].value_counts()
    told = some_of((shorten(str(name), 40) for name in counts.index), most=NAMES_TOLD)
    what = f"{counts.sum() / among.sum():.1%} of {rule.name} are {words}: {told}"
    what += f"; {otherwise}." if (otherwise := respelt(counts, known)) else "."
    seen = shorten(", ".join(map(str, counts.index[:5])))
    held = f"{len(rule.categories) or (before.distinct if before else 0):,} known categories"
    more = f", and others in at most {allowed:.1%}" if allowed > sure.limits.hardly_any else ""
    return [GateFinding(what, locator=rule.name, seen=seen, allowed=f"{held}{more}")]


def _new(marks: Marks, codes: Codes, known: Names, missing: Mask) -> tuple[Mask, Mask]:
    """Say which rows bear a name that is new, and of which that can be said."""
    is_new, among = np.zeros((2, missing.size), dtype=bool)
    among[~missing] = known.judges(marks)[codes]
    is_new[~missing] = (known.judges(marks) & ~known.holds(marks))[codes]
    return is_new, among
