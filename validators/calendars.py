"""How the days of a time column lie: by the calendar, and by how old they are when a row is asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from flywheel.project.tabular.certainty import Units
from validators.columns import Floats

DAY = 86_400.0
QUANTILES = 256
BANDS = 18
"""Ages in days: none, 1, 2 and 3, 4 to 7, and so on to the double, before the row is asked and after."""
TOGETHER_AT_LEAST = 0.5
"""So many rows need another of their day, for anything to be known of what rows of one day share."""
UNLIKE, SURE = 2.0, 0.99
"""What is shared is an average: some days share so many times as much. So sure it is that no more are."""
YEAR = 365.0
"""What comes seldom may come once a year, so that only some days of the reference could show it."""
NEXT = (-1, 1)
"""By zones, and by answering in the night, an age is a day more or less."""
LATER_AT_LEAST, LATER_ROWS = 0.01, 20
"""So few values are as late as those of the reference's last days, than which the next are later by nature."""

Days = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Calendar:
    """`quantiles` of the days, in seconds; `shared`, in how many rows asked on one day a day may stand at most, or was
    seen to (`seen`).

    That is given by how old the day was when the row was asked: what is loaded daily or rounded to months is shared by
    all where it is young, and by hardly anybody where it is old; a date of birth is shared by nobody. Without the times
    at which rows were asked nothing is known of it.
    """

    quantiles: tuple[float, ...] = ()
    shared: tuple[float, ...] = ()
    seen: tuple[float, ...] = ()

    def as_late(self, day: float) -> float:
        """Give the share of values that lie on a day or later."""
        return 1 - float(np.searchsorted(self.quantiles, day, side="left")) / len(self.quantiles)

    def natural(self, day: float, asked: Floats | None) -> float | None:
        """Say in how many of some rows, by when they were asked, a day may stand by nature; None where nobody knows."""
        if asked is None or not asked.size or not self.shared:
            return None
        ages, seen = days_of(asked) - int(day // DAY), np.array(self.seen)
        near = [seen[_bands(ages + off)] for off in NEXT]
        return float(np.max([np.array(self.shared)[_bands(ages)], *near], axis=0).mean())


UNKNOWN = Calendar()


def by_day(times: Floats) -> Floats:
    """Give the beginning of the day of each time, in seconds too."""
    return np.asarray(np.floor(times / DAY) * DAY, dtype=np.float64)


def days_of(times: Floats) -> Days:
    """Number the days of times."""
    return np.floor(times / DAY).astype(np.int64)


def calendar_of(times: Floats, asked: Floats | None, units: Units) -> Calendar:
    """Learn how days lie; what rows of one unit share counts once."""
    quantiles = tuple(np.quantile(by_day(times), np.linspace(0, 1, QUANTILES + 1), method="lower").tolist())
    if asked is None:
        return Calendar(quantiles)
    known = ~np.isnan(asked)
    rows = pd.DataFrame(
        {"asked": days_of(asked[known]), "day": days_of(times[known]), "unit": units.numbers(times.size)[known]}
    ).drop_duplicates()
    of_day = rows.groupby("asked")["day"].transform("size").to_numpy()
    if not len(rows) or (of_day > 1).mean() < TOGETHER_AT_LEAST:
        return Calendar(quantiles)
    alike = rows.groupby(["asked", "day"])["unit"].transform("size").to_numpy()
    shared, seen = _shared(_bands((rows["asked"] - rows["day"]).to_numpy()), alike - 1, of_day - 1)
    return Calendar(quantiles, tuple(shared.tolist()), tuple(seen.tolist()))


def _shared(bands: npt.NDArray[np.intp], alike: Days, others: Days) -> tuple[Floats, Floats]:
    """Bound, for each band of ages, what share of the others of its day have a row's day, and give twice that share.

    Pairs count once. Where few rows are so old, lumps that come once a year would have shown in as many rows as were
    asked in so many days; where none is so old or older, none comes.
    """
    size, is_among, places = 2 * BANDS + 1, others > 0, np.arange(2 * BANDS + 1) - BANDS
    rows = np.bincount(bands, minlength=size).astype(np.float64)
    seen = UNLIKE * np.bincount(bands[is_among], (alike / np.maximum(others, 1))[is_among], size) / np.maximum(rows, 1)
    hits, pairs = (np.bincount(bands, one, size) / 2 for one in (alike, others))
    sure = np.where(hits < pairs, special.betaincinv(hits + 1, np.maximum(pairs - hits, 0.5), SURE), 1.0)
    beyond = np.where(places < 0, np.cumsum(rows), np.cumsum(rows[::-1])[::-1])
    width = np.where(beyond > 0, np.exp2(np.maximum(np.abs(places) - 1, 0)), YEAR)
    seldom = special.gammaincinv(rows + 1, SURE) / bands.size * np.maximum(YEAR / width, 1.0)
    bound = np.minimum(np.maximum(seen, sure), seldom)
    return np.minimum(bound, 1.0), np.minimum(seen, 1.0)


def _bands(ages: Days) -> npt.NDArray[np.intp]:
    bands = np.frexp(np.abs(ages).astype(np.float64))[1]
    return np.asarray(np.clip(np.sign(ages) * bands, -BANDS, BANDS) + BANDS, dtype=np.intp)
