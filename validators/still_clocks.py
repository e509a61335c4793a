"""Times that stand still: nearly all rows of a window claim one moment, as those of no window of the reference did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from flywheel.domain.monitoring import FIRST_MONDAY
from flywheel.errors import counted
from validators.columns import Floats, seconds
from validators.stretches import DAY_S

ROWS_AT_LEAST = 200
"""Fewer may be asked at once."""
ONE_SHARE = 0.9
"""So many rows of one moment are all of them, but for a few that another caller sent."""
WINDOW_ROWS_AT_LEAST, WINDOWS_AT_LEAST = 20, 5
"""Windows of the reference that tell anything, and how many of them it takes."""
USUAL_SHARE = 0.05
"""Where so many windows hold one moment each, cases come in batches."""
SHORTEST_S = 60.0
"""Into shorter stretches no table is cut."""


def standing_still(moments: pd.Series[Any], before: pd.Series[Any] | None, *, length: timedelta, days: float) -> str:
    """Say which moment nearly all rows of a window claim, though those of no window of the reference do.

    A window that was answered for part of it only (`days`) is held against stretches as long: one night's batch, or
    one date, is all that they hold too.
    """
    shared = _shared(moments)
    if shared is None or shared[0] < ROWS_AT_LEAST or shared[0] < ONE_SHARE * len(moments):
        return ""
    if before is None or not types.is_datetime64_any_dtype(before):
        return ""
    times = np.sort(seconds(before.dropna()))
    if _of_windows(times, max(days * DAY_S, SHORTEST_S))[0] > USUAL_SHARE:
        return ""
    share, windows = _of_windows(times, length.total_seconds())
    if windows < WINDOWS_AT_LEAST or share > USUAL_SHARE:
        return ""
    one_batch = "only one batch came, " if _of_windows(times, DAY_S)[0] > USUAL_SHARE else ""
    return (
        f"{shared[0]:,} of {counted(len(moments), 'row')} claim one and the same time, "
        f"{shared[1]:%Y-%m-%d %H:%M:%S} UTC, "
        f"as in hardly any of {windows:,} windows of the table: a clock stands still, {one_batch}or a caller sends "
        "the time of its batch; when cases were asked, and so which window they belong to, is not known"
    )


def _shared(moments: pd.Series[Any]) -> tuple[int, pd.Timestamp] | None:
    counts = pd.to_datetime(moments, utc=True).value_counts()
    return (int(counts.iloc[0]), pd.Timestamp(counts.index[0])) if len(counts) else None


def _of_windows(times: Floats, length_s: float) -> tuple[float, int]:
    """Give the share of windows in which nearly all rows have one moment, and how many windows there are."""
    slots = np.floor((times - FIRST_MONDAY.timestamp()) / length_s)
    rows = pd.DataFrame({"slot": slots, "time": times})
    sizes = rows.groupby("slot").size()
    most = rows.groupby(["slot", "time"]).size().groupby(level=0).max()
    told = sizes >= WINDOW_ROWS_AT_LEAST
    return (float((most[told] >= ONE_SHARE * sizes[told]).mean()) if told.any() else 0.0), int(told.sum())
