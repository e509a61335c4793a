"""The lasting cells of this process: one for each text of a project's own code, ready for whoever asks next."""

from __future__ import annotations

from functools import lru_cache

from flywheel.adapters.cell.lasting import Allowance, LastingCell
from flywheel.settings import Settings

CELLS_KEPT = 4
"""Of a version, of the one that it is held against, and of those before."""


@lru_cache(maxsize=CELLS_KEPT)
def cell_of(text: str) -> LastingCell:
    """Find or make the cell of a text; it starts with its first call."""
    limits = Settings.load().cell
    return LastingCell(text, Allowance(limits.seconds, limits.memory_bytes, limits.user))
