"""Facts of a table from one pass over its batches: exact counts and bounds, and sketches that do not grow with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from flywheel.domain.digests import Json
from flywheel.project.reading.missing import Codes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

SAMPLED_ROWS = 10_000
"""Quantiles are exact up to so many rows; beyond, a rank is off by 0.5 % of the rows as a rule, 1.5 % at worst."""
KEPT_HASHES = 2_048
"""Distinct values are exact below so many; beyond, off by about 2 %."""
NO_CODES: Mapping[str, Codes] = MappingProxyType({})
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class TableFacts:
    """What has been seen of a table so far; two of equal content give equal facts, however they were cut.

    A value that is declared to mean missing is missing here too: it is counted so, and moves no mean and no bound.
    """

    def __init__(self, codes: Mapping[str, Codes] = NO_CODES) -> None:
        self.rows = 0
        self._codes = codes
        self._columns: dict[str, _Column] = {}
        self._threshold = 2**64 - 1
        self._priorities: NDArray[np.uint64] | None = None

    def watched(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Let batches through and look at each."""
        for batch in batches:
            self.see(batch)
            yield batch

    def see(self, batch: pa.RecordBatch) -> None:
        """Look at a batch."""
        import numpy as np  # heavy: only where data is read

        if not self._columns:
            self._columns = {name: _Column() for name in batch.schema.names}
        priorities = _mixed(np.arange(self.rows, self.rows + batch.num_rows, dtype=np.uint64))
        chosen = np.flatnonzero(priorities <= np.uint64(self._threshold))
        before = self._priorities if self._priorities is not None else np.empty(0, np.uint64)
        pool = np.concatenate([before, priorities[chosen]])
        kept = np.arange(len(pool))
        if len(pool) > SAMPLED_ROWS:
            kept = np.sort(np.argpartition(pool, SAMPLED_ROWS - 1)[:SAMPLED_ROWS])
        self._priorities = pool[kept]
        if len(kept) == SAMPLED_ROWS:
            self._threshold = int(self._priorities.max())
        self.rows += batch.num_rows
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            self._columns[name].see(_uncoded(array, self._codes.get(name)), chosen=chosen, kept=kept)

    def facts(self) -> dict[str, Json]:
        """Say what a record can hold: an empty or endless column has no mean; the gates say what is wrong with it."""
        columns: dict[str, Json] = {name: column.facts(self.rows) for name, column in self._columns.items()}
        return {"rows": self.rows, "columns": columns}

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in their order."""
        return tuple(self._columns)


class _Column:
    """What has been seen of one column."""

    def __init__(self) -> None:
        self._kind = "null"
        self._nulls = 0
        self._sum: float | int = 0
        self._least: Any = None
        self._most: Any = None
        self._hashes: NDArray[np.uint64] | None = None
        self._is_exact = True
        self._endless = 0
        self._sample: pa.Array | None = None

    def see(self, array: pa.Array, *, chosen: NDArray[np.intp], kept: NDArray[np.intp]) -> None:
        import numpy as np  # heavy: only where data is read
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = array.type
        self._kind = str(kind)
        self._nulls += array.null_count
        numbers = None
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            numbers = array.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
            sampled = array.take(pa.array(chosen))
            pool = sampled if self._sample is None else pa.concat_arrays([self._sample, sampled])
            self._sample = pool.take(pa.array(kept))
            self._endless += int(np.isinf(numbers).sum())
            self._sum += 0 if self._endless else _sum_of(array, numbers)
        if array.null_count == len(array):
            return
        if numbers is not None or pa.types.is_temporal(kind):
            bounds = pc.min_max(_finite(array) if self._endless else array)
            least, most = bounds["min"], bounds["max"]
            if least.is_valid and (self._least is None or _place(least) < _place(self._least)):
                self._least = least
            if most.is_valid and (self._most is None or _place(most) > _place(self._most)):
                self._most = most
        self._count(_hashes(array.unique() if self._is_exact else array))

    def facts(self, rows: int) -> dict[str, Json]:
        import numpy as np  # heavy: only where data is read

        facts: dict[str, Json] = {"type": self._kind, "distinct": min(self._distinct(), rows - self._nulls)}
        if not self._is_exact:
            facts["distinct_is_estimate"] = True
        if rows:
            facts["missing_share"] = self._nulls / rows
        if self._least is not None and self._sample is None:
            facts |= {"least": _said(self._least), "most": _said(self._most)}
        if self._endless:
            facts["infinite"] = self._endless
        if self._least is not None and self._sample is not None:
            mean = math.inf if self._endless else self._sum / (rows - self._nulls)
            figures = {"least": _place(self._least), "mean": mean, "most": _place(self._most)}
            facts |= {name: value for name, value in figures.items() if math.isfinite(value)}
            finite = np.sort(_finite(self._sample).to_numpy(zero_copy_only=False))
            if len(finite):
                found = finite[[max(math.ceil(share * len(finite)) - 1, 0) for share in QUANTILES]].tolist()
                facts["quantiles"] = {f"{share:g}": value for share, value in zip(QUANTILES, found, strict=True)}
        return facts

    def _count(self, hashes: NDArray[np.uint64]) -> None:
        """Keep the smallest hashes: how small they are says how many there must be. Until too many, each comes once."""
        import numpy as np  # heavy: only where data is read

        if self._is_exact and len(hashes) > KEPT_HASHES:
            hashes = np.partition(hashes, KEPT_HASHES)[: KEPT_HASHES + 1]
        elif self._hashes is not None and not self._is_exact:
            hashes = hashes[hashes < self._hashes[-1]]
        known = hashes if self._hashes is None else np.concatenate([self._hashes, hashes])
        distinct = np.unique(known)
        self._is_exact = self._is_exact and len(distinct) <= KEPT_HASHES
        self._hashes = distinct[:KEPT_HASHES]

    def _distinct(self) -> int:
        if self._hashes is None or self._is_exact:
            return 0 if self._hashes is None else len(self._hashes)
        return round((KEPT_HASHES - 1) / (float(self._hashes[-1]) / 2.0**64))


def _finite(array: pa.Array) -> pa.Array:
    """The numbers that are some and have an end."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    values = array.drop_null()
    return values.filter(pc.is_finite(values)) if pa.types.is_floating(array.type) else values


def _uncoded(array: pa.Array, codes: Codes | None) -> pa.Array:
    """Show what is declared to mean missing as missing."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    kind = array.type
    if not codes or not (values := _of_kind(codes, kind)):
        return array
    means_missing = pc.is_in(array, value_set=pa.array(values).cast(kind))
    return pc.if_else(means_missing, pa.scalar(None, kind), array)


def _of_kind(codes: Codes, kind: pa.DataType) -> list[Any]:
    from pyarrow import types  # heavy: only where data is read

    if types.is_string(kind) or types.is_large_string(kind):
        return sorted(codes.texts)
    if types.is_integer(kind):
        bits = kind.bit_width - types.is_signed_integer(kind)
        low = -(2**bits) if types.is_signed_integer(kind) else 0
        return sorted(int(code) for code in codes.numbers if code.is_integer() and low <= code < 2**bits)
    if types.is_floating(kind):
        return sorted(codes.numbers)
    return sorted(codes.times) if types.is_timestamp(kind) and kind.tz is not None else []


def _sum_of(array: pa.Array, numbers: NDArray[np.float64]) -> float | int:
    """Add numbers up; whole ones exactly, however long: their upper and lower halves apart."""
    import numpy as np  # heavy: only where data is read
    from pyarrow import types

    if not types.is_integer(array.type):
        return float(np.nansum(numbers))
    wide = np.int64 if types.is_signed_integer(array.type) else np.uint64
    whole = array.drop_null().to_numpy(zero_copy_only=False).astype(wide)
    return (int((whole >> wide(32)).sum()) << 32) + int((whole & wide(0xFFFFFFFF)).sum())


def _place(bound: pa.Scalar) -> Any:
    """Give a bound as a number; a time by what is counted, since Python knows no year beyond 9999."""
    from pyarrow import types  # heavy: only where data is read

    return bound.value if types.is_temporal(bound.type) else bound.as_py()


def _said(bound: pa.Scalar) -> str:
    try:
        return str(bound.as_py())
    except OverflowError:
        return f"{bound.value} ({bound.type})"


def _hashes(array: pa.Array) -> NDArray[np.uint64]:
    """Hash values alike wherever they stand: numbers and times by their bits, all else by its text."""
    import numpy as np  # heavy: only where data is read
    import pyarrow as pa
    from pyarrow import types

    values, kind = array.drop_null(), array.type
    if types.is_integer(kind):
        whole = values.to_numpy(zero_copy_only=False)
        places = whole.astype(np.int64, copy=False) if types.is_signed_integer(kind) else whole.astype(np.uint64)
        return _mixed(places.view(np.uint64))
    if types.is_floating(kind):
        return _mixed((values.to_numpy(zero_copy_only=False).astype(np.float64, copy=False) + 0.0).view(np.uint64))
    if types.is_temporal(kind):
        wide = values.cast(pa.int64() if kind.bit_width == 64 else pa.int32(), safe=False)
        return _mixed(wide.to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64))
    # pandas hashes text in C, and the same text alike in every run
    from pandas.util import hash_array

    values = values.unique()
    if types.is_string(kind):
        return _mixed(hash_array(values.to_numpy(zero_copy_only=False), categorize=False))
    return _mixed(hash_array(np.array([str(value) for value in values.to_pylist()], dtype=object)))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread numbers evenly over 64 bits (the finaliser of splitmix64)."""
    import numpy as np  # heavy: only where data is read

    with np.errstate(over="ignore"):
        mixed = values + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
