"""How often each value came, in eight bytes for each different one, over parts of any number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

Hashes = npt.NDArray[np.uint64]
Times = npt.NDArray[np.int64]

HELD_AT_MOST = 4_000_000
"""So many keys of different parts are held before it is tried whether they are the same ones."""
RANGE_KEYS = 1_000_000
"""Keys of all parts are compared in ranges of about so many, so that they need not be held twice."""


@dataclass(frozen=True)
class Chunk:
    """Different keys in order, with how often each came; no `times` where every one came once."""

    keys: Hashes
    times: Times | None = None


@dataclass(frozen=True)
class Keys:
    """What was counted on one or more parts.

    Numbers and times are their own keys, texts are hashed: two among ten million texts agree by chance once in 370,000
    tables.
    """

    chunks: tuple[Chunk, ...] = ()
    size: int = 0
    held_at_most: int = 0

    @property
    def distinct(self) -> int:
        """Count the different keys."""
        return self._summed[0]

    @property
    def repeated(self) -> int:
        """Count the rows whose key came more than once."""
        return self._summed[1]

    @property
    def rarest(self) -> int:
        """Say how often the rarest key came; nothing where there is none."""
        return self._summed[2]

    def plus(self, other: Keys) -> Keys:
        """Add the counts of other rows."""
        both = Keys((*self.chunks, *other.chunks), self.size + other.size, max(self.held_at_most, other.held_at_most))
        return both if both.size <= max(HELD_AT_MOST, both.held_at_most) else both._joined()

    @cached_property
    def _summed(self) -> tuple[int, int, int]:
        distinct, repeated, rarest = 0, 0, [0]
        for chunk in self._ranges():
            times = chunk.times
            distinct += chunk.keys.size
            repeated += 0 if times is None else int(times[times > 1].sum())
            rarest += [] if not chunk.keys.size else [1 if times is None else int(times.min())]
        return distinct, repeated, min(rarest[1:], default=0)

    def _joined(self) -> Keys:
        """Put the chunks into one where many keys are the same; else wait until there are many more."""
        if self.distinct > self.size / 2:
            return Keys(self.chunks, self.size, 8 * self.size)
        whole = _merged(self.chunks)
        return Keys((whole,), whole.keys.size, 2 * whole.keys.size)

    def _ranges(self) -> Iterator[Chunk]:
        """Merge the chunks a range of keys at a time; equal keys lie in one range."""
        step = max(self.size // 10_000, 1)
        known = np.sort(np.concatenate([chunk.keys[::step] for chunk in self.chunks] or [np.empty(0, np.uint64)]))
        wanted = max(self.size // RANGE_KEYS, 1)
        inner = known[np.linspace(0, known.size, wanted + 1).astype(int)[1:-1]] if known.size else known
        places = [[0, *np.searchsorted(chunk.keys, inner), chunk.keys.size] for chunk in self.chunks]
        for number in range(inner.size + 1):
            yield _merged([_cut(c, at[number], at[number + 1]) for c, at in zip(self.chunks, places, strict=True)])


NONE = Keys()


def keys_of(hashes: Hashes) -> Keys:
    """Count keys that come in any order."""
    return _keys(_counted(np.sort(hashes, kind="stable"), None))


def keys_of_texts(words: npt.NDArray[np.object_], times: npt.NDArray[Any]) -> Keys:
    """Take different texts that were counted already, by their hashes."""
    hashes = pd.util.hash_array(words, categorize=False)
    order = np.argsort(hashes, kind="stable")
    counts = times.astype(np.int64)[order]
    return _keys(_counted(hashes[order], None if (counts == 1).all() else counts))


def numeric_keys(present: pd.Series[Any]) -> Hashes:
    """Give numbers and times as their own keys; all parts of a column must have one type."""
    if types.is_datetime64_any_dtype(present.dtype):
        return present.to_numpy(dtype="datetime64[ns]").view(np.uint64)
    if present.dtype.kind in "iub":
        return present.to_numpy(dtype=np.int64).view(np.uint64)
    return (present.to_numpy(dtype=np.float64) + 0.0).view(np.uint64)  # + 0.0: minus zero is zero


def _keys(chunk: Chunk) -> Keys:
    return Keys((chunk,), chunk.keys.size)


def _cut(chunk: Chunk, begin: int, end: int) -> Chunk:
    return Chunk(chunk.keys[begin:end], None if chunk.times is None else chunk.times[begin:end])


def _merged(some: Sequence[Chunk]) -> Chunk:
    some = [one for one in some if one.keys.size]
    if len(some) < 2:
        return some[0] if some else Chunk(np.empty(0, np.uint64))
    keys = np.concatenate([one.keys for one in some])
    if all(one.times is None for one in some):
        keys.sort(kind="stable")  # the parts are in order already
        return _counted(keys, None)
    times = np.concatenate([np.ones(one.keys.size, np.int64) if one.times is None else one.times for one in some])
    order = np.argsort(keys, kind="stable")
    return _counted(keys[order], times[order])


def _counted(ordered: Hashes, times: Times | None) -> Chunk:
    is_first = np.ones(ordered.size, dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    if is_first.all():
        return Chunk(ordered, times)
    starts = np.flatnonzero(is_first)
    summed = np.diff(np.append(starts, ordered.size)) if times is None else np.add.reduceat(times, starts)
    return Chunk(ordered[starts], summed.astype(np.int64))
