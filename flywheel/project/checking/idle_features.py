"""Derived features that tell nothing in the rows at hand: missing in all of them, or the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flywheel.errors import counted
from flywheel.project.checking.faults import Fault
from flywheel.project.expressions.derivation import Derivation

if TYPE_CHECKING:
    import pandas as pd

MISSING_CURE = "the names in its lookup, what it divides by, or a column that is always empty; else leave it out"
CONSTANT_CURE = "leave it out, or correct the expression"


def idle_features(derivation: Derivation, rows: pd.DataFrame) -> Iterator[Fault]:
    """Name each feature that no model can learn from, by rows that were looked at."""
    # pandas only where there are rows
    import pandas as pd

    if rows.empty:
        return
    for name, values in derivation.columns(rows).items():
        present = pd.Series(values).dropna()
        of = f"in all of the {counted(len(rows), 'row')} that were looked at"
        if present.empty:
            yield Fault(
                "project.toml", f"features.{name}", f"is missing {of}; a run would end at PERF-005", cure=MISSING_CURE
            )
        elif present.nunique() == 1 and len(present) == len(rows):
            what = f"is the same {of}"
            yield Fault("project.toml", f"features.{name}", what, values=(str(present.iloc[0]),), cure=CONSTANT_CURE)
