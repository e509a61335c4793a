"""What a reference says of columns that had changed for good by its end: they are as its newest rows show them.

A value renamed for good stands in a reference of a year under both names. Later windows hold the new name alone, and
would be accused of a loss that the model has learned.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from flywheel.domain.gates import GateFinding, Severity, Verdict, verdict_from
from flywheel.errors import InputRefused
from flywheel.project.reading.table import Table, table_of
from flywheel.project.tabular.certainty import ALONE, Units
from validators import sentinels
from validators.columns import Floats, Mask
from validators.crowding import units_in
from validators.profiles import ROWS_AT_LEAST, ColumnProfile, Profile, make_profile
from validators.protocol import Checked
from validators.specs import ColumnRule

PARTS = (32, 16, 8, 4)
"""The newest of so many parts, by time, is held against the older half; the least that shows a change begins it."""


def with_its_end(
    profile: Profile,
    reference: pd.DataFrame | Table,
    *,
    rules: tuple[ColumnRule, ...],
    time: str | None,
    entity: str = "",
) -> Profile:
    """Keep beside a profile how columns have been since they changed, where DATA-003 finds that one did."""
    table = table_of(reference)
    if time is None or time not in table.columns:
        return profile
    places = table.whole([time])[time].rank(method="first", ascending=False, na_option="bottom")
    ages = np.asarray(places, dtype=np.float64) - 1
    rows, older = _Rows(table, ages, entity), (table.rows // 2, table.rows)
    watched = {column.name for column in profile.columns}
    open_ones = {rule.name: rule for rule in rules if rule.name in watched}
    latest: list[ColumnProfile] = []
    for size in (table.rows // part for part in PARTS):
        for name in rows.accused((0, size), by=older, rules=tuple(open_ones.values())):
            latest += rows.since_it_changed(open_ones.pop(name), size, older)
    return replace(profile, latest=tuple(latest))


def judged_by_its_end(
    check: Callable[..., Checked], rows: pd.DataFrame | Table, profile: Profile, units: Units
) -> Checked:
    """Let a gate accuse a column that had changed by the end of the reference only where it is not as it was then."""
    first = check(rows, profile=profile, units=units)
    names = accused(first)
    again = tuple(column for column in profile.latest if column.name in names)
    if first.result.verdict not in {Verdict.FAILED, Verdict.WARNED} or not again:
        return first
    second = check(rows, profile=replace(profile, columns=again, latest=()), units=units)
    if second.result.verdict not in {Verdict.FAILED, Verdict.WARNED, Verdict.PASSED}:
        return first
    calm = {column.name for column in again} - accused(second)
    what = "{name} is as it was at the end of the reference, within which it changed permanently."
    return let_off(first, calm, what)


def let_off(checked: Checked, names: Collection[str], what: str) -> Checked:
    """Say why columns are accused of nothing; what is told of the others stays as it is, in words of all rows."""
    still = tuple(found for found in checked.result.findings if found.column not in names)
    said = (GateFinding(what.format(name=name), Severity.INFO, name) for name in sorted(names))
    findings = (*still, *said)
    verdict = verdict_from(findings, evaluated=int(checked.result.figures["evaluated"]))
    return replace(checked, result=replace(checked.result, verdict=verdict, findings=findings))


def accused(checked: Checked) -> set[str]:
    """Name the columns of which a gate says anything bad."""
    heard = {Severity.CRITICAL, Severity.WARNING}
    return {found.column for found in checked.result.findings if found.severity in heard}


_Ages = tuple[int, int]


@dataclass(frozen=True)
class _Rows:
    """The rows of a reference by their age; the newest has none."""

    table: Table
    ages: Floats
    entity: str

    def part(self, ages: _Ages) -> Table:
        """Give the rows of some ages."""
        chosen: Mask = (self.ages >= ages[0]) & (self.ages < ages[1])
        return self.table.only(partial(_chosen, chosen), int(chosen.sum()))

    def accused(self, newer: _Ages, *, by: _Ages, rules: tuple[ColumnRule, ...]) -> list[str]:
        """Name the columns in which DATA-003 finds that some rows are not as others."""
        if min(newer[1] - newer[0], by[1] - by[0]) < ROWS_AT_LEAST or not rules:
            return []
        rows = self.part(newer)
        try:
            profile = make_profile(self.part(by), rules=rules, entity=self.entity)
        except InputRefused:
            return []
        units = units_in(rows.whole([self.entity])[self.entity]) if profile.is_of_entities else ALONE
        return sorted(accused(sentinels.check(rows, profile=profile, units=units)) & {rule.name for rule in rules})

    def since_it_changed(self, rule: ColumnRule, size: int, older: _Ages) -> tuple[ColumnProfile, ...]:
        """Profile a column by the newest rows, and by those before them that had changed in the same way."""
        while 2 * size <= older[0]:
            before = (size, 2 * size)
            is_other = self.accused(before, by=(0, size), rules=(rule,))
            if is_other or not self.accused(before, by=older, rules=(rule,)):
                break
            size *= 2
        try:
            return make_profile(self.part((0, size)), rules=(rule,), entity=self.entity).columns
        except InputRefused:
            return ()  # one that could judge nothing


def _chosen(mask: Mask, part: pd.DataFrame, first: int) -> pd.DataFrame:
    return part[mask[first : first + len(part)]]
