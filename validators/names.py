"""The names that a reference held, however many, and how often later rows bear one that it never met."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from flywheel.project.tabular.certainty import Units
from validators.columns import Floats, Mask
from validators.crowding import rows_per_case

LEVELS_AT_MOST, HALF = 256, 0.5
NAMES_AT_MOST = 32_768
"""Of more names those with the smallest marks are kept, a sample as good as any; rows of other names are not judged."""
_ALL = 2**32 - 1
_NO_ORDER = 0.5
"""Where so many of the newer rows bear new names and nothing says when they came, they lie by name and not by time."""
_SURE, _FAR, _LATE, _PARTS = 0.99, 2.0, 20, 8
"""How sure it is that no more names came, so many standard errors off; of such parts one shows a share, or the end."""

Marks = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Names:
    """Marks of names, 32 bits of a hash each; of a name with a mark beyond `reach` nobody knows whether it was there.

    `alone` counts the rows whose name no other unit bears: as often the next row's name is new (Good and Turing).
    `grown` is how much more often the newer half's rows bear names unknown to the older half, by `fresh` names; `doubt`
    is by how much that may be off (a standard error) where names come so seldom that a half hardly knows them, and
    `largest` the share that the largest of the fresh names had since it came, nought where they did not stay.
    """

    marks: str = ""
    reach: int = _ALL
    alone: int = 0
    grown: float = 0.0
    fresh: int = 0
    doubt: float = 0.0
    largest: float = 0.0

    @property
    def is_growing(self) -> bool:
        """Whether names came in the newer half, and stayed, beyond what chance brings of seldom ones."""
        return self.largest > 0 and self.grown > _FAR * self.doubt

    @cached_property
    def known(self) -> Marks:
        """The marks, in order."""
        return np.frombuffer(b64decode(self.marks), dtype="<u4")

    def judges(self, marks: Marks) -> Mask:
        """Say of which names it is known whether they were there."""
        return np.asarray(marks <= self.reach, dtype=bool)

    def holds(self, marks: Marks) -> Mask:
        """Say which names were there."""
        places = np.minimum(np.searchsorted(self.known, marks), self.known.size - 1)
        return np.asarray(self.known[places] == marks, dtype=bool)

    def grown_at_most(self, times: float) -> float:
        """Bound the share of rows with names that came since, if they come on as in the newer half of the reference.

        They come in whole names: a few of them may by chance have been many.
        """
        if not self.fresh:
            return 0.0
        most = float(special.gammaincinv(self.fresh + 1, _SURE)) / self.fresh
        return min((self.grown * most + _FAR * self.doubt) * times, 1.0)


NOBODY = Names()


def marks_of(names: Iterable[str]) -> Marks:
    """Mark names, each alike wherever it is met."""
    hashes: npt.NDArray[np.uint64] = pd.util.hash_array(np.array(list(names), dtype=object), categorize=False)
    return (hashes >> np.uint64(32)).astype(np.uint32)


def listed(names: Iterable[str]) -> Names:
    """Know some names, and that there are no others."""
    return _kept(np.unique(marks_of(names)))


def names_in(names: pd.Series[Any], units: Units, times: Floats | None) -> Names:
    """Know the names of some rows; where nobody says when those came, they are taken to lie in that order."""
    codes, words = pd.factorize(names)
    if not len(words):
        return NOBODY
    numbers = units.numbers(codes.size)
    is_newer = np.zeros(codes.size, dtype=bool)
    order = np.arange(codes.size) if times is None else np.argsort(times, kind="stable")
    is_newer[order[codes.size // 2 :]] = True
    is_fresh = ~np.isin(codes, codes[~is_newer]) & is_newer
    older = _alone(codes[~is_newer], numbers[~is_newer])
    grown = is_fresh.sum() / max(is_newer.sum(), 1) - older / max((~is_newer).sum(), 1)
    is_by_time = times is not None or grown <= _NO_ORDER
    kept, fresh = _kept(np.unique(marks_of(words))), int(np.unique(codes[is_fresh]).size) if is_by_time else 0
    largest = _largest(codes[order], is_fresh[order]) if fresh and grown <= HALF else 0.0
    return Names(
        kept.marks, kept.reach, _alone(codes, numbers), max(float(grown), 0.0), fresh, _doubt(codes, units), largest
    )


def _largest(codes: npt.NDArray[np.intp], is_fresh: Mask) -> float:
    """Say which share the largest of the fresh names had since it came, of so many rows as show that.

    Names of a calendar come anew for a time, and no longer come at the end: no list grew by them.
    """
    if is_fresh[-codes.size // _PARTS :].mean() < is_fresh[codes.size // 2 :].mean():
        return 0.0
    places = pd.Series(np.flatnonzero(is_fresh)).groupby(codes[is_fresh])
    since = np.maximum(codes.size - places.min(), codes.size / _LATE)
    return float((places.size() / since).max())


def _doubt(codes: npt.NDArray[np.intp], units: Units) -> float:
    """Say how much the share of rows varies whose name one half has alone, if rows fell to either by chance."""
    rows = np.bincount(codes).astype(np.float64)
    alone = np.exp2(-rows / rows_per_case(units))
    return float(np.sqrt((rows**2 * alone * (1 - alone)).sum()) / max(codes.size / 2, 1))


def kept_names(names: pd.Series[Any], counts: pd.Series[Any], units: Units) -> tuple[pd.Series[Any], tuple[int, ...]]:
    """Keep the most frequent names; where some are left out, half of the rows chooses and the other is counted.

    Rows of one entity choose or are counted together.
    """
    if len(counts) <= LEVELS_AT_MOST:
        return counts.sort_values(ascending=False, kind="stable"), ()
    every = counts.to_numpy(dtype=np.int64)
    draw = np.random.default_rng(0)
    if units.codes is None:
        chooses = np.asarray(draw.multivariate_hypergeometric(every, int(every.sum()) // 2))
    else:
        is_mine = (draw.random(units.count(len(names))) < HALF)[units.codes]
        chooses = np.asarray(names[is_mine].value_counts().reindex(counts.index, fill_value=0))
    places = np.argsort(-chooses, kind="stable")[:LEVELS_AT_MOST]
    places = places[chooses[places] > 0]  # what the other half alone has seen it would choose for that
    places = places[np.argsort(-every[places], kind="stable")]
    counted = every - chooses
    return counts.iloc[places], (*counted[places].tolist(), int(counted.sum() - counted[places].sum()))


def _alone(codes: npt.NDArray[np.intp], numbers: npt.NDArray[np.intp]) -> int:
    """Count the rows whose name no other unit bears."""
    if not codes.size:
        return 0
    bearers = pd.DataFrame({"name": codes, "unit": numbers}).drop_duplicates()["name"].to_numpy()
    return int((np.bincount(bearers)[codes] == 1).sum())


def _kept(marks: Marks) -> Names:
    some = marks[:NAMES_AT_MOST]
    reach = int(some[-1]) if some.size < marks.size else _ALL
    return Names(b64encode(some.astype("<u4").tobytes()).decode(), reach)
