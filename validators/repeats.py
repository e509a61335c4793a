"""Rows of a window that ask the same case again: they make nothing surer, and each case is judged once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from flywheel.errors import counted
from validators.columns import Mask, missing_mask
from validators.profiles import Profile

BY_CHANCE_AT_MOST = 0.1
"""Of the pairs of equal rows, so many may be equal by chance for equality to be taken for a repeat."""
TOLD_FROM, TOLD_SHARE = 20, 0.01
"""One case that comes so often, and makes this share of the rows, is news of its own."""


@dataclass(frozen=True)
class Cases:
    """One row of each case, in their order, and what is to be said of those that came again."""

    rows: pd.DataFrame
    asked: int
    most: int

    def words(self) -> str:
        """Say how many cases there were, where rows asked one again."""
        if len(self.rows) == self.asked:
            return ""
        return f"{counted(self.asked, 'row')} ask {counted(len(self.rows), 'case')}, and each case is judged once"

    def flood(self) -> str:
        """Say that one case makes a part of the traffic by itself; nothing where none does."""
        if self.most < max(TOLD_FROM, TOLD_SHARE * self.asked) or self.most * len(self.rows) < 2 * self.asked:
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
        return Cases(rows, len(rows), 1)
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
    return Cases(rows[~known.duplicated().to_numpy()], len(rows), int(most))


def _holds_most(rows: pd.DataFrame, profile: Profile) -> Mask:
    """Say which rows hold at least half of the columns that are filled in most rows of the reference."""
    usual = [one for one in profile.columns if one.name in rows and 2 * one.present >= one.rows]
    held = np.zeros(len(rows))
    for column in usual:
        held += ~missing_mask(rows[column.name], column.codes)
    return np.asarray(2 * held >= max(len(usual), 1), dtype=bool)
