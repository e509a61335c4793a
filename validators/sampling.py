"""A bounded sample of the rows that go by: all of them while they are few, and the same ones however they were cut."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd


class Sample:
    """Keeps every row up to `whole_at_most`, and of more rows the `sample_rows` whose places hash lowest."""

    def __init__(self, *, whole_at_most: int, sample_rows: int, seed: int = 0) -> None:
        self.rows = 0
        self._whole_at_most, self._sample_rows = whole_at_most, sample_rows
        self._seed = np.uint64(seed) * np.uint64(0x9E3779B9)
        self._kept: list[pd.DataFrame] = []
        self._ranks: list[npt.NDArray[np.uint64]] = []
        self._highest = np.uint64(2**64 - 1)

    @property
    def is_whole(self) -> bool:
        """Whether no row was left out."""
        return self.rows <= self._whole_at_most

    def see(self, part: pd.DataFrame) -> None:
        """Let the next rows go by."""
        ranks = pd.util.hash_array(np.arange(self.rows, self.rows + len(part), dtype=np.uint64) + self._seed)
        self.rows += len(part)
        chosen = np.flatnonzero(ranks <= self._highest)
        if not chosen.size and self._kept:
            return
        self._kept.append(part if chosen.size == len(part) else part.iloc[chosen])
        self._ranks.append(ranks[chosen])
        if not self.is_whole and sum(rank.size for rank in self._ranks) > 2 * self._sample_rows:
            self._shrink()

    def frame(self) -> pd.DataFrame:
        """Give the rows in their order; at least one part must have gone by."""
        if not self.is_whole:
            self._shrink()
        return pd.concat(self._kept, ignore_index=True) if len(self._kept) > 1 else self._kept[0].reset_index(drop=True)

    def _shrink(self) -> None:
        ranks, kept = np.concatenate(self._ranks), pd.concat(self._kept, ignore_index=True)
        self._highest = np.partition(ranks, self._sample_rows - 1)[self._sample_rows - 1]
        is_low = ranks <= self._highest
        self._kept, self._ranks = [kept[is_low]], [ranks[is_low]]
