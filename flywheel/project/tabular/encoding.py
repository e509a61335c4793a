"""Encoding: from a frame's columns, or a request's rows, to one float matrix, fitted on training rows only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from flywheel.domain.digests import Json, plain
from flywheel.errors import InputRefused
from flywheel.project.expressions.derivation import NOTHING_DERIVED, Derivation
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of
from flywheel.project.reading.missing import Codes, is_missing
from flywheel.project.tabular.amounts import amount_of
from flywheel.project.tabular.levels_kept import kept_levels
from flywheel.project.tabular.recipe import ColumnFacts, Scalar
from flywheel.project.tabular.single import LARGEST, blurred, in_single, offset_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SMOOTHING_ROWS = 20.0
SELDOM_SAID = frozenset({"given", "other", "absent", "folded"})
SPREAD_LIMIT = 5.0
"""The linear design ends here, in standard deviations: one absurd value cannot carry a decision away."""


@dataclass(frozen=True)
class ColumnEncoding:
    """How one column becomes a number: a category's code is its place in the order, the unknown has its own.

    A model from elsewhere may want other numbers: `given` for the levels, `other` for the unknown, `absent` for none.
    """

    name: str
    kind: Kind
    missing_codes: tuple[Scalar, ...] = ()
    levels: tuple[str, ...] = ()
    unknown: int = 0
    mean: float = 0.0
    deviation: float = 1.0
    has_missing: bool = False
    given: tuple[float, ...] = ()
    other: float | None = None
    absent: float | None = None
    folded: tuple[tuple[str, int], ...] = ()
    """Levels that share the code of the unknown, with their rows in training."""
    offset: float = 0.0
    """What boosted trees read the numbers without, and the share of rows that they confuse for all that."""
    blurred: float = 0.0

    @property
    def is_category(self) -> bool:
        """Its numbers are codes, not amounts."""
        return self.kind is Kind.CATEGORY

    @cached_property
    def codes(self) -> dict[str, float]:
        """Code of each known level."""
        if self.given:
            return dict(zip(self.levels, self.given, strict=True))
        return {level: float(i if i < self.unknown else i + 1) for i, level in enumerate(self.levels)}

    @cached_property
    def holes(self) -> Codes:
        """The codes that mean missing, in every form that a value may come in."""
        return Codes.of(self.missing_codes)

    @property
    def missing(self) -> float:
        """The number of a value that is not there."""
        return math.nan if self.absent is None else self.absent

    def number(self, value: object) -> float:
        """Encode one value; NaN where it is missing."""
        if is_missing(value, self.holes):
            return self.missing
        if self.is_category:
            code = self.codes.get(level_of(value))
            return self._stranger if code is None else code
        number = amount_of(value, name=self.name, kind=self.kind)
        if math.isinf(number):
            raise InputRefused(f"column {self.name} holds an infinite value", allowed="finite numbers or empty")
        return max(-LARGEST, min(LARGEST, number))

    @property
    def _stranger(self) -> float:
        if not self.given:
            return float(self.unknown)
        return self.missing if self.other is None else self.other


@dataclass(frozen=True)
class Encoding:
    """The encodings of all features, in the order of the matrix's columns, and how some are derived from others."""

    columns: tuple[ColumnEncoding, ...]
    derivation: Derivation = NOTHING_DERIVED

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[ColumnFacts], *, truth: NDArray[Any] | None = None) -> Self:
        """Learn levels and spreads from training rows; where the truth is given, levels are ordered by its mean."""
        return cls(tuple(_fit_column(frame, facts, truth) for facts in columns))

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The raw columns that are read, for themselves or for a derived feature."""
        return tuple(
            dict.fromkeys([*(n for n in self.names if n not in self.derivation.wanted), *self.derivation.inputs])
        )

    @property
    def rare(self) -> dict[str, tuple[str, ...]]:
        """The categories that were too rare to be learned one by one, of each column that has some."""
        return {column.name: tuple(level for level, _ in column.folded) for column in self.columns if column.folded}

    @property
    def blurred(self) -> dict[str, float]:
        """The columns of which boosted trees confuse values, each with a share of rows."""
        return {column.name: column.blurred for column in self.columns if column.blurred}

    @cached_property
    def _offsets(self) -> NDArray[np.float64]:
        return np.array([column.offset for column in self.columns])

    def single(self, matrix: NDArray[np.float64]) -> NDArray[np.float32]:
        """Write a matrix in single precision, as boosted trees learn and read it."""
        return in_single(matrix, self._offsets)

    def matrix(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Encode a frame; extra columns are ignored, a missing one is refused."""
        return self.matrix_of(self.derivation.widen(frame))

    def matrix_of(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Encode a frame that holds the derived features already."""
        out = np.empty((len(frame), len(self.columns)), dtype=np.float64)
        for place, column in enumerate(self.columns):
            out[:, place] = _numbers(_series(frame, column.name), column)
        return out

    def rows(self, records: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
        """Encode records without a frame: the short way of a served request."""
        columns, derivation = self.columns, self.derivation
        try:
            if derivation:
                computed = derivation.rows(records)
                records = [{**record, **found} for record, found in zip(records, computed, strict=True)]
            return np.array([[c.number(record[c.name]) for c in columns] for record in records], dtype=np.float64)
        except KeyError as missing:
            raise InputRefused("a row lacks a feature", found=missing.args[0], allowed=", ".join(self.inputs)) from None

    def design(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Widen the matrix for a linear model: one-hot levels, standardised amounts, flags of the missing."""
        parts: list[NDArray[np.float64]] = []
        for place, column in enumerate(self.columns):
            values = matrix[:, place]
            if column.is_category:
                parts.append((values[:, None] == np.arange(len(column.levels) + 1)).astype(np.float64))
                continue
            spread = np.clip((values - column.mean) / column.deviation, -SPREAD_LIMIT, SPREAD_LIMIT)
            parts.append(np.nan_to_num(spread, nan=0.0)[:, None])
            if column.has_missing:
                parts.append(np.isnan(values).astype(np.float64)[:, None])
        return np.hstack(parts)

    def to_json(self) -> list[Json]:
        """Write it as plain JSON."""
        return [plain(_without_defaults(asdict(column))) for column in self.columns]

    @classmethod
    def from_json(cls, document: Sequence[Mapping[str, Any]]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            tuple(
                ColumnEncoding(
                    **{
                        **entry,
                        "kind": Kind(entry["kind"]),
                        "missing_codes": tuple(entry["missing_codes"]),
                        "levels": tuple(entry["levels"]),
                        "given": tuple(entry.get("given", ())),
                        "folded": tuple((level, count) for level, count in entry.get("folded", ())),
                    }
                )
                for entry in document
            )
        )


def _without_defaults(column: dict[str, Any]) -> dict[str, Any]:
    """Leave out what few columns have, where it says nothing."""
    return {key: value for key, value in column.items() if key not in SELDOM_SAID or value not in ((), None)}


def _fit_column(frame: pd.DataFrame, facts: ColumnFacts, truth: NDArray[Any] | None) -> ColumnEncoding:
    series = _series(frame, facts.name)
    if facts.kind is Kind.CATEGORY:
        return _fit_levels(series, facts, truth)
    bare = ColumnEncoding(facts.name, facts.kind, facts.missing_codes)
    values = _numbers(series, bare)
    known = values[~np.isnan(values)]
    mean = float(known.mean()) if known.size else 0.0
    deviation = float(known.std()) if known.size and known.min() < known.max() else 0.0
    is_flat = not math.isfinite(deviation) or deviation == 0.0
    offset = offset_of(known)
    return ColumnEncoding(
        facts.name,
        facts.kind,
        facts.missing_codes,
        mean=mean if math.isfinite(mean) else 0.0,
        deviation=1.0 if is_flat else deviation,
        has_missing=known.size < values.size,
        offset=offset,
        blurred=blurred(known, offset),
    )


def _fit_levels(series: pd.Series[Any], facts: ColumnFacts, truth: NDArray[Any] | None) -> ColumnEncoding:
    rows: dict[str, int] = {}
    sums: dict[str, float] = {}
    codes, uniques = _factors(series)
    counts = np.bincount(codes + 1, minlength=len(uniques) + 1)[1:]
    true = np.bincount(codes + 1, weights=truth, minlength=len(uniques) + 1)[1:] if truth is not None else counts * 0.0
    holes = Codes.of(facts.missing_codes)
    for value, count, total in zip(uniques, counts, true, strict=True):
        if not holes.holds(value):
            level = level_of(value)
            rows[level] = rows.get(level, 0) + int(count)
            sums[level] = sums.get(level, 0.0) + float(total)
    sorted_out = kept_levels(rows)
    base = sum(sums.values()) / max(1, sum(rows.values()))

    def mean(total: float, of: int) -> float:
        return (total + SMOOTHING_ROWS * base) / (of + SMOOTHING_ROWS)

    ordered = sorted(sorted_out.kept, key=lambda lv: (mean(sums[lv], rows[lv]), lv))
    rare = sorted_out.folded
    unknown_mean = mean(sum(sums[lv] for lv in rare), sum(rows[lv] for lv in rare))
    unknown = sum(1 for lv in ordered if mean(sums[lv], rows[lv]) < unknown_mean)
    folded = tuple(rare.items())
    return ColumnEncoding(facts.name, facts.kind, facts.missing_codes, tuple(ordered), unknown, folded=folded)


def _numbers(series: pd.Series[Any], column: ColumnEncoding) -> NDArray[np.float64]:
    if not column.is_category and series.dtype.kind in "iuf":
        values = series.to_numpy(dtype=np.float64)
        if np.isinf(values).any():
            raise InputRefused(f"column {column.name} holds an infinite value", allowed="finite numbers or empty")
        if column.holes.numbers:
            values = np.where(np.isin(values, list(column.holes.numbers)), np.nan, values)
        if column.absent is not None:
            values = np.where(np.isnan(values), column.absent, values)
        return np.asarray(np.clip(values, -LARGEST, LARGEST))
    codes, uniques = _factors(series)
    table: NDArray[np.float64] = np.array(
        [*(column.number(value) for value in uniques), column.missing], dtype=np.float64
    )
    return np.asarray(table[codes])  # a missing value's code is -1: the last place


def _factors(series: pd.Series[Any]) -> tuple[NDArray[np.intp], list[Any]]:
    # pandas only where there is a frame: serving encodes rows without it
    import pandas as pd

    codes, uniques = pd.factorize(series)
    return codes, list(uniques)


def _series(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in frame.columns:
        raise InputRefused("the data lacks a feature", found=name, allowed=", ".join(map(str, frame.columns)))
    return frame[name]
