"""Rows of a window that ask the same case again: all count in shares, and they make nothing surer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from flywheel.errors import counted, shorten
from flywheel.project.tabular.certainty import ALONE, Units, units_of
from validators.columns import Mask, missing_mask
from validators.crowding import ENTITIES_AT_LEAST, rows_per_case, thinned, units_in
from validators.profiles import Profile

BY_CHANCE_AT_MOST = 0.1
"""Of the pairs of equal rows, so many may be equal by chance for equality to be taken for a repeat."""
TOLD_FROM, TOLD_SHARE = 20, 0.01
"""One case that comes so often, and makes this share of the rows, is news of its own."""
STUCK_FROM, STUCK_SHARE, STUCK_TIMES = 200, 0.5, 50
"""Of so many rows one case makes this share, or each comes so often: a feed that is stuck looks like that."""
BUSY_SHARE, BUSIER = 0.1, 2.0
"""One entity that makes this share of so many rows, and so many times the largest of the reference, is news too."""
CASES_AT_LEAST = 20
"""A window of fewer is judged by nothing that needs more, and never will be however long the same few ask."""


@dataclass(frozen=True)
class Busiest:
    """The entity that most rows name."""

    name: str
    rows: int
    before: float = 0.0
    """The largest share that one entity made in the reference."""

    def makes(self, share: float, *, of: int) -> bool:
        """Whether it makes this share of what the others leave, and far more than any did in the reference."""
        own = self.rows / of
        return own >= BUSIER * self.before and own >= share

    def words(self, of: int) -> str:
        """Say who it is, and how much comes from there."""
        return f"{self.rows:,} of {counted(of, 'row')} ({self.rows / of:.0%}) name one entity, {shorten(self.name, 40)}"


@dataclass(frozen=True)
class Cases:
    """The rows of a window, which of them tell no more than one, and what is to be said of those that came again."""

    rows: pd.DataFrame
    most: int
    cases: int
    """Different ones: equal rows of one entity, or equal rows of nobody in whom chance does not explain it, are one."""
    units: Units = ALONE
    """Which of the rows are of one entity, where the reference is of many, and else of one case."""
    busiest: Busiest | None = None
    """Known there alone."""

    @property
    def asked(self) -> int:
        """Count the rows."""
        return len(self.rows)

    @cached_property
    def _counts(self) -> Mask:
        return thinned(self.units, len(self.rows))

    @cached_property
    def judged(self) -> pd.DataFrame:
        """The rows by which the window is judged: of one entity so many at most that it cannot speak for the others."""
        return self.rows if self._counts.all() else self.rows[self._counts]

    @cached_property
    def weight(self) -> float:
        """Say as how many cases that stand alone the rows weigh, if an entity's rows tell no more than one of them."""
        return len(self.judged) / rows_per_case(self.units.only(self._counts))

    def words(self) -> str:
        """Say how many cases there were, where rows asked one again."""
        said = []
        if self.asked != self.cases:
            said.append(f"{counted(self.asked, 'row')} ask {counted(self.cases, 'case')}")
        if self.units.codes is not None:
            entities = self.units.count(len(self.rows))
            whose = "" if self.busiest is None else f" of {entities:,} entities" if entities > 1 else " of one entity"
            judged = f"{counted(len(self.judged), 'row')}{whose}"
            said.append(f"{judged} are judged, and count as {self.weight:,.0f} independent ones")
        return "; ".join(said)

    def stuck(self, *, is_blind: bool) -> str:
        """Say that what comes is hardly traffic any more, so that people must look; nothing as a rule.

        Few cases that come again and again are judged by nothing that asks for more of them (`is_blind`): that all is
        well with them nobody knows.
        """
        if self.asked < STUCK_FROM:
            return ""
        if self.most >= STUCK_SHARE * self.asked:
            what = f"{self.most:,} of {counted(self.asked, 'row')} are the same case"
        elif is_blind and self._comes_again():
            what = f"{counted(self.asked, 'row')} ask about only {counted(self.cases, 'case')}, too few to be judged"
        else:
            return self._crowded()
        return f"{what}: the feed may be stuck, or send what its caller uses for missing{self._who()}"

    def _crowded(self) -> str:
        """Say that one entity, or a handful, asks nearly all: what they hold is judged as so few cases."""
        if self.busiest is None:
            return ""
        if self.busiest.makes(STUCK_SHARE, of=self.asked):
            return (
                f"{self.busiest.words(self.asked)}; a look-up may have failed, and drift checks count these rows "
                "as hardly more than one case"
            )
        if self.weight < CASES_AT_LEAST:
            entities = self.units.count(len(self.rows))
            return (
                f"{counted(self.asked, 'row')} name {f'{entities:,} entities' if entities > 1 else 'one entity'} and "
                f"count as {counted(round(self.weight), 'case')}, too few to be judged however many more "
                f"arrive{self._who()}"
            )
        return ""

    def _who(self) -> str:
        is_told = self.busiest is not None and self.busiest.makes(BUSY_SHARE, of=self.asked)
        return f"; {self.busiest.words(self.asked)}" if self.busiest is not None and is_told else ""

    def _comes_again(self) -> bool:
        return self.asked >= max(STUCK_FROM, STUCK_TIMES * self.cases)

    def flood(self) -> str:
        """Say that one case makes a part of the traffic by itself, or that all come again and again; else nothing."""
        if self.asked >= STUCK_FROM and self._who():
            return f"{self._who().removeprefix('; ')}: a look-up may have failed, or one caller asks for many"
        if self._comes_again():
            return (
                f"{counted(self.asked, 'row')} ask {counted(self.cases, 'case')}, each {self.asked / self.cases:,.0f} "
                "times on average: if the cases should differ, the feed is stuck"
            )
        if self.most < max(TOLD_FROM, TOLD_SHARE * self.asked) or self.most * self.cases < 2 * self.asked:
            return ""
        return (
            f"{self.most:,} of {counted(self.asked, 'row')} ask about the same case; it counts as one, so that a "
            "fault in it raises no alarm: ask its caller"
        )


def cases_of(rows: pd.DataFrame, entities: pd.Series[Any], profile: Profile) -> Cases:
    """Say which rows ask one case: equal ones of one entity, or of nobody in whom chance does not explain it.

    Where rows of the reference are equal as often, and where a row lacks most of what is usually filled, rows of no
    entity are a case each.
    """
    if rows.empty or not len(rows.columns):
        return Cases(rows, 1, len(rows))
    content = pd.util.hash_pandas_object(rows, index=False).to_numpy()
    is_nobodys = entities.isna().to_numpy()
    is_whole = _holds_most(rows, profile)
    sizes = np.unique(content[is_nobodys & is_whole], return_counts=True)[1].astype(np.float64)
    by_chance = profile.alike * float(sizes.sum()) * float(sizes.sum() - 1)
    is_repeated = by_chance <= BY_CHANCE_AT_MOST * float((sizes * (sizes - 1)).sum())
    stands_alone = is_nobodys & ~(is_whole & is_repeated)
    alone = np.where(stands_alone, np.arange(len(rows)), -1)
    named = pd.factorize(entities)[0]
    case = pd.DataFrame({"named": named, "content": content, "alone": alone}).groupby(
        ["named", "content", "alone"], sort=False
    )
    codes = case.ngroup().to_numpy()
    times = np.bincount(codes)
    whose = np.where(named < 0, -1 - codes, named) if profile.is_of_entities else codes
    return Cases(rows, int(times.max()), int(times.size), units_of(whose), _busiest(entities, profile))


def that_stand_alone(cases: Cases, before: pd.DataFrame, *, entity: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take as many rows of the window as of its reference of which no two are of one unit, for who takes rows as such.

    On either side whoever has more rows is likelier among them. All rows of a panel stand alone, as all that are of
    nobody in the reference.
    """
    known = units_in(before[entity]) if entity in before else ALONE
    if known.count(len(before)) < ENTITIES_AT_LEAST:
        known = ALONE
    if cases.units.codes is None and known.codes is None:
        return cases.rows, before
    most = min(cases.units.count(cases.asked), known.count(len(before)))
    return cases.units.one_each(cases.rows, seed=0, at_most=most), known.one_each(before, seed=1, at_most=most)


def _busiest(entities: pd.Series[Any], profile: Profile) -> Busiest | None:
    named = entities.value_counts()
    if not profile.is_of_entities or named.empty:
        return None
    return Busiest(str(named.index[0]), int(named.iloc[0]), profile.largest)


def _holds_most(rows: pd.DataFrame, profile: Profile) -> Mask:
    """Say which rows hold at least half of the columns that are filled in most rows of the reference."""
    usual = [one for one in profile.columns if one.name in rows and 2 * one.present >= one.rows]
    held = np.zeros(len(rows))
    for column in usual:
        held += ~missing_mask(rows[column.name], column.codes)
    return np.asarray(2 * held >= max(len(usual), 1), dtype=bool)
