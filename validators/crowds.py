"""A window counted twice, as it is judged and as it is told, with who holds what one of its columns is accused of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import Table, table_of
from flywheel.project.tabular.certainty import ALONE, Units
from validators.batches import BatchState, ColumnState, looked_at, merge, observe, observe_column
from validators.columns import Mask, labels, missing_mask, numbers, seconds
from validators.crowding import Weight, cases_in, rows_per_case, thinned
from validators.profiles import ColumnProfile, Profile
from validators.protocol import Judgement

HELD_BY_AT_LEAST = 3
"""What fewer cases show is what somebody sends, and no feed."""
Meant = Callable[[Any], Any]
"""Says of a series of values which are meant: numbers, times in seconds, or words."""


@dataclass(frozen=True)
class Holders:
    """The rows that are judged, and of which entities they are."""

    rows: Table
    units: Units = ALONE

    def cases(self, column: ColumnProfile, meant: Meant) -> float:
        """Say as how many cases the rows weigh that hold what is meant."""
        present, values = self._held(column)
        present[present] = np.asarray(meant(values), dtype=bool)
        return cases_in(self.units, present)

    def missing_cases(self, column: ColumnProfile) -> float:
        """Say as how many cases the rows weigh that lack a value."""
        return cases_in(self.units, ~self._held(column)[0])

    def share(self, column: ColumnProfile, meant: Meant) -> float:
        """Give the share of the values that are meant."""
        values = self._held(column)[1]
        return float(np.asarray(meant(values), dtype=bool).sum()) / max(len(values), 1)

    def one_each(self, column: ColumnProfile) -> tuple[int, int]:
        """Count values, and how many are different, if each entity came once."""
        present, values = self._held(column)
        first = ~pd.Series(self.units.numbers(present.size)[present]).duplicated().to_numpy()
        return int(first.sum()), int(values[first].nunique())

    def without_busiest(self, column: ColumnProfile) -> ColumnState:
        """Count a column without the entity that has most of its rows."""
        series = self.rows.whole([column.name])[column.name]
        codes = self.units.numbers(len(series))
        return observe_column(series[codes != np.bincount(codes).argmax()], column)

    def _held(self, column: ColumnProfile) -> tuple[Mask, pd.Series[Any]]:
        series = self.rows.whole([column.name])[column.name]
        present = ~missing_mask(series, column.codes)
        if column.is_numeric:
            return present, pd.Series(numbers(series)[present])
        if column.kind == Kind.TIME:
            return present, pd.Series(seconds(series[present]))
        return present, labels(series[present], Kind(column.kind)).reset_index(drop=True)


@dataclass(frozen=True)
class Crowd:
    """When a change is beyond chance in cases: in those that the window weighs as, and in those that show it."""

    weight: Weight
    holders: Holders | None = None
    everybody: Holders | None = None
    """All rows, where some of a busy entity are not judged."""

    def is_uneven(
        self, count: float, of: int, *, earlier: float, earlier_of: int, chance: float, held: Callable[[Holders], float]
    ) -> bool:
        """Whether chance hardly splits two counts so; `held` says by how many cases what came is shown.

        A fall is shown by all that came; a rise by those who hold what rose, however often each of them asks.
        """
        if self.weight.uneven_split(count, of, earlier=earlier, earlier_of=earlier_of) > chance:
            return False
        own = self._shown_by(count, held)
        if own == count or count * earlier_of <= earlier * of:
            return True
        is_more = own >= HELD_BY_AT_LEAST * self.weight.now and own * earlier_of > earlier * of
        return is_more and self.weight.uneven_split(own, of, earlier=earlier, earlier_of=earlier_of) <= chance

    def lacks_by_chance(self, column: ColumnProfile, missing: int, rows: int) -> float:
        """Give the chance that as many rows lack a value as did before."""
        before = {"earlier": column.missing, "earlier_of": column.rows}
        by_chance = self.weight.exact_shares(missing, rows, **before)
        own = self._shown_by(missing, lambda holders: holders.missing_cases(column))
        if own == missing or missing * column.rows <= column.missing * rows:
            return by_chance
        is_more = own >= HELD_BY_AT_LEAST * self.weight.now and own * column.rows > column.missing * rows
        return max(by_chance, self.weight.exact_shares(round(own), rows, **before)) if is_more else 1.0

    def told(self, column: ColumnProfile, meant: Meant, *, otherwise: float) -> float:
        """Give the share of values in all rows, for people; that of the judged ones, where all are judged."""
        return otherwise if self.everybody is None else self.everybody.share(column, meant)

    def stands(self, column: ColumnProfile, shows: Callable[[ColumnState], bool]) -> bool:
        """Whether what a column as a whole shows is shown by the others too, without its busiest entity."""
        return self.holders is None or shows(self.holders.without_busiest(column))

    def _shown_by(self, count: float, held: Callable[[Holders], float]) -> float:
        """Give the rows that count: so many as weigh as those who hold what is meant, where they are fewer."""
        return count if self.holders is None else min(count, held(self.holders) * self.weight.now)


@dataclass(frozen=True)
class Counted:
    """A window or a table against a reference.

    `judged` holds so few rows of a busy entity that it cannot speak for the others; what people are told are the shares
    of all rows.
    """

    judged: BatchState
    told: BatchState
    crowd: Crowd

    @property
    def is_of_few(self) -> bool:
        """Whether fewer cases came than make a feed, however many rows they sent."""
        return self.judged.rows < HELD_BY_AT_LEAST * self.crowd.weight.now


def weighed(
    current: pd.DataFrame | Table | BatchState, profile: Profile, units: Units = ALONE
) -> tuple[list[GateFinding], Counted | None]:
    """Count a table part by part, or say why it cannot be counted; rows of one unit weigh together."""
    if isinstance(current, BatchState):
        if [column.name for column in current.columns] != [column.name for column in profile.columns]:
            raise ValueError("the batch was counted over another profile")
        return [], Counted(current, current, Crowd(Weight(current.rows_per_case, profile.rows_per_case)))
    table = table_of(current)
    kept = thinned(units, table.rows)
    judged_units, weight = units.only(kept), rows_per_case(units.only(kept))
    looks, states, judged, first = looked_at(table, profile), [], [], 0
    for part in table.parts(looks.names):
        looks.see(part)
        if not looks.is_unreadable:
            states.append(observe(part, profile))
            counts = kept[first : first + len(part)]
            judged.append(states[-1] if counts.all() else observe(part[counts], profile))
        first += len(part)
    if problems := looks.problems():
        return problems, None
    state = replace(merge(judged), rows_per_case=weight)
    crowd = Crowd(Weight(weight, profile.rows_per_case), None if units.codes is None else Holders(table, judged_units))
    if kept.all():
        return [], Counted(state, state, crowd)
    rows = table.only(partial(_kept, kept), int(kept.sum()))
    crowd = replace(crowd, holders=Holders(rows, judged_units), everybody=Holders(table))
    return [], Counted(state, merge(states), crowd)


def judgeable(
    current: pd.DataFrame | Table | BatchState, profile: Profile, units: Units, *, rows_at_least: int, what_for: str
) -> Counted | Judgement:
    """Count it, or say that it cannot be read, that too few rows came, or that too few cases sent them."""
    problems, seen = weighed(current, profile, units)
    if seen is None:
        return Judgement(
            tuple(problems), figures={} if isinstance(current, BatchState) else {"rows": table_of(current).rows}
        )
    if rows_at_least <= seen.judged.rows and not seen.is_of_few:
        return seen
    arrived, allowed = counted(seen.judged.rows, "row"), f"at least {rows_at_least}"
    what = f"Only {arrived} arrived; that is not enough {what_for}."
    if rows_at_least <= seen.judged.rows:
        what = f"{arrived} arrived that count as fewer than {HELD_BY_AT_LEAST} cases; that is not enough {what_for}."
    finding = GateFinding(what, Severity.WARNING, "rows", seen=str(seen.judged.rows), allowed=allowed)
    return Judgement((finding,), figures={"rows": seen.judged.rows})


def _kept(kept: Mask, part: pd.DataFrame, first: int) -> pd.DataFrame:
    return part[kept[first : first + len(part)]]
