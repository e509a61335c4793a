"""Every gate by its permanent code; the one place to look up what a code means."""

from __future__ import annotations

from collections.abc import Mapping

from validators import (
    calibration,
    data_expectations,
    drift_evidently,
    drift_own,
    input_contract,
    leakage,
    money,
    parity,
    schema,
    thresholds,
)
from validators.protocol import Check

_GATES: tuple[Check, ...] = (
    data_expectations.check,
    schema.check,
    drift_own.check,
    drift_evidently.check,
    input_contract.check,
    money.check_baseline,
    money.check_champion,
    thresholds.check,
    calibration.check,
    leakage.check,
    parity.check,
)

GATES: Mapping[str, Check] = {gate.code: gate for gate in _GATES}


def title_of(code: str) -> str:
    """Say what a code looks at."""
    return GATES[code].title
