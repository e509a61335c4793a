"""When DRIFT-001 believes a change: large, and beyond chance over all tests of a window."""

from __future__ import annotations

from dataclasses import dataclass

from flywheel.domain.gate_catalogue import minimum_rows
from validators.columns import Floats
from validators.crowding import Weight
from validators.crowds import Crowd, Meant
from validators.profiles import ColumnProfile


@dataclass(frozen=True)
class DriftLimits:
    """A change rings when it is both large (effect) and beyond chance over all tests of the window."""

    rows_at_least: int = minimum_rows("DRIFT-001")
    moved_at_most: float = 0.13
    moved_warns_at: float = 0.09
    share_step_at_most: float = 0.20
    mass_step_at_most: float = 0.15
    mass_share_at_least: float = 0.005
    variety_factor: float = 2.0
    false_alarm_rate: float = 0.001


@dataclass(frozen=True)
class Sure:
    """When a change is believed."""

    limits: DriftLimits
    chance: float
    crowd: Crowd
    asked: Floats | None = None
    """When the rows were asked, in seconds."""

    @property
    def cases(self) -> Weight:
        """So many rows weigh as one."""
        return self.crowd.weight

    def is_uneven(
        self, column: ColumnProfile, count: int, of: int, *, earlier: int, meant: Meant, earlier_of: int | None = None
    ) -> bool:
        """Whether chance hardly splits the values of a column so."""
        return self.crowd.is_uneven(
            count,
            of,
            earlier=earlier,
            earlier_of=column.present if earlier_of is None else earlier_of,
            chance=self.chance,
            held=lambda holders: holders.cases(column, meant),
        )
