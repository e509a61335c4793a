"""Finds rows that a quote has swallowed: it begins a value and is not closed where the value ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flywheel.adapters.sources.values import Rows
from flywheel.project.checking.faults import Faults
from flywheel.project.reading.text_form import TextForm

if TYPE_CHECKING:
    import pyarrow as pa

LEAST_SIGNS = 4
"""So many delimiters, each where a row has it: a text of several lines hardly looks so by chance."""


def note_torn(
    batch: pa.RecordBatch, places: Sequence[int], *, of: int, form: TextForm, rows: Rows, faults: Faults
) -> None:
    """Count values that hold whole rows of a table of so many columns; `places` are those of the batch's columns."""
    import pyarrow.compute as pc  # heavy: only where data is read

    for column, place in zip(batch.columns, places, strict=True):
        spans = pc.indices_nonzero(pc.match_substring(column, "\n")).to_pylist()
        for row in spans:
            value = column[row].as_py()
            if swallowed := rows_in(value, place=place, of=of, form=form):
                faults.torn(where=rows.where, row=rows.number(row), text=value, rows=swallowed)


def rows_in(value: str, *, place: int, of: int, form: TextForm) -> int:
    """Count the rows that a value of this place has swallowed; none where its lines are those of a text."""
    first, *others = (line.count(form.delimiter) for line in value.rstrip("\r\n").split("\n"))
    last = others.pop() if others and others[-1] != of - 1 else None
    is_torn = first == of - 1 - place and all(count == of - 1 for count in others) and last in (None, place)
    return len(others) + (last is not None) if is_torn and first + sum(others) + (last or 0) >= LEAST_SIGNS else 0
