"""What every model must be able to do, wherever it was made, so that gates, diffs and serving can ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class Scorer(Protocol):
    """Says for each row how likely the positive answer is, and from where on it says yes."""

    @property
    def threshold(self) -> float:
        """The answer is yes at or above this chance."""
        ...

    def probabilities(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Chance of the positive answer for each row, in the frame's order; extra columns are ignored."""
        ...
