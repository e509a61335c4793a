"""What columns are while they are computed: floats, truths in two arrays, words by their codes, some rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """Where it is true, and where it is false: each is only computed where somebody asks."""

    yes_of: Callable[[], Truths]
    no_of: Callable[[], Truths]

    @cached_property
    def yes(self) -> Truths:
        """Where it is true."""
        return self.yes_of()

    @cached_property
    def no(self) -> Truths:
        """Where it is false."""
        return self.no_of()


def truth_of(yes: Truths, no: Truths) -> Truth:
    """Make a truth of what is known already."""
    return Truth(lambda: yes, lambda: no)


@dataclass(frozen=True)
class Raw:
    """A raw column, of which some rows are read at a time, while they lie near."""

    read: Callable[[slice], Floats]


@dataclass(frozen=True)
class Words:
    """A code for each row, and the words by their codes."""

    codes: NDArray[np.intp]
    levels: tuple[str, ...]


@dataclass
class Block:
    """Some rows on their way: inputs first, then what was computed; tables over words serve all blocks of a run."""

    slots: list[Any]
    tables: dict[tuple[object, ...], Any] = field(default_factory=dict)

    def table(self, of: object, levels: tuple[tuple[str, ...], ...], make: Callable[[], Any]) -> Any:
        """Make a table over words once; it keeps the words, so that their identity stays theirs."""
        key = (of, *map(id, levels))
        if key not in self.tables:
            self.tables[key] = (levels, make())
        return self.tables[key][1]


def is_missing(value: Any) -> Truths:
    """Say where a value of any sort is missing."""
    if isinstance(value, Truth):
        return ~(value.yes | value.no)
    return value.codes < 0 if isinstance(value, Words) else value != value
