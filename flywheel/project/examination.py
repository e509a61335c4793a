"""All that the checks of one version look at, gathered once: its rows, its answers, its rivals, its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flywheel.project.charter.charter import Charter
from flywheel.project.expressions.derivation import NOTHING_DERIVED, Derivation
from flywheel.project.framing import Framing
from flywheel.project.scorer import Scorer

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from flywheel.project.scorer import Decided, Said
    from flywheel.project.tabular.answering import Interval
    from flywheel.project.tabular.goal import Truth


@dataclass(frozen=True)
class Answered:
    """What one version says of rows, what it decides and what that brings, under the version's name."""

    name: str
    said: Said
    decided: Decided
    money: NDArray[np.float64]

    def only(self, rows: NDArray[np.bool_]) -> Answered:
        """The same for some of the rows."""
        return Answered(self.name, self.said[rows], self.decided[rows], self.money[rows])


@dataclass(frozen=True)
class Rivals:
    """What stands beside a version on the same rows, money by row; None where nothing does, with the reason.

    The champion is compared on the `unseen` rows alone, those that neither version has learned or was chosen on.
    """

    naive: NDArray[np.float64]
    simple: NDArray[np.float64] | None
    champion: Answered | None
    unseen: NDArray[np.bool_] | None = None
    why_no_simple: str = ""


@dataclass(frozen=True)
class Examination:
    """One version before its examiners; `units` says by a hash which test rows are of one entity, or equal.

    `before` are the rows that came before the test, as they came, and `champions` those of the version in use.
    """

    charter: Charter
    name: str
    scorer: Scorer
    features: tuple[str, ...]
    everything: pd.DataFrame
    before: pd.DataFrame
    test: pd.DataFrame
    truth: Truth
    said: Said
    decided: Decided
    money: NDArray[np.float64]
    units: NDArray[np.uint64]
    rivals: Rivals
    champions: pd.DataFrame | None
    figures: Mapping[str, float]
    limits: Mapping[str, Mapping[str, float]]
    interval: Interval | None = None
    """By row the bounds between which the true amount lies; nothing where no amounts are said."""
    is_renewal: bool = False
    computed: Derivation = NOTHING_DERIVED
    """The derived features that the version reads."""
    beyond: Scorer | None = None
    """The same model for rows that hold the derived features already, so that one can be moved alone."""

    @property
    def framing(self) -> Framing:
        """The charter, read as a modelling problem."""
        return Framing(self.charter)

    @property
    def answered(self) -> Answered:
        """What the version says of the test rows."""
        return Answered(self.name, self.said, self.decided, self.money)

    @property
    def widened(self) -> pd.DataFrame:
        """The test rows with the derived features beside them."""
        return self.computed.widen(self.test)

    @property
    def ask_alone(self) -> dict[str, Scorer]:
        """By derived feature, the scorer that moves it alone."""
        return {name: self.beyond for name in self.computed.wanted if self.beyond is not None}

    @property
    def expected(self) -> dict[str, str]:
        """What people expect of columns and of derived features: which way the risk goes with them."""
        columns = self.charter.data.columns if self.charter.data else {}
        said = {name: column.expect for name, column in columns.items()}
        said |= {name: feature.expect for name, feature in self.charter.features.items()}
        return {name: way for name, way in said.items() if way}

    def limits_of(self, code: str) -> Mapping[str, float]:
        """What the policy sets for a gate."""
        return self.limits.get(code, {})
