"""When DATA-003 calls a change a corruption."""

from __future__ import annotations

from dataclasses import dataclass

from flywheel.domain.gate_catalogue import minimum_rows


@dataclass(frozen=True)
class SentinelLimits:
    """A change rings when it is large and beyond chance over all tests of the window."""

    rows_at_least: int = minimum_rows("DATA-003")
    share_at_least: float = 0.005
    mass_step_at_least: float = 0.15
    unit_within: float = 0.08
    unit_sure: float = 3.0
    moved_at_least: float = 0.13
    undone_at_most: float = 0.20
    beside_at_least: float = 3.0
    counted_at_least: int = 20
    false_alarm_rate: float = 0.001
