"""Rows that are alike: how many repeat another in all features, and how many would where columns go by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flywheel.errors import counted
from flywheel.project.tabular.twins import Near, Twins
from flywheel.project.tabular.units import content_hashes, value_hashes

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from flywheel.project.tabular.units import Hashes

REPEATED_AT_MOST = 0.05
"""The share of rows that may repeat another, beyond what chance gives, before a person is asked."""
FEW_DIFFERENT = 100
"""Below so many different rows the parts of a split are uneven by nature."""
WATCHED = 20_000
"""From so many rows, spread over the table, it is told how often each value comes."""


@dataclass(frozen=True)
class Repeated:
    """What was counted: `repeats` follow another row of the same features, `copies` are the same in the outcome too."""

    rows: int
    repeats: int
    copies: int
    by_chance: float
    has_entity: bool

    @property
    def share(self) -> float:
        """The share of rows that repeat another in all features."""
        return self.repeats / max(self.rows, 1)

    @property
    def sentence(self) -> str:
        """Say what a person must know or judge; nothing where repeats are few, or few values explain them."""
        different = self.rows - self.repeats
        if self.share > self.by_chance + REPEATED_AT_MOST:
            return (
                f"{self.repeats:,} of {counted(self.rows, 'row')} ({self.share:.1%}) repeat another row in every "
                f"feature, {self.copies:,} of them in outcome and time too. Are they copies, which count one case "
                "several times and make every figure look more certain than it is, or similar cases?"
            )
        if different < min(FEW_DIFFERENT, self.repeats) and not self.has_entity:
            return (
                f"The {counted(self.rows, 'row')} hold {counted(different, 'different row')} by their features, and "
                "equal rows share a part, so that the parts are uneven: what distinguishes one case from another?"
            )
        return ""


CURE = "copies taken out at the source or in `prepare`; cases told apart by `data.entity`"
TWINS_CURE = "`data.entity` names the column that is the same for all recordings of one case, spelled one way"


class Alike:
    """Counts the rows of a table that repeat another, part by part, in sixteen bytes a row."""

    def __init__(self, features: tuple[str, ...], *, besides: tuple[str, ...], entity: str | None) -> None:
        self._features, self._all, self._has_entity = features, (*features, *besides), entity is not None
        self._near = Near(features, entity=entity)
        self._alike: list[Hashes] = []
        self._equal: list[Hashes] = []
        self._watched: dict[str, Hashes] = {name: np.array([], dtype=np.uint64) for name in features}
        self._stride, self._rows = 1, 0

    def see(self, frame: pd.DataFrame) -> None:
        """Count the next rows; a column that is not there has no say."""
        self._alike.append(content_hashes(frame, self._features))
        self._equal.append(content_hashes(frame, self._all))
        self._near.see(frame)
        some = frame.iloc[-self._rows % self._stride :: self._stride]
        for name in self._watched.keys() & set(some.columns):
            self._watched[name] = np.append(self._watched[name], value_hashes(some[name]))
        self._rows += len(frame)
        while self._rows // self._stride > WATCHED:
            self._stride *= 2
            self._watched = {name: hashes[::2] for name, hashes in self._watched.items()}

    def repeated(self) -> Repeated:
        """Say what was counted so far."""
        if not self._rows or not self._features:
            return Repeated(self._rows, 0, 0, 0.0, has_entity=True)
        repeats, copies = (
            self._rows - int(np.unique(np.concatenate(parts)).size) for parts in (self._alike, self._equal)
        )
        columns = [hashes for hashes in self._watched.values() if hashes.size]
        return Repeated(self._rows, repeats, copies, _by_chance(columns, self._rows), self._has_entity)

    def twins(self) -> Twins:
        """Say in how many cases another lies far nearer than chance has it."""
        return self._near.twins()


def _by_chance(columns: list[Hashes], rows: int) -> float:
    """The share of repeats that columns give which know nothing of each other, going by how often each value comes."""
    chance: NDArray[np.float64] = np.ones(columns[0].size if columns else 1)
    for values in columns:
        _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
        chance *= (counts[place] - 1) / max(values.size - 1, 1)
    expected = chance * rows
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(expected < 1e-9, 1.0, -np.expm1(-expected) / expected)
    return float(1 - first.mean())
