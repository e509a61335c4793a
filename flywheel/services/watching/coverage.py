"""Which part of a slot somebody answered: rows of a weekend say little about a week."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flywheel.domain.monitoring import FIRST_MONDAY
from flywheel.services.serving.endpoints import Live
from flywheel.services.watching.health import Part

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

CELLS = 28
"""A slot is looked at in so many pieces: of a week, quarters of a day."""
MISSED_AT_MOST = 1
DATES_AT_LEAST = 0.95
"""Of moments, at the same time of their day: then they are dates."""
NOWHERE = -(2**62)


@dataclass(frozen=True)
class Coverage:
    """The pieces of a slot, by their place in it, of which a window holds traffic that could have come."""

    cells: frozenset[int]
    length: timedelta
    lasted: timedelta = timedelta(0)
    """How long its answerer was to answer in it, or rows claim that somebody asked."""

    @property
    def is_whole(self) -> bool:
        """Whether it speaks for all of a slot; a piece may lack, for a version goes live in the morning."""
        return len(self.cells) >= CELLS - MISSED_AT_MOST

    @property
    def share(self) -> float:
        """Say what share of a slot it covers."""
        return len(self.cells) / CELLS

    def holds(self, moments: pd.Series[Any]) -> NDArray[np.bool_]:
        """Say of moments whether they lie in the same pieces of their own slots.

        A date stands for all of its day: where a day is covered in part, and where dates stand for more than a slot,
        none of them does, for no rows are those of the same hours.
        """
        # numpy only where there are rows
        import numpy as np

        numbers = _numbers(moments, self.length / CELLS)
        is_there = numbers != NOWHERE
        starts = np.unique(numbers[is_there] % CELLS)
        width = _pieces_meant(moments, self.length)
        held = {start: len({(start + more) % CELLS for more in range(width)} & self.cells) for start in starts.tolist()}
        if any(0 < count < min(width, CELLS) for count in held.values()):
            return np.zeros(len(numbers), dtype=np.bool_)
        whole = [start for start, count in held.items() if count]
        return np.asarray(np.isin(numbers % CELLS, whole) & is_there, dtype=np.bool_)


def covered(stretches: Iterable[Live], part: Part, moments: pd.Series[Any], *, length: timedelta) -> Coverage:
    """Say which pieces of a slot a window covers: those in which its answerer was to answer, and those of its rows.

    Callers may claim times of their own. Where the record says nothing of that time, a replayed history for instance,
    the window covers what it spans.
    """
    answering = [
        (max(one.since_at, part.start_at), min(one.until_at or part.end_at, part.end_at))
        for one in stretches
        if (one.version, one.served_by) == (part.version, part.served_by)
    ]
    spans = [(since, until) for since, until in answering if since < until] or [(part.start_at, part.end_at)]
    piece = length / CELLS
    answered = {number for since, until in spans for number in _pieces(since, until, piece)}
    touched = {number for since, until in spans for number in range(_number(since, piece), _number(until, piece) + 1)}
    claimed = set(_numbers(moments, piece).tolist()) - {NOWHERE}
    lasted = sum((until - since for since, until in spans), timedelta(0)) + len(claimed - touched) * piece
    return Coverage(frozenset(number % CELLS for number in answered | claimed), length, lasted)


def _pieces_meant(moments: pd.Series[Any], length: timedelta) -> int:
    """Say for how many pieces of a slot one moment stands: one, or those of a day where all are dates.

    Dates that come less often than once in a slot, such as the first of each month, stand for a whole slot.
    """
    # numpy and pandas only where there are rows
    import numpy as np
    import pandas as pd

    there = pd.to_datetime(moments, utc=True).dropna()
    hours, counts = np.unique((there - there.dt.floor("D")).to_numpy(), return_counts=True)
    if not hours.size or counts.max() < DATES_AT_LEAST * counts.sum():
        return 1
    days = there.dt.floor("D").drop_duplicates()
    if len(days) * length <= (days.max() - days.min()).to_pytimedelta() + length:
        return CELLS
    return math.ceil(timedelta(days=1) / (length / CELLS))


def _numbers(moments: pd.Series[Any], piece: timedelta) -> NDArray[np.int64]:
    """Number the pieces of time in which moments lie; one that is missing lies nowhere."""
    # pandas only where there are rows
    import numpy as np
    import pandas as pd

    since = (pd.to_datetime(moments, utc=True) - pd.Timestamp(FIRST_MONDAY)) / pd.Timedelta(piece)
    passed = since.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(passed), NOWHERE, np.floor(np.nan_to_num(passed))).astype(np.int64)


def _number(moment: datetime, piece: timedelta) -> int:
    return (moment - FIRST_MONDAY) // piece


def _pieces(since: datetime, until: datetime, piece: timedelta) -> Iterable[int]:
    """Number the pieces of time of which a stretch holds the half at least."""
    for number in range(_number(since, piece), _number(until, piece) + 1):
        begun_at = FIRST_MONDAY + number * piece
        if min(until, begun_at + piece) - max(since, begun_at) >= piece / 2:
            yield number
