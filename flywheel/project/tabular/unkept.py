"""What stands for a candidate of a project's own code that no file without code holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flywheel.domain.digests import canonical_json
from flywheel.errors import InputRefused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNKEPT_FILE = "unkept.json"


@dataclass(frozen=True)
class Unkept:
    """A candidate that was tried and cannot be kept: it answers what it was asked in its cell, and nothing else."""

    why: str
    answered: NDArray[np.float64] | None = field(default=None, repr=False)

    def output(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """What it gave in its cell."""
        if self.answered is None or len(self.answered) != len(matrix):
            raise InputRefused(f"this candidate was not kept: {self.why}", next_step="it can be tried, not promoted")
        return self.answered

    def content(self) -> bytes:
        """Why there is nothing."""
        return canonical_json({"why": self.why}).encode()
