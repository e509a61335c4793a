"""Twins: cases that lie far nearer to another than chance puts them, as recordings of one patient do, or noisy copies.

Around a case of any smooth table the distances to its neighbours grow in a known way: the j-th step of their logarithms
is exponential with mean 1 / (j m), where m is the table's dimension there (Renyi; Levina and Bickel measure m by it).
A case that was recorded c times has its step c - 1 far too long, whatever the table looks like elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flywheel.project.tabular.units import value_hashes

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

KEPT_ROWS = 200_000
"""The first of a table; beyond them twins are not looked for."""
ASKED_CASES = 1_500
NEIGHBOURS = 60
"""Groups of up to half as many are found."""
FEWEST_CASES, FEWEST_COLUMNS = 200, 3
SMOOTH_AT_MOST = 0.1
"""A column is smooth where no value, nor a missing one, holds more of the rows."""
FLATTEST = 2.0
"""Where cases lie along less than a plane, steps are long by chance."""
LEVEL = 0.01
"""The share of cases of a smooth table that seem to have a twin; up to 0.09 were seen in simulated worlds."""
TWINS_AT_MOST = 0.1
"""The share of cases with twins before a person is asked."""
CHUNK = 32


@dataclass(frozen=True)
class Twins:
    """In how many cases of those asked a twin was found, by which columns; no share where it cannot be told."""

    share: float | None
    columns: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Say what a person must judge; nothing where twins are as rare as chance has them."""
        if self.share is None or self.share <= TWINS_AT_MOST:
            return ""
        names = ", ".join(self.columns[:5]) + (f" and {len(self.columns) - 5} more" if len(self.columns) > 5 else "")
        return (
            f"About {self.share:.0%} of the cases lie far nearer to another than chance puts them (by {names}). Is one "
            "case recorded several times, as copies with noise or as recordings of one patient? Then training and test "
            "share cases, and every figure is too optimistic."
        )


class Near:
    """Keeps the smooth columns of a table, a row for each case, and looks for twins at the end."""

    def __init__(self, features: tuple[str, ...], *, entity: str | None) -> None:
        self._features, self._entity = features, entity
        self._parts: list[dict[str, Numbers]] = []
        self._cases: list[NDArray[np.uint64]] = []
        self._rows = 0

    def see(self, frame: pd.DataFrame) -> None:
        """Keep what the next rows hold of numbers and times."""
        frame = frame.iloc[: max(KEPT_ROWS - self._rows, 0)]
        if frame.empty:
            return
        self._parts.append({name: _numbers(frame[name]) for name in self._features if _is_number(frame, name)})
        if self._entity is not None and self._entity in frame:
            self._cases.append(value_hashes(frame[self._entity]))
        self._rows += len(frame)

    def twins(self) -> Twins:
        """Say in how many cases another lies too near."""
        shared = [name for name in self._features if self._parts and all(name in part for part in self._parts)]
        whole = {name: np.concatenate([part[name] for part in self._parts]) for name in shared}
        if sum(map(len, self._cases)) == self._rows > 0:
            _, first = np.unique(np.concatenate(self._cases), return_index=True)
            whole = {name: values[first] for name, values in whole.items()}
        smooth = {name: _ranks(values) for name, values in whole.items() if _is_smooth(values)}
        if len(smooth) < FEWEST_COLUMNS:
            return Twins(None, tuple(smooth))
        cases = np.unique(np.column_stack(list(smooth.values())), axis=0)
        return Twins(_share(cases) if len(cases) >= FEWEST_CASES else None, tuple(smooth))


def _is_number(frame: pd.DataFrame, name: str) -> bool:
    return (name in frame and frame[name].dtype.kind in "iufM") or (name in frame and hasattr(frame[name].dtype, "tz"))


def _numbers(values: pd.Series[float]) -> Numbers:
    if values.dtype.kind == "M" or hasattr(values.dtype, "tz"):
        moments = values.to_numpy(dtype="datetime64[us]")
        return np.where(np.isnat(moments), np.nan, moments.astype(np.int64).astype(np.float64))
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _is_smooth(values: Numbers) -> bool:
    known = values[np.isfinite(values)]
    if len(known) < (1 - SMOOTH_AT_MOST) * len(values) or not len(known):
        return False
    _, counts = np.unique(known, return_counts=True)
    return bool(counts.max() <= SMOOTH_AT_MOST * len(values))


def _ranks(values: Numbers) -> Numbers:
    """Give each value its mean rank between 0 and 1; what is missing the middle."""
    is_known = np.isfinite(values)
    _, place, counts = np.unique(values[is_known], return_inverse=True, return_counts=True)
    ranks = np.full(len(values), 0.5)
    ranks[is_known] = ((np.cumsum(counts) - counts / 2) / is_known.sum())[place]
    return ranks


def _share(cases: Numbers) -> float:
    """The share of cases among whose nearer neighbours one step is too long for chance."""
    chosen = np.random.default_rng(0).choice(len(cases), min(ASKED_CASES, len(cases)), replace=False)
    many = min(NEIGHBOURS, len(cases) // 4)
    logs = np.log(np.vstack([_distances(cases, chosen[at : at + CHUNK], many) for at in range(0, len(chosen), CHUNK)]))
    steps = np.diff(logs, axis=1) * np.arange(1, many)
    flatness = np.median(steps, axis=1, keepdims=True) / np.log(2)
    dimensions = 1 / np.maximum(flatness, 1e-9)
    if np.median(dimensions) < FLATTEST:
        return 0.0
    near = many // 2
    longest = (steps * dimensions)[:, :near].max(axis=1)
    return float((longest > np.log(near / LEVEL)).mean())


def _distances(cases: Numbers, chosen: NDArray[np.int64], many: int) -> Numbers:
    """The distances from some cases to their nearest others, in order."""
    squares = (cases**2).sum(axis=1)
    rough = squares[chosen, None] + squares - 2 * cases[chosen] @ cases.T
    rough[np.arange(len(chosen)), chosen] = np.inf
    found = np.argpartition(rough, many, axis=1)[:, :many]
    exact = np.sqrt(((cases[found] - cases[chosen, None]) ** 2).sum(axis=2))
    return np.asarray(np.maximum(np.sort(exact, axis=1), 1e-12), dtype=np.float64)
