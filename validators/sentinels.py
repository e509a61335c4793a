"""DATA-003: no code, unit, merged category or dead column has crept in since the reference was frozen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from flywheel.project.table import Table, table_of
from flywheel.project.tabular.certainty import ALONE, Units
from validators.averages import of_all, of_free
from validators.batches import FACTORS, BatchState, ColumnState, observe_table
from validators.crowding import Weight
from validators.neighbours import Neighbours
from validators.profiles import ColumnProfile, Profile
from validators.protocol import Judgement, gate, not_applicable
from validators.rendering import table_report
from validators.sentinel_words import (
    became_alive,
    became_constant,
    became_empty,
    became_missing,
    has_other_unit,
    holds_new_value,
    lost_value,
    merged_into,
    nulls_became,
)
from validators.statistics import (
    hellinger_beyond_chance,
    share_effect,
    two_sample_chi_square,
)


class Sentinel(StrEnum):
    """What kind of corruption a finding names."""

    POINT_MASS = "new point mass"
    NULL_SWAP = "null swap"
    UNIT = "unit change"
    MERGE = "merged categories"
    LOST = "lost value"
    CONSTANT = "constant column"
    ALIVE = "column came alive"
    DEAD = "column without a value"


@dataclass(frozen=True)
class SentinelLimits:
    """A change rings when it is large and beyond chance over all tests of the window."""

    rows_at_least: int = minimum_rows("DATA-003")
    share_at_least: float = 0.005
    mass_step_at_least: float = 0.15
    unit_within: float = 0.08
    moved_at_least: float = 0.13
    undone_at_most: float = 0.20
    beside_at_least: float = 3.0
    counted_at_least: int = 20
    false_alarm_rate: float = 0.001


@gate("DATA-003")
def check(
    current: pd.DataFrame | Table | BatchState,
    *,
    profile: Profile | None,
    units: Units = ALONE,
    limits: SentinelLimits = SentinelLimits(),
) -> Judgement:
    """Judge a window or a new training table against a frozen reference, where there is one."""
    if profile is None:
        return not_applicable(
            "No version had been released by then whose training rows (at least 100) could be the reference."
        )
    if not isinstance(current, BatchState):
        problems, state = observe_table(current, profile, units)
        if state is None:
            return Judgement(tuple(problems), figures={"rows": table_of(current).rows})
        current = state
    if [column.name for column in current.columns] != [column.name for column in profile.columns]:
        raise ValueError("the batch was counted over another profile")
    if current.rows < limits.rows_at_least:
        what = f"Only {counted(current.rows, 'row')} arrived; that is not enough to tell a corruption from chance."
        finding = GateFinding(what, Severity.WARNING, "rows", str(current.rows), f"at least {limits.rows_at_least}")
        return Judgement((finding,), figures={"rows": current.rows})
    pairs = list(zip(profile.columns, current.columns, strict=True))
    chance = limits.false_alarm_rate / max(sum(4 + len(b.masses) + len(n.top) for b, n in pairs), 1)
    cases = Weight(current.rows_per_case, profile.rows_per_case)
    found = [(old.name, *one) for old, new in pairs for one in _Column(old, new, limits, chance, cases).found()]
    rows = [(name, kind.value, finding.what, finding.allowed, finding.seen) for name, kind, finding in found]
    columns = ("column", "kind", "what was noticed", "before", "now")
    seen, before = counted(current.rows, "row"), counted(profile.rows, "row")
    note = f"{seen} in {counted(len(pairs), 'column')}, against a reference of {before}"
    report = table_report("sentinels.html", "Sudden codes, units and dead columns", columns, rows, note=note)
    findings = tuple(finding for _, _, finding in found)
    figures = {"rows": current.rows, "columns": len(pairs), "sentinels": len(found)}
    return Judgement(findings, evaluated=len(pairs), figures=figures, reports=(report,))


Found = tuple[Sentinel, GateFinding]


@dataclass(frozen=True)
class _Column:
    """One column before and now."""

    before: ColumnProfile
    now: ColumnState
    limits: SentinelLimits
    chance: float
    cases: Weight

    def found(self) -> list[Found]:
        """Name what happened, the most telling explanation first; what it explains is not told again."""
        if self._is_alive():
            return [(Sentinel.ALIVE, became_alive(self.before, self.now))]
        if self._is_dead():
            return [(Sentinel.DEAD, became_empty(self.before))]
        if not self.before.present or not self.now.present or not (self.before.mass_counts or self.before.bins):
            return []
        if only := self._only_value():
            return [(Sentinel.CONSTANT, became_constant(self.before, *only))]
        if factor := self._factor():
            return [(Sentinel.UNIT, has_other_unit(self.before, factor, of_all(self.before, self.now)))]
        changed = dict(self._changed())
        swaps = list(self._swaps(changed))
        explained = {value for value, _ in swaps}
        merges = list(self._merges({v: c for v, c in changed.items() if v not in explained}))
        explained |= {value for one in merges for value in one[0]}
        masses = [(v, c) for v, c in changed.items() if v not in explained]
        return [(Sentinel.NULL_SWAP, finding) for _, finding in swaps] + [one[1:] for one in merges] + self._new(masses)

    def _is_alive(self) -> bool:
        if not self.now.present:
            return False
        common = self.before.levels[0][1] if self.before.levels else 0
        if self.before.present and not self.before.distinct:
            return False  # free text, of which nothing is kept
        if self.before.present and (self.before.distinct > 1 and common < 0.9995 * self.before.present):
            return False
        others = self.now.present - (self._count_now(self.before.levels[0][0]) if self.before.present else 0)
        least = 0.01 * self.now.present if self.before.present else self.limits.share_at_least * self.now.rows
        if others / self.cases.now < max(self.limits.counted_at_least, least / self.cases.now):
            return False
        earlier = self.before.present - common
        return (
            self.cases.uneven_split(others, self.now.rows, earlier=earlier, earlier_of=self.before.rows) <= self.chance
        )

    def _only_value(self) -> tuple[float | str, float] | None:
        """Find the one value that is left of a column that had several."""
        counts = self._counts_now()
        if self.before.distinct < 2 or self.now.distinct > 1 or not counts:
            return None
        value = max(counts.items(), key=lambda one: one[1])[0]
        share = self._share_before(value)
        others = round((1 - share) * self.before.present)
        by_chance = self.cases.exact_shares(0, self.now.present, earlier=others, earlier_of=self.before.present)
        return (value, share) if by_chance <= self.chance else None

    def _is_dead(self) -> bool:
        """Whether a column that held values arrives without one, beyond what chance does to a seldom filled one."""
        return not self.now.present and self.before.present > 0 and self._missing_by_chance() <= self.chance

    def _missing_by_chance(self) -> float:
        before, now = self.before, self.now
        return self.cases.exact_shares(now.missing, now.rows, earlier=before.missing, earlier_of=before.rows)

    def _factor(self) -> float | None:
        """Find the unit between the averages, where the values truly moved."""
        if not self.before.is_numeric:
            return None
        old = np.array([*self.before.mass_counts, *self.before.bins], dtype=np.float64)
        new = np.array([*self.now.mass_counts, *self.now.bins], dtype=np.float64)
        old, new = self.cases.gathered(old, new)
        moved = hellinger_beyond_chance(old, new)
        if moved < self.limits.moved_at_least or two_sample_chi_square(old, new) > self.chance:
            return None
        if self._one_value_moved():
            return None
        ratios = (of_free(self.before, self.now).ratio, of_all(self.before, self.now).ratio)
        near = (
            (self._left_over(at), factor)
            for at, factor in enumerate(FACTORS)
            if any(abs(ratio / factor - 1) <= self.limits.unit_within for ratio in ratios)
        )
        left, factor = min(near, default=(1.0, 1.0))
        return factor if left <= min(self.limits.undone_at_most, moved / 2) else None

    def _left_over(self, at: int) -> float:
        """Measure how far the values are from the reference once they are divided by a factor.

        A unit multiplies every number, so that dividing undoes it; a season moves where they lie, and nothing does.
        Defaults that keep their value, since they are filled in later, are passed over.
        """
        scaled = np.array(self.now.scaled[at], dtype=np.float64)
        masses, bins = len(self.before.mass_counts), len(self.before.bins)
        sides = [(np.array([*self.before.mass_counts, *self.before.bins], dtype=np.float64), scaled[: masses + bins])]
        if len(self.before.edges):
            sides.append((np.array(self.before.bins, dtype=np.float64), scaled[masses + bins :]))
        return min(
            hellinger_beyond_chance(*self.cases.gathered(old, new))
            for old, new in sides
            if min(old.sum() / self.cases.before, new.sum() / self.cases.now) >= self.limits.counted_at_least
        )

    def _one_value_moved(self) -> bool:
        """Whether one repeated value explains the new average, the others being as they were: a code, and no unit."""
        news = [(value, count) for value, count in self.now.top if isinstance(value, float)]
        value, count = max(news, key=lambda one: one[1], default=(0.0, 0))
        if count < self.limits.share_at_least * self.now.present or count == self.now.present:
            return False
        mean = of_all(self.before, self.now)
        rest = (mean.now * self.now.present - value * count) / (self.now.present - count)
        return abs(rest - mean.before) < abs(mean.now - mean.before) / 2

    def _changed(self) -> Iterator[tuple[float | str, tuple[float, float]]]:
        """Give single values whose share is another one, with the share before and now."""
        beside = Neighbours(self.before, self.now)
        for value, count in self._counts_now().items():
            earlier = dict(self.before.levels).get(value, self.before.unlisted_at_most)
            share, other = count / self.now.present, earlier / self.before.present
            is_large = share_effect(share, other) >= self.limits.mass_step_at_least
            is_large = is_large and abs(share - other) >= self.limits.share_at_least
            if not is_large:
                continue
            split = self.cases.uneven_split(count, self.now.present, earlier=earlier, earlier_of=self.before.present)
            if split <= self.chance and (isinstance(value, str) or self._is_its_own(beside, value, (other, share))):
                yield value, (other, share)

    def _is_its_own(self, beside: Neighbours, value: float, shares: tuple[float, float]) -> bool:
        """Whether a number changed alone; such as lie next to one another and rise or fall together are a season."""
        return beside.stands_out(value, shares, times=self.limits.beside_at_least, chance=self.chance)

    def _swaps(self, changed: dict[float | str, tuple[float, float]]) -> Iterator[tuple[float | str, GateFinding]]:
        """Match a change of the missing share with a value that came or went in as many rows."""
        old, new = self.before.missing / self.before.rows, self.now.missing / self.now.rows
        step = abs(old - new)
        if self._missing_by_chance() > self.chance or step < self.limits.share_at_least:
            return
        for value, (other, share) in changed.items():
            moved = share * (1 - new) - other * (1 - old)
            if abs(abs(moved) - step) > 0.25 * step + 3 * np.sqrt(step * self.cases.now / self.now.rows):
                continue
            if moved > 0 > new - old and other < 0.25 * share:
                yield value, nulls_became(self.before, value, (old, new), share * (1 - new))
            elif moved < 0 < new - old and share < 0.25 * other:
                yield value, became_missing(self.before, value, (old, new), other * (1 - old))

    def _merges(
        self, changed: dict[float | str, tuple[float, float]]
    ) -> Iterator[tuple[tuple[float | str, ...], Sentinel, GateFinding]]:
        """Match values that are gone with one that grew by as much."""
        gone = {v: old for v, (old, new) in changed.items() if new <= 0.05 * old and self._expected(old)}
        for value, old in sorted(gone.items(), key=lambda one: -one[1]):
            spread = self.cases.now / self.now.present + self.cases.before / self.before.present
            noise = 4 * np.sqrt(old * (1 - old) * spread)
            grown = [
                (abs(new - was - old), name, (was, new))
                for name, (was, new) in self._shares().items()
                if name not in gone and was > 0 and abs(new - was - old) <= 0.25 * old + noise
            ]
            if grown and not self.before.is_numeric:
                _, name, shares = min(grown, key=lambda one: one[0])
                yield (value, name), Sentinel.MERGE, merged_into(self.before, value, name, old, shares)
            else:
                yield (value,), Sentinel.LOST, lost_value(self.before, value, old)

    def _new(self, changed: list[tuple[float | str, tuple[float, float]]]) -> list[Found]:
        fresh = [(v, old, new) for v, (old, new) in changed if old < 0.25 * new and new >= self.limits.share_at_least]
        fresh.sort(key=lambda one: -one[2])
        return [
            (Sentinel.POINT_MASS, holds_new_value(self.before, value, (old, new), more=max(len(fresh) - 3, 0)))
            for value, old, new in fresh[:3]
        ]

    def _expected(self, share: float) -> bool:
        return share * self.now.present / self.cases.now >= self.limits.counted_at_least

    def _shares(self) -> dict[float | str, tuple[float, float]]:
        return {v: (self._share_before(v), count / self.now.present) for v, count in self._counts_now().items()}

    def _share_before(self, value: float | str) -> float:
        known = dict(zip(self.before.masses, self.before.mass_counts, strict=True)) | dict(self.before.levels)
        return known.get(value, 0) / max(self.before.present, 1)

    def _counts_now(self) -> dict[float | str, int]:
        return dict(zip(self.before.masses, self.now.mass_counts, strict=True)) | dict(self.now.top)

    def _count_now(self, value: float | str) -> int:
        return self._counts_now().get(value, 0)
