"""Rows of a window that ask the same case again: they make nothing surer, and each case is judged once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from flywheel.errors import counted
from flywheel.project.tabular.certainty import ALONE, Units
from validators.columns import Mask, missing_mask
from validators.crowding import rows_per_case, thinned, units_in
from validators.profiles import Profile

BY_CHANCE_AT_MOST = 0.1
"""Of the pairs of equal rows, so many may be equal by chance for equality to be taken for a repeat."""
TOLD_FROM, TOLD_SHARE = 20, 0.01
"""One case that comes so often, and makes this share of the rows, is news of its own."""
STUCK_FROM, STUCK_SHARE, STUCK_TIMES = 200, 0.5, 50
"""Of so many rows one case makes this share, or each comes so often: a feed that is stuck looks like that."""


@dataclass(frozen=True)
class Cases:
    """One row of each case, in their order, and what is to be said of those that came again.

    Of one entity so many rows are kept at most that it cannot speak for the window.
    """

    rows: pd.DataFrame
    asked: int
    most: int
    cases: int
    units: Units = ALONE
    """Which of the rows are of one entity, where the reference is of many."""

    @property
    def weight(self) -> float:
        """Say as how many cases that stand alone the rows weigh, if an entity's rows tell no more than one of them."""
        return len(self.rows) / rows_per_case(self.units)

    def words(self) -> str:
        """Say how many cases there were, where rows asked one again."""
        said = []
        if self.asked != self.cases:
            said.append(f"{counted(self.asked, 'row')} ask {counted(self.cases, 'case')}, and each case is judged once")
        if self.units.codes is not None:
            rows, entities = len(self.rows), self.units.count(len(self.rows))
            whose = f"{entities:,} entities" if entities > 1 else "one entity"
            said.append(f"{rows:,} rows of {whose} are judged, and weigh as {self.weight:,.0f} that stand alone")
        return "; ".join(said)

    def stuck(self, *, is_blind: bool) -> str:
        """Say that what comes is hardly traffic any more, so that people must look; nothing as a rule.

        Few cases that come again and again are judged by nothing that asks for more of them (`is_blind`): that all is
        well with them nobody knows.
        """
        if self.asked < STUCK_FROM:
            return ""
        if self.most >= STUCK_SHARE * self.asked:
            what = f"{self.most:,} of {counted(self.asked, 'row')} are one and the same case"
        elif is_blind and self._comes_again():
            what = f"{counted(self.asked, 'row')} ask no more than {counted(self.cases, 'case')}, too few to be judged"
        else:
            return ""
        return f"{what}: the feed may be stuck, or send what its caller takes for missing"

    def _comes_again(self) -> bool:
        return self.asked >= max(STUCK_FROM, STUCK_TIMES * self.cases)

    def flood(self) -> str:
        """Say that one case makes a part of the traffic by itself, or that all come again and again; else nothing."""
        if self._comes_again():
            return (
                f"{counted(self.asked, 'row')} ask {counted(self.cases, 'case')}, each {self.asked / self.cases:,.0f} "
                "times as a rule: where cases change in truth, the feed is stuck"
            )
        if self.most < max(TOLD_FROM, TOLD_SHARE * self.asked) or self.most * self.cases < 2 * self.asked:
            return ""
        return (
            f"{self.most:,} of {counted(self.asked, 'row')} ask one and the same case; it is judged as one row, so "
            "that what is wrong with it rings nothing: ask its caller"
        )


def cases_of(rows: pd.DataFrame, entities: pd.Series[Any], profile: Profile) -> Cases:
    """Keep one row of each case: equal rows of one entity, or equal rows of nobody in whom chance does not explain it.

    Where rows of the reference are equal as often, and where a row lacks most of what is usually filled, rows of no
    entity all count.
    """
    if rows.empty or not len(rows.columns):
        return Cases(rows, len(rows), 1, len(rows))
    content = pd.util.hash_pandas_object(rows, index=False).to_numpy()
    is_nobodys = entities.isna().to_numpy()
    is_whole = _holds_most(rows, profile)
    sizes = np.unique(content[is_nobodys & is_whole], return_counts=True)[1].astype(np.float64)
    by_chance = profile.alike * float(sizes.sum()) * float(sizes.sum() - 1)
    is_repeated = by_chance <= BY_CHANCE_AT_MOST * float((sizes * (sizes - 1)).sum())
    stands_alone = is_nobodys & ~(is_whole & is_repeated)
    alone = np.where(stands_alone, np.arange(len(rows)), -1)
    known = pd.DataFrame({"entity": entities.astype("str").to_numpy(), "content": content, "alone": alone})
    most = known.groupby(["entity", "content", "alone"], sort=False, dropna=False).size().max()
    is_first = ~known.duplicated().to_numpy()
    once, whose = rows[is_first], entities[is_first].reset_index(drop=True)
    units = units_in(whose) if profile.is_of_entities else ALONE
    counts = thinned(units, len(once))
    return Cases(once[counts], len(rows), int(most), len(once), units.only(counts))


def _holds_most(rows: pd.DataFrame, profile: Profile) -> Mask:
    """Say which rows hold at least half of the columns that are filled in most rows of the reference."""
    usual = [one for one in profile.columns if one.name in rows and 2 * one.present >= one.rows]
    held = np.zeros(len(rows))
    for column in usual:
        held += ~missing_mask(rows[column.name], column.codes)
    return np.asarray(2 * held >= max(len(usual), 1), dtype=bool)
