"""Every gate by its permanent code, ready to be called; what a code means is in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from validators import (
    behaviour,
    calibration,
    data_expectations,
    drift_evidently,
    drift_own,
    drift_versions,
    fairness,
    footprint,
    identifiers,
    input_contract,
    intervals,
    leakage,
    money,
    parity,
    permissions,
    robustness,
    schema,
    sensitivity,
    sentinels,
    skew,
    slices,
    stability,
    targets,
    thresholds,
    time_travel,
)
from validators.protocol import Check

_GATES: tuple[Check, ...] = (
    data_expectations.check,
    schema.check,
    sentinels.check,
    permissions.check,
    drift_own.check,
    drift_evidently.check,
    input_contract.check,
    money.check_baseline,
    money.check_champion,
    thresholds.check,
    calibration.check,
    leakage.check,
    money.check_simple,
    time_travel.check,
    identifiers.check,
    slices.check,
    stability.check,
    robustness.check,
    sensitivity.check,
    fairness.check,
    footprint.check,
    intervals.check,
    targets.check,
    drift_versions.check_test,
    drift_versions.check_training,
    behaviour.check,
    parity.check,
    parity.check_golden,
    skew.check,
)

GATES: Mapping[str, Check] = {gate.code: gate for gate in _GATES}
