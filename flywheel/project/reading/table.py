"""A table that is read a part at a time, so that it need not fit into memory; a frame is one that already does."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flywheel.errors import InputRefused

if TYPE_CHECKING:
    import pandas as pd

PART_ROWS = 131_072
"""Rows of a part of a frame: as many as a row group of canonical Parquet holds."""

Names = Sequence[Hashable]


@dataclass(frozen=True)
class Table:
    """Names, number of rows, and a way to read some columns in parts.

    Every part has the types that the whole table would have in one frame, and there is at least one part, so that the
    types are known. Names may repeat, and whoever reads has to look at that first.
    """

    columns: tuple[Hashable, ...]
    rows: int
    read: Callable[[Names], Iterator[pd.DataFrame]]

    def parts(self, columns: Names | None = None) -> Iterator[pd.DataFrame]:
        """Read all columns or those that are named, in the order of the rows."""
        return self.read(self.columns if columns is None else columns)

    def whole(self, columns: Names, *, bytes_at_most: int | None = None) -> pd.DataFrame:
        """Read some columns into one frame, for what cannot be judged otherwise."""
        return joined(self.parts(columns), bytes_at_most=bytes_at_most)

    def only(self, chosen: Callable[[pd.DataFrame, int], pd.DataFrame], rows: int) -> Table:
        """Give a table of some of the rows; `chosen` is told a part and the place of its first row."""

        def read(columns: Names) -> Iterator[pd.DataFrame]:
            first = 0
            for part in self.read(columns):
                yield chosen(part, first)
                first += len(part)

        return Table(self.columns, rows, read)


def table_of(given: pd.DataFrame | Table) -> Table:
    """Take a frame as a table; its parts are views."""
    # pandas only where there are rows
    import pandas as pd

    if isinstance(given, Table):
        return given
    if not isinstance(given, pd.DataFrame):
        raise TypeError(f"a table is needed, not {type(given).__name__}")
    frame = given

    def read(columns: Names) -> Iterator[pd.DataFrame]:
        wanted = frame if tuple(columns) == tuple(frame.columns) else frame[list(columns)]
        for first in range(0, max(len(frame), 1), PART_ROWS):
            yield wanted.iloc[first : first + PART_ROWS]

    return Table(tuple(frame.columns), len(frame), read)


def joined(parts: Iterator[pd.DataFrame], *, bytes_at_most: int | None = None) -> pd.DataFrame:
    """Put parts into one frame, as long as they fit."""
    # pandas only where there are rows
    import pandas as pd

    kept: list[pd.DataFrame] = []
    size = 0
    for part in parts:
        size += int(part.memory_usage(index=False).sum())
        if bytes_at_most is not None and size > bytes_at_most:
            raise InputRefused(
                "the columns are too large to be judged in one piece",
                found=f"more than {bytes_at_most:,} bytes of {', '.join(map(str, part.columns[:5]))}",
                allowed=f"at most {bytes_at_most:,} bytes",
                next_step="state a check that can be counted in parts, or with a condition that fewer rows meet",
            )
        kept.append(part)
    return kept[0] if len(kept) == 1 else pd.concat(kept, ignore_index=True)
