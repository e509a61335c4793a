"""A cell for tests: which guards this machine can give it, and code that is let loose in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from flywheel.adapters import machine
from flywheel.adapters.cell.cell import Cell
from flywheel.adapters.cell.guards import Guards
from flywheel.adapters.cell.seccomp import is_known_machine
from flywheel.domain.digests import digest_bytes
from flywheel.project.hooks import HookSource
from flywheel.settings import Settings

HOME = Path(__file__).resolve().parents[2]
WAYS = Path(__file__).with_name("p15_ways_out.py").read_text(encoding="utf-8")
OPEN = Guards(machine.landlock_version(), has_seccomp=is_known_machine(), user=None, is_root=False)
"""As the account itself, with all its rights."""
needs_guards = pytest.mark.skipif(bool(OPEN.lacking), reason=f"this machine lacks {', '.join(OPEN.lacking)}")


def cell_in(folder: Path) -> Cell:
    """The cell of this machine, with its data root in a folder."""
    return Cell.of(Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": str(folder)}))


def let(cell: Cell, text: str, frame: pd.DataFrame, **limits: float) -> pd.DataFrame:
    """Let code shape a frame in a cell."""
    allowed = cell.limits.model_copy(update=limits)
    source = HookSource(text, ("prepare",), digest_bytes(text.encode()))
    with replace(cell, limits=allowed).shaped(source, pa.Table.from_pandas(frame).to_batches()) as batches:
        shaped: pd.DataFrame = pa.Table.from_batches(list(batches)).to_pandas()
        return shaped
