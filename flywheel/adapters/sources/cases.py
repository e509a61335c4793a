"""Finds rows of a text file that are no cases: the header where it stands again, and lines of totals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

from flywheel.project.reading.text_form import BLANKS
from flywheel.project.reading.totals import AROUND_HEADERS, MOST_FILLED, TOTALS, as_header

if TYPE_CHECKING:
    import pyarrow as pa


def without_headers(batch: pa.RecordBatch, header: Sequence[str]) -> tuple[pa.RecordBatch, list[int]]:
    """Leave out the rows that repeat the header; each place is counted among the rows that are left."""
    import pyarrow.compute as pc  # heavy: only where data is read

    again = None
    for column, name in zip(batch.columns, as_header(header), strict=bool(header)):
        same = pc.equal(pc.utf8_lower(pc.utf8_trim(column, AROUND_HEADERS)), name)
        again = same if again is None else pc.and_(again, same)
        if not pc.any(again, min_count=0).as_py():
            return batch, []
    if again is None:
        return batch, []
    places = pc.indices_nonzero(again).to_pylist()
    return batch.filter(pc.invert(again)), [place - before for before, place in enumerate(places)]


def totals_in(batch: pa.RecordBatch, usual: float) -> tuple[dict[int, str], float]:
    """Find lines of totals by their place, and say how many fields rows usually fill, so far.

    A word that rows with more in them hold too is an answer.
    """
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    if not batch.num_rows or not batch.num_columns:
        return {}, usual
    there = (pc.not_equal(pc.utf8_trim(column, BLANKS), "").cast(pa.int32()) for column in batch.columns)
    filled = reduce(pc.add, there)
    usual = max(usual, float(pc.quantile(filled)[0].as_py()))
    is_sparse = pc.and_(pc.less_equal(filled, int(MOST_FILLED * usual)), pc.greater(filled, 0))
    places = pc.indices_nonzero(is_sparse)
    found: dict[int, str] = {}
    for column in batch.columns if len(places) else ():
        few = pc.utf8_trim(column.take(places), BLANKS)
        named = pc.indices_nonzero(pc.match_substring_regex(few, TOTALS)).to_pylist()
        words = {few[place].as_py() for place in named}
        rest = column.filter(pc.invert(is_sparse))
        answers = {word for word in words if pc.any(pc.equal(rest, word), min_count=0).as_py()}
        for place in named:
            if (word := few[place].as_py()) not in answers:
                found.setdefault(places[place].as_py(), word)
    return dict(sorted(found.items())), usual
