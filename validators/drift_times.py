"""Times that no calendar brings: far from all of the reference's, or of one day that no honest window shares so."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from flywheel.domain.gates import GateFinding
from validators.batches import ColumnState
from validators.calendars import LATER_AT_LEAST, LATER_ROWS, UNLIKE, by_day
from validators.crowds import Meant
from validators.drift_limits import Sure
from validators.profiles import ColumnProfile
from validators.statistics import share_effect


def time_findings(before: ColumnProfile, now: ColumnState, sure: Sure) -> list[GateFinding]:
    """Judge the times of a column, by days."""
    if not now.present or not before.present:
        return []
    earliest, _, latest = before.edges
    found = []

    def is_far(times: Any) -> Any:
        return (times < earliest) | (times > latest)

    if share := _grown(now.bins[0] + now.bins[-1], 0, before.present, before, now, sure, meant=is_far):
        what = f"{share:.1%} of the times of {before.name} lie far outside the times of the reference."
        allowed = f"from {_said(earliest)} to {_said(latest)}"
        found.append(GateFinding(what, locator=f"{before.name}: value", seen=f"{share:.2%}", allowed=allowed))
    within = ((float(day), count) for day, count in now.top if earliest <= float(day) <= latest)
    return [*found, *(finding for day, count in within for finding in _of_one_day(before, now, day, count, sure))]


def _of_one_day(before: ColumnProfile, now: ColumnState, day: float, count: int, sure: Sure) -> list[GateFinding]:
    """Accuse a day that more rows have than the reference explains: by the day itself, or by how old it is.

    No row was asked before the days that it tells of, so that what a reference holds of a day is a share of the rows
    that tell of it or of later ones. Of its last days it knows too little, and only ages tell what is natural.
    """
    earlier = dict(before.levels).get(day, before.unlisted_at_most)
    as_late = before.calendar.as_late(day) * before.present
    natural = before.calendar.natural(day, sure.asked)
    is_last = as_late < max(LATER_AT_LEAST * before.present, LATER_ROWS)
    if is_last and natural is None:
        return []
    known = [] if is_last and day not in dict(before.levels) else [(earlier, max(round(as_late), earlier, 1))]
    if natural is None:  # days that are often told at some age are then told more often than all as late
        known = [(min(round(UNLIKE * some), of), of) for some, of in known]
    else:
        known.append((round(natural * before.present), before.present))
    meant = partial(_is_of, day)
    shares = [_grown(count, some, of, before, now, sure, meant=meant) for some, of in known]
    if not all(shares):
        return []
    allowed = max(some / of for some, of in known)
    what = (
        f"{shares[0]:.1%} of the times of {before.name} now lie on one day, {_said(day)}; {allowed:.1%} at most would."
    )
    return [
        GateFinding(what, locator=f"{before.name}: value", seen=f"{shares[0]:.2%}", allowed=f"at most {allowed:.2%}")
    ]


def _is_of(day: float, times: Any) -> Any:
    return by_day(np.asarray(times, dtype=np.float64)) == day


def _grown(
    count: int, earlier: int, earlier_of: int, before: ColumnProfile, now: ColumnState, sure: Sure, *, meant: Meant
) -> float:
    """Give the share of what grew beyond chance, as people are told it; nought where nothing did."""
    share, other = count / now.present, earlier / earlier_of
    limits = sure.limits
    is_large = share - other >= limits.mass_share_at_least and share_effect(share, other) >= limits.mass_step_at_most
    is_more = is_large and sure.is_uneven(
        before, count, now.present, earlier=earlier, earlier_of=earlier_of, meant=meant
    )
    return sure.crowd.told(before, meant, otherwise=share) if is_more else 0.0


def _said(moment: float) -> str:
    return str(np.datetime64(int(moment), "s").astype("datetime64[D]"))
