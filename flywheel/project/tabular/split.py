"""Splitting rows into training, validation and test, by a rule that stays the same while the data grow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.domain.digests import Digest, Json, digest_of
from flywheel.errors import InputRefused, counted
from flywheel.project.reading.lone import lone_at_end
from flywheel.project.reading.table import Table, table_of
from flywheel.project.tabular.units import Unit, mixed, place_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from flywheel.project.tabular.units import Hashes

PERIOD = re.compile(r"(\d{1,5}) (minute|hour|day|week|month|year)s?")
LANES = (0.2, 0.2)
"""Where entities come again, such shares of them stand for the test's and for validation's period, by hash."""
COME_AGAIN_AT_MOST = 0.05
"""Where no more of any period's rows are of entities that come in another too, each is used in its latest instead."""

TRAIN, VALIDATION, TEST = 0, 1, 2


@dataclass(frozen=True)
class Split:
    """Row positions of the three parts; no row is in two of them."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]

    def frames(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Cut a frame into the three parts."""
        return frame.iloc[self.train], frame.iloc[self.validation], frame.iloc[self.test]

    @property
    def sizes(self) -> dict[str, int]:
        """Count the rows of each part."""
        return {name: int(getattr(self, name).size) for name in ("train", "validation", "test")}


@dataclass(frozen=True)
class Parted:
    """A whole table, parted: where its rows went, the unit of each, and by time the cuts and the rows between."""

    split: Split
    units: Hashes
    cuts: Mapping[str, str] = field(default_factory=dict)
    periods: Mapping[str, int] = field(default_factory=dict)
    lone: NDArray[np.intp] = field(default_factory=lambda: np.array([], dtype=np.intp))
    """By time, the rows far beyond all others, from which no period is counted back."""

    @property
    def apart(self) -> int:
        """Count the rows that are in no part, since their entity is used in another period, or held for the test."""
        return int(self.units.size) - sum(self.split.sizes.values())


@dataclass(frozen=True)
class SplitRule:
    """Which part a unit belongs to: by its salted hash, or by time with periods that end with the newest row.

    A few rows far beyond all others, such as one of a mistyped year, are no end; they lie in the test.

    Neither the seed of a run nor the place of a row has a say.
    """

    unit: Unit
    validation: float | str
    test: float | str
    time: str | None = None

    @property
    def digest(self) -> Digest:
        """Name the rule: the same as long as nobody changes how rows are parted."""
        return digest_of(self.to_json())

    def part(self, given: pd.DataFrame | Table) -> Parted:
        """Part a whole table."""
        table = table_of(given)
        units = self.unit.within(table.columns).hashes(table)
        if self.time is None:
            return Parted(split_by_share(units, validation=_share(self.validation), test=_share(self.test)), units)
        times = _moments(table, self.time)
        newest, lone = _newest(times)
        period, cuts = _periods(times, newest, validation=str(self.validation), test=str(self.test))
        part = period if self.unit.entity is None else _once(period, units)
        split = _whole(_split_of(part), next_step=_ENTITY if self.unit.entity else _SHORTER)
        return Parted(split, units, cuts, _split_of(period).sizes, lone)

    def in_turn(self, rows: pd.DataFrame) -> Hashes:
        """Name the unit of each row, by time anew in each turn as long as the test, counted back from the newest row.

        Of a long history one row of each unit holds more of those who came once than a short one does; by turns not.
        """
        unit = self.unit.within(rows.columns)
        units = unit.hashes(rows)
        if self.time is None or self.time not in rows or unit.entity is None or rows.empty:
            return units
        times = _moments(table_of(rows), self.time)
        newest, _ = _newest(times)
        turn = ((newest - times) // (newest - (newest - _offset(str(self.test))))).clip(lower=0)
        return mixed(units ^ mixed(turn.to_numpy(dtype=np.uint64)))

    def to_json(self) -> dict[str, Json]:
        """Write it as plain JSON."""
        return {"unit": self.unit.to_json(), "validation": self.validation, "test": self.test, "time": self.time}


def split_by_share(units: Hashes, *, validation: float, test: float) -> Split:
    """Give each unit its part by where its hash lies."""
    if not (0 < validation < 1 and 0 < test < 1 and validation + test < 1):
        raise InputRefused(
            "shares must leave rows to train on", found=(validation, test), allowed="0 to 1, sum below 1"
        )
    split = _split_of(_lanes(units, validation=validation, test=test))
    different = counted(int(np.unique(units).size), "different unit")
    return _whole(split, next_step=_SHARES, why=f": the rows are {different}, for equal rows share a part")


def _moments(given: Table, column: str) -> pd.Series[Any]:
    """Read when each row is from; a row without a time belongs to no period."""
    # pandas only where there are rows to split
    import pandas as pd

    moments = pd.to_datetime(given.whole([column])[column], utc=True)
    if moments.isna().any():
        raise InputRefused("rows without a time cannot be split by time", found=int(moments.isna().sum()))
    return moments


_SHORTER = "choose shorter periods"
_SHARES = "choose larger shares, or name as data.entity what tells one case from another"
_ENTITY = "choose other periods, or name as data.entity what one decision is about: each is used in one period only"


def _newest(times: pd.Series[Any]) -> tuple[Any, NDArray[np.intp]]:
    """Give the newest time that does not stand alone, and the rows that do."""
    moments = times.astype("int64").to_numpy()
    order = np.argsort(moments, kind="stable")
    first_alone = moments.size - lone_at_end(moments[order])
    return times.iloc[order[first_alone - 1]], np.sort(order[first_alone:])


def _periods(
    times: pd.Series[Any], newest: Any, *, validation: str, test: str
) -> tuple[NDArray[np.intp], dict[str, str]]:
    """The last period is the test, the one before it validation, all before it training."""
    test_after = newest - _offset(test)
    validation_after = test_after - _offset(validation)
    period = (times > validation_after).to_numpy().astype(np.intp) + (times > test_after).to_numpy()
    return period, {"validation_after": validation_after.isoformat(), "test_after": test_after.isoformat()}


def _once(period: NDArray[np.intp], units: Hashes) -> NDArray[np.intp]:
    """Let each entity lie in one part, so that the test is composed as its period is; other rows are left apart.

    The latest period of each keeps all rows of the test. Where many come again that would cost the periods before too
    many, and a version trained later would be compared without whoever came again, whom the champion has seen: then a
    period is used by its lane alone, so that each row has the same chance to be judged on, now and after a retraining.
    """
    entities, entity = np.unique(units, return_inverse=True)
    earliest, latest = np.full(entities.size, TEST, dtype=np.intp), np.full(entities.size, TRAIN, dtype=np.intp)
    np.minimum.at(earliest, entity, period)
    np.maximum.at(latest, entity, period)
    is_latest = period == latest[entity]
    rows, *others = (
        np.bincount(some, minlength=3) for some in (period, period[~is_latest], period[period > earliest[entity]])
    )
    if all((some <= COME_AGAIN_AT_MOST * rows).all() for some in others):
        return np.where(is_latest, period, -1)
    return _by_lane(period, entity, _lanes(entities, validation=LANES[1], test=LANES[0])[entity])


def _by_lane(period: NDArray[np.intp], entity: NDArray[np.intp], lane: NDArray[np.intp]) -> NDArray[np.intp]:
    """Train on all but those that validate and those held for the test, which no version sees at any time."""
    validates = (period == VALIDATION) & (lane == VALIDATION)
    trains = (period == TRAIN) & (lane != TEST) & ~np.isin(entity, np.unique(entity[validates]))
    return np.where(trains | validates | ((period == TEST) & (lane == TEST)), period, -1)


def _lanes(units: Hashes, *, validation: float, test: float) -> NDArray[np.intp]:
    place = place_of(units)
    return np.where(place < test, TEST, np.where(place < test + validation, VALIDATION, TRAIN)).astype(np.intp)


def _split_of(part: NDArray[np.intp]) -> Split:
    return Split(*(np.flatnonzero(part == which) for which in (TRAIN, VALIDATION, TEST)))


def _whole(split: Split, *, next_step: str, why: str = "") -> Split:
    if not all(split.sizes.values()):
        raise InputRefused(f"the split leaves a part empty{why}", found=split.sizes, next_step=next_step)
    return split


def _share(given: float | str) -> float:
    if isinstance(given, str):
        raise InputRefused("a split by share needs shares", found=given, allowed="such as 0.2")
    return given


def _offset(period: str) -> Any:
    # pandas only where there are rows to split
    import pandas as pd

    match = PERIOD.fullmatch(period.strip())
    if not match:
        raise InputRefused("not a period", found=period, allowed="such as '3 months', '90 days', '2 weeks'")
    units: dict[str, Any] = {f"{match[2]}s": int(match[1])}
    return pd.DateOffset(**units)
