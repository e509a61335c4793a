"""What a version has seen: the units it learned, tuned and was cut on, so that nobody judges it by them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Self

import numpy as np

from flywheel.errors import InputRefused
from flywheel.project.tabular.split import Parted, SplitRule
from flywheel.project.tabular.units import Unit

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from flywheel.project.tabular.units import Hashes

BYTES_EACH = 8


@dataclass(frozen=True)
class Seen:
    """The units that a version has seen, hashed and in order, and the moment up to which it may have seen any row."""

    unit: Unit
    hashes: Hashes
    time: str | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, rule: SplitRule, parted: Parted, columns: Iterable[object]) -> Self:
        """What a model sees that learns from the training rows and is chosen and cut on those of validation."""
        rows = np.concatenate([parted.split.train, parted.split.validation])
        until = datetime.fromisoformat(parted.cuts["test_after"]) if parted.cuts else None
        return cls(rule.unit.within(columns), np.unique(parted.units[rows]), rule.time, until)

    def content(self) -> bytes:
        """Write the hashes as they are kept."""
        return self.hashes.astype("<u8").tobytes()


def read_hashes(content: bytes) -> Hashes:
    """Read what `content` wrote."""
    if len(content) % BYTES_EACH:
        raise InputRefused("not a list of hashed units", found=f"{len(content)} bytes")
    return np.frombuffer(content, dtype="<u8").astype(np.uint64)


def end_of(day: str) -> datetime:
    """The last moment of a day that a maker named."""
    return datetime.combine(datetime.fromisoformat(day).date(), time.max, UTC)


def seen_rows(frame: pd.DataFrame, *, rule: SplitRule, parted: Parted, seen: Seen | None) -> NDArray[np.bool_]:
    """Say of each row of a whole table whether a version has seen it, or any other row of its entity.

    Where that cannot be known, for want of a record or of the columns by which it is known, every row counts as seen.
    """
    if seen is None or not set(seen.unit.reads((*seen.unit.columns, seen.unit.entity))) <= set(frame.columns):
        return np.ones(len(frame), dtype=bool)
    here = rule.unit.within(frame.columns)
    units = parted.units if seen.unit == here else seen.unit.hashes(frame)
    found: NDArray[np.bool_] = np.isin(units, seen.hashes)
    if here.entity is not None and seen.unit != here:
        found |= np.isin(parted.units, np.unique(parted.units[found]))
    if seen.until is not None and seen.time in frame:
        # pandas only where there are rows
        import pandas as pd

        found |= ~(pd.to_datetime(frame[seen.time], utc=True) > seen.until).to_numpy()
    return found
