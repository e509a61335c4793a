"""DATA-003: no code, unit, merged category or dead column has crept in since the reference was frozen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from flywheel.domain.gates import GateFinding
from flywheel.errors import counted
from flywheel.project.reading.table import Table
from flywheel.project.tabular.certainty import ALONE, Units
from validators.averages import of_all
from validators.batches import BatchState, ColumnState
from validators.crowding import Weight
from validators.crowds import Counted, Crowd, judgeable
from validators.known_values import rows_of
from validators.neighbours import Neighbours
from validators.profiles import ColumnProfile, Profile
from validators.protocol import Judgement, gate, not_applicable
from validators.rendering import table_report
from validators.sentinel_limits import SentinelLimits
from validators.sentinel_units import Change
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
    renamed,
)
from validators.statistics import share_effect
from validators.unit_changes import Unit


class Sentinel(StrEnum):
    """What kind of corruption a finding names."""

    POINT_MASS = "new point mass"
    NULL_SWAP = "null swap"
    UNIT = "unit change"
    RENAMED = "renamed category"
    MERGE = "merged categories"
    LOST = "lost value"
    CONSTANT = "constant column"
    ALIVE = "column with values for the first time"
    DEAD = "column without a value"


LIMITS = SentinelLimits()
LEAST_GROWTH = 3.0
"""By so many deviations a name grows that took another one in; by fewer any may grow."""


@gate("DATA-003")
def check(
    current: pd.DataFrame | Table | BatchState,
    *,
    profile: Profile | None,
    units: Units = ALONE,
    limits: SentinelLimits = LIMITS,
) -> Judgement:
    """Judge a window or a new training table against a frozen reference, where there is one."""
    if profile is None:
        return not_applicable(
            "No version had been released by then whose training rows (at least 100) could be the reference."
        )
    least, what_for = limits.rows_at_least, "to tell a corruption from chance"
    seen = judgeable(current, profile, units, rows_at_least=least, what_for=what_for)
    return seen if isinstance(seen, Judgement) else _judge(seen, profile, limits)


def _judge(seen: Counted, profile: Profile, limits: SentinelLimits) -> Judgement:
    pairs = list(zip(profile.columns, seen.judged.columns, seen.told.columns, strict=True))
    chance = limits.false_alarm_rate / max(sum(4 + len(b.masses) + len(n.top) for b, n, _ in pairs), 1)
    found = [(one[0].name, *kind) for one in pairs for kind in _Column(*one, limits, chance, seen.crowd).found()]
    rows = [(name, kind.value, finding.what, finding.allowed, finding.seen) for name, kind, finding in found]
    columns = ("column", "kind", "what was noticed", "before", "now")
    rows_now, before = counted(seen.told.rows, "row"), counted(profile.rows, "row")
    note = f"{rows_now} in {counted(len(pairs), 'column')}, against a reference of {before}"
    report = table_report("sentinels.html", "Sudden codes, units and dead columns", columns, rows, note=note)
    findings = tuple(finding for _, _, finding in found)
    figures = {"rows": seen.told.rows, "columns": len(pairs), "sentinels": len(found)}
    return Judgement(findings, evaluated=len(pairs), figures=figures, reports=(report,))


Found = tuple[Sentinel, GateFinding]


def _took_in(new: float, was: float, gone: float, *, by_chance: float) -> bool:
    """Whether a share grew as by all that is gone, and not as all others do where those rows no longer come."""
    as_all_others = was / (1 - gone) if was else 0.0
    return new - as_all_others >= max(was + gone - new, LEAST_GROWTH * by_chance)


@dataclass(frozen=True)
class _Column:
    """One column before and now."""

    before: ColumnProfile
    now: ColumnState
    told: ColumnState
    """Of all rows, where `now` holds few of a busy entity."""
    limits: SentinelLimits
    chance: float
    crowd: Crowd

    @property
    def cases(self) -> Weight:
        """So many rows weigh as one."""
        return self.crowd.weight

    def found(self) -> list[Found]:
        """Name what happened, the most telling explanation first; what it explains is not told again."""
        if self._is_alive():
            return [(Sentinel.ALIVE, became_alive(self.before, self.told))]
        if self._is_dead():
            return [(Sentinel.DEAD, became_empty(self.before))]
        if not self.before.present or not self.now.present or not (self.before.mass_counts or self.before.bins):
            return []
        if only := self._only_value():
            return [(Sentinel.CONSTANT, became_constant(self.before, *only))]
        if units := self._other_unit():
            return [(Sentinel.UNIT, has_other_unit(self.before, units, of_all(self.before, self.told)))]
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
        common_value = self.before.levels[0][0] if self.before.levels else None
        return self.crowd.is_uneven(
            others,
            self.now.rows,
            earlier=earlier,
            earlier_of=self.before.rows,
            chance=self.chance,
            held=lambda holders: holders.cases(self.before, lambda values: values != common_value),
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
        return self.crowd.lacks_by_chance(self.before, self.now.missing, self.now.rows)

    def _other_unit(self) -> tuple[Unit, ...]:
        def found(now: ColumnState) -> tuple[Unit, ...]:
            return Change(self.before, now, self.limits, self.chance, self.cases).found() if now.present else ()

        units = found(self.now)
        return units if units and self.crowd.stands(self.before, lambda others: bool(found(others))) else ()

    def _changed(self) -> Iterator[tuple[float | str, tuple[float, float]]]:
        """Give single values whose share is another one, with the share before and now."""
        beside = Neighbours(self.before, self.now)
        for value, count in self._counts_now().items():
            least, earlier = rows_of(value, self.before)
            share, other = count / self.now.present, earlier / self.before.present
            is_large = share_effect(share, least / self.before.present) >= self.limits.mass_step_at_least
            is_large = is_large and abs(share - other) >= self.limits.share_at_least
            if not is_large:
                continue
            if self._is_uneven(value, count, earlier) and (
                isinstance(value, str) or self._is_its_own(beside, value, (other, share))
            ):
                yield value, (other, share)

    def _is_uneven(self, value: float | str, count: int, earlier: int) -> bool:
        return self.crowd.is_uneven(
            count,
            self.now.present,
            earlier=earlier,
            earlier_of=self.before.present,
            chance=self.chance,
            held=lambda holders: holders.cases(self.before, lambda values: values == value),
        )

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
            told = self.told.missing / self.told.rows
            if moved > 0 > new - old and other < 0.25 * share:
                yield value, nulls_became(self.before, value, (old, told), self._told(value, share) * (1 - told))
            elif moved < 0 < new - old and share < 0.25 * other:
                yield value, became_missing(self.before, value, (old, told), other * (1 - old))

    def _merges(
        self, changed: dict[float | str, tuple[float, float]]
    ) -> Iterator[tuple[tuple[float | str, ...], Sentinel, GateFinding]]:
        """Match values that are gone with a new name that came as often, else with one that grew by as much."""
        taken: set[float | str] = set()
        gone = {v: old for v, (old, new) in changed.items() if new <= 0.05 * old and self._expected(old)}
        for value, old in sorted(gone.items(), key=lambda one: -one[1]):
            spread = self.cases.now / self.now.present + self.cases.before / self.before.present
            noise = 4 * np.sqrt(old * (1 - old) * spread)
            alike = [
                (bool(was), abs(new - was - old), name, (was, new))
                for name, (was, new) in self._shares().items()
                if name not in taken | gone.keys() and abs(new - was - old) <= 0.25 * old + noise
                if _took_in(new, was, old, by_chance=np.sqrt(was * (1 - was) * spread))
            ]
            if not alike or self.before.is_numeric:
                yield (value,), Sentinel.LOST, lost_value(self.before, value, old)
                continue
            is_known, _, name, (was, new) = min(alike, key=lambda one: one[:2])
            now = self._told(name, new)
            taken.add(name)
            if is_known:
                yield (value, name), Sentinel.MERGE, merged_into(self.before, value, name, old, (was, now))
            else:
                yield (value, name), Sentinel.RENAMED, renamed(self.before, value, name, old, now)

    def _new(self, changed: list[tuple[float | str, tuple[float, float]]]) -> list[Found]:
        fresh = [(v, old, new) for v, (old, new) in changed if old < 0.25 * new and new >= self.limits.share_at_least]
        fresh.sort(key=lambda one: -one[2])
        told = [(value, (old, self._told(value, new))) for value, old, new in fresh[:3]]
        more = max(len(fresh) - 3, 0)
        return [(Sentinel.POINT_MASS, holds_new_value(self.before, *one, more=more)) for one in told]

    def _told(self, value: float | str, share: float) -> float:
        return self.crowd.told(self.before, lambda values: values == value, otherwise=share)

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
