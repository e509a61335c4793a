"""A program: the steps of several features in one order, each shared part computed once, for columns and for rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.project.expressions.blocks import Block, Raw, Truth, Words, truth_of
from flywheel.project.expressions.columns import OfBlock, column_closure
from flywheel.project.expressions.rows import OfRow, row_closure
from flywheel.project.expressions.steps import Op, Sort, Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK_ROWS = 16_384
"""Rows that are computed at once: their intermediate results stay in the processor's nearest memory."""
_PLAIN = frozenset({Op.INPUT, Op.CONSTANT, Op.SLOT})


@dataclass(frozen=True)
class Program:
    """Inputs by name, steps that refer to slots, and the slot of each feature."""

    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    places: Mapping[str, int]
    sorts: Mapping[str, Sort]

    @cached_property
    def _of_row(self) -> tuple[OfRow, ...]:
        return tuple(row_closure(step) for step in self.steps)

    @cached_property
    def _of_block(self) -> tuple[OfBlock, ...]:
        return tuple(column_closure(step) for step in self.steps)

    def row(self, inputs: list[Any]) -> dict[str, Any]:
        """Compute all features of one row: floats, truths or words; what is missing is not a number, or None."""
        slots = inputs
        for compute in self._of_row:
            slots.append(compute(slots))
        return {name: slots[place] for name, place in self.places.items()}

    def columns(self, inputs: Sequence[Any], rows: int) -> dict[str, Any]:
        """Compute all features of whole columns: arrays of floats, truths or words."""
        tables: dict[tuple[object, ...], Any] = {}
        found: dict[str, list[Any]] = {name: [] for name in self.places}
        with np.errstate(all="ignore"):
            for first in range(0, max(rows, 1), BLOCK_ROWS):
                block = Block([_cut(one, first, first + BLOCK_ROWS) for one in inputs], tables)
                for compute in self._of_block:
                    block.slots.append(compute(block))
                for name, place in self.places.items():
                    found[name].append(block.slots[place])
        return {name: _joined(parts) for name, parts in found.items()}


def program_of(features: Mapping[str, Step], *, wanted: Sequence[str]) -> Program:
    """Put features in one program; each may use those before it, and `wanted` names what is given out."""
    counts = Counter[Step]()
    for step in features.values():
        _count(step, counts)
    inputs = tuple(sorted({str(s.value) for s in counts if s.op is Op.INPUT and s.value not in features}))
    line = _Line(inputs, {step for step, count in counts.items() if count > 1 and step.op not in _PLAIN})
    for name, step in features.items():
        line.add_feature(name, step)
    places = {name: line.places[name] for name in wanted}
    return Program(inputs, tuple(line.steps), places, {name: features[name].sort for name in wanted})


class _Line:
    """Steps in the order in which they are computed."""

    def __init__(self, inputs: tuple[str, ...], shared: set[Step]) -> None:
        self.steps: list[Step] = []
        self.places: dict[str, int] = {name: place for place, name in enumerate(inputs)}
        self._first, self._shared, self._held = len(inputs), shared, dict[Step, int]()

    def add_feature(self, name: str, step: Step) -> None:
        """Compute a feature next; one that is another's part already has its slot."""
        within = self._within(step)
        self.places[name] = int(str(within.value)) if within.op is Op.SLOT else self._add(within)

    def _within(self, step: Step) -> Step:
        """Let a step read from slots what has one."""
        if step.op is Op.CONSTANT:
            return step
        if step.op is Op.INPUT:
            return Step(Op.SLOT, step.sort, value=self.places[str(step.value)])
        if step in self._held:
            return Step(Op.SLOT, step.sort, value=self._held[step])
        whole = replace(step, of=tuple(self._within(one) for one in step.of))
        if step not in self._shared:
            return whole
        self._held[step] = self._add(whole)
        return Step(Op.SLOT, step.sort, value=self._held[step])

    def _add(self, step: Step) -> int:
        self.steps.append(step)
        return self._first + len(self.steps) - 1


def _count(step: Step, counts: Counter[Step]) -> None:
    counts[step] += 1
    if counts[step] == 1:
        for one in step.of:
            _count(one, counts)


def _cut(column: Any, first: int, end: int) -> Any:
    if isinstance(column, Raw):
        return column.read(slice(first, end))
    if isinstance(column, Truth):
        return truth_of(column.yes[first:end], column.no[first:end])
    return Words(column.codes[first:end], column.levels) if isinstance(column, Words) else column[first:end]


def _joined(parts: list[Any]) -> Any:
    """Put the blocks of one feature together; their words are one and the same list."""
    if isinstance(parts[0], Truth):
        return truth_of(_whole([one.yes for one in parts]), _whole([one.no for one in parts]))
    if isinstance(parts[0], Words):
        return Words(_whole([one.codes for one in parts]), parts[0].levels)
    return _whole(parts)


def _whole(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
