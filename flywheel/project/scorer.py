"""What every model must be able to do, wherever it was made, so that gates, diffs and serving can ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Said = NDArray[np.float64]
    """What a model says of each row: how likely the positive answer is, which amount it expects."""

    Decided = NDArray[Any]
    """What is decided on each row by that: yes or no, an amount."""


def apart(ours: Said, theirs: Said) -> Said:
    """How far two sayings of the same rows lie apart; of amounts above one as a share, as their digits are.

    Of a chance, and of what is true or false, it is the difference itself.
    """
    # numpy only where answers are compared
    import numpy as np

    return np.abs(ours - theirs) / np.maximum(1.0, np.abs(ours))


class Scorer(Protocol):
    """Says something of each row, and decides by it."""

    @property
    def threshold(self) -> float:
        """From which chance on the answer is yes; not a number where what is said is itself the decision."""
        ...

    def said(self, frame: pd.DataFrame) -> Said:
        """One figure for each row, in the frame's order; extra columns are ignored."""
        ...

    def decided(self, said: Said) -> Decided:
        """What follows from what was said."""
        ...
