"""What a model is fitted to: the truth, how far an output is from it, and what is made of outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from flywheel.project.tabular.recipe import Param

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from flywheel.project.tabular.answering import Answering

    Truth = NDArray[Any]
    """What was true of each row: 1 for yes and 0 for no, an amount."""


class Goal(Protocol):
    """One kind of problem, as far as fitting is concerned."""

    @property
    def target(self) -> str:
        """The column to predict."""
        ...

    @property
    def objective(self) -> Mapping[str, Param]:
        """What xgboost brings down."""
        ...

    def truth(self, rows: pd.DataFrame) -> Truth:
        """What was true of each row; rows without an answer are refused."""
        ...

    def constant(self, truth: Truth) -> float:
        """The one output that fits all these rows best."""
        ...

    def linear(self, settings: Mapping[str, Param]) -> Any:
        """The linear model of scikit-learn, not fitted yet."""
        ...

    def loss(self, truth: Truth, output: NDArray[np.float64]) -> float:
        """How far outputs are from the truth, on average; candidates race by it."""
        ...

    def answering(self, truth: Truth, output: NDArray[np.float64]) -> Answering:
        """What is made of outputs, chosen on rows that nothing was learned from."""
        ...
