"""Units: what may lie in one part of the data only, an entity or else a row by its content, each known by a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from flywheel.domain.digests import Digest, Json, digest_bytes, digest_of
from flywheel.errors import InputRefused
from flywheel.project.reading.table import Table, table_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

HASH_KEY = "flywheel.split.1"
"""Keys the hash of text (SipHash); another key, or another way to hash, would part every project anew."""
MISSING, FRACTION, TEXT = (np.uint64(number) for number in (0x6D697373, 0x66726163, 0x74657874))
WHOLE_BELOW = 2.0**63
_STEP, _FIRST, _SECOND = (np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


@dataclass(frozen=True)
class Unit:
    """How a row's unit is known: by its entity, and where it has none by what stands in these columns.

    Rows of the same content are one unit, so that copies never lie in two parts; what tells cases apart is the entity.
    """

    salt: str
    entity: str | None
    columns: tuple[str, ...]

    def reads(self, held: Iterable[object]) -> tuple[str, ...]:
        """Name the columns of a table that say which unit a row belongs to."""
        names = set(map(str, held))
        wanted = dict.fromkeys([*([self.entity] if self.entity else []), *self.columns])
        return tuple(name for name in wanted if name in names)

    def within(self, held: Iterable[object]) -> Self:
        """The same unit by those columns alone that a table holds."""
        names = set(map(str, held))
        kept = tuple(name for name in self.columns if name in names)
        return type(self)(self.salt, self.entity if self.entity in names else None, kept)

    def hashes(self, given: pd.DataFrame | Table) -> Hashes:
        """Hash the unit of each row of a whole table, whose rows keep their order."""
        table = table_of(given)
        names = self.reads(table.columns)
        if not names:
            raise InputRefused("no column says which rows belong together", found=list(table.columns)[:20])
        hashes = np.concatenate([self._of(frame) for frame in table.parts(names)])
        return mixed(hashes ^ _number_of(self.salt))

    def to_json(self) -> dict[str, Json]:
        """Write it as plain JSON."""
        return {"salt": self.salt, "entity": self.entity, "columns": list(self.columns)}

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> Self:
        """Read what `to_json` wrote."""
        entity, columns = document["entity"], document["columns"]
        if not isinstance(columns, list):
            raise InputRefused("a unit needs a list of columns", found=document)
        return cls(str(document["salt"]), None if entity is None else str(entity), tuple(map(str, columns)))

    def _of(self, frame: pd.DataFrame) -> Hashes:
        """Hash one part."""
        if self.entity is None or self.entity not in frame:
            return content_hashes(frame, self.columns)
        nameless = frame[self.entity].isna().to_numpy(dtype=bool)
        hashes = value_hashes(frame[self.entity])
        if nameless.any():
            hashes[nameless] = content_hashes(frame[nameless], self.columns)
        return hashes


def place_of(hashes: Hashes) -> NDArray[np.float64]:
    """Where each unit lies between 0 and 1, evenly and for ever."""
    return np.asarray((hashes >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def content_digest(frame: pd.DataFrame) -> Digest:
    """Name exactly these rows, in whatever order: every column, the outcome too."""
    names = sorted(map(str, frame.columns))
    rows = np.sort(content_hashes(frame, names)).astype("<u8")
    return digest_of([names, len(frame), digest_bytes(rows.tobytes())])


def content_hashes(frame: pd.DataFrame, names: Iterable[str]) -> Hashes:
    """Hash what stands in some columns of each row; a column that is not there has no say."""
    hashes = np.zeros(len(frame), dtype=np.uint64)
    for name in sorted(names):
        if name in frame:
            hashes = mixed(hashes ^ value_hashes(frame[name]) ^ _number_of(name))
    return hashes


def value_hashes(values: pd.Series[Any]) -> Hashes:
    """Hash values by what they mean: a whole number is the same in every numeric type, a moment in every unit."""
    # pandas only where there are rows
    import pandas as pd
    from pandas.api import types

    if types.is_datetime64_any_dtype(values.dtype):
        moments = pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]")
        whole, missing = moments.astype("int64").to_numpy(), moments.isna().to_numpy()
        return np.where(missing, MISSING, mixed(whole.view(np.uint64)))
    if types.is_bool_dtype(values.dtype) or types.is_integer_dtype(values.dtype):
        missing = values.isna().to_numpy(dtype=bool)
        nothing = False if types.is_bool_dtype(values.dtype) else 0
        whole = values.fillna(nothing).to_numpy(dtype=np.uint64 if values.dtype.kind == "u" else np.int64)
        return np.where(missing, MISSING, mixed(whole.view(np.uint64)))
    if types.is_float_dtype(values.dtype):
        return _of_floats(values.to_numpy(dtype=np.float64, na_value=np.nan))
    codes, levels = pd.factorize(values, use_na_sentinel=True)
    return np.append(_of_objects(np.asarray(levels, dtype=object)), MISSING)[codes]


def mixed(numbers: Hashes) -> Hashes:
    """Spread numbers evenly over 64 bits (the finaliser of SplitMix64)."""
    spread = np.asarray(numbers, dtype=np.uint64) + _STEP
    spread ^= spread >> np.uint64(30)
    spread *= _FIRST
    spread ^= spread >> np.uint64(27)
    spread *= _SECOND
    spread ^= spread >> np.uint64(31)
    return spread


def _of_floats(numbers: NDArray[np.float64]) -> Hashes:
    is_whole = (np.abs(numbers) < WHOLE_BELOW) & (np.floor(numbers) == numbers)
    bits = mixed(numbers.view(np.uint64) ^ FRACTION)
    bits[is_whole] = mixed(numbers[is_whole].astype(np.int64).view(np.uint64))
    bits[np.isnan(numbers)] = MISSING
    return bits


def _of_objects(levels: NDArray[np.object_]) -> Hashes:
    """Hash distinct values of no numeric type: truths and numbers among them by what they mean, all else as text."""
    # pandas only where there are rows
    import pandas as pd

    kind = pd.api.types.infer_dtype(levels, skipna=False)
    if kind in {"boolean", "integer", "floating", "datetime", "datetime64"}:
        return value_hashes(pd.Series(list(levels)).infer_objects())
    texts = levels if kind in {"string", "empty"} else np.array([str(level) for level in levels], dtype=object)
    return mixed(pd.util.hash_array(texts, hash_key=HASH_KEY, categorize=False) ^ TEXT)


def _number_of(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))
