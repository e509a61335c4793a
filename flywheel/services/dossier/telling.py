"""The one figure that tells what a gate saw, beside its verdict: a pass is more than a word."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from flywheel.domain.amounts import as_money
from flywheel.domain.digests import Json
from flywheel.pages.figures import figure, percent

_MONEY = "gain of {gain_per_row} per case ({gain_per_row_low} to {gain_per_row_high})"
_TELLING: Mapping[str, str] = {
    "DATA-001": "{met} of {expectations} expectations met in {rows} rows",
    "DATA-002": "{columns} columns, {rows} rows",
    "DATA-004": "{features} features beside {forbidden} forbidden columns",
    "DRIFT-003": "{drifted} of {evaluated} columns moved",
    "DRIFT-004": "{drifted} of {evaluated} columns moved",
    "PERF-001": _MONEY,
    "PERF-002": _MONEY,
    "PERF-003": "AUC {auc}, Brier score {brier}",
    "PERF-004": "predicted {mean_said} on average, observed {mean_seen}; mean error {calibration_error}",
    "PERF-005": "strongest is {strongest_feature}, AUC {strongest_power} alone",
    "PERF-006": _MONEY,
    "PERF-007": "{suspects} suspects among {features} features",
    "PERF-008": "{suspects} suspects among {features} features",
    "PERF-009": "{slices} slices, {losing_segments} segments that lose money",
    "PERF-010": "{periods} periods, gain of {worst_gain} in the worst",
    "PERF-011": "worst with {worst}: {worst_loss} lost per case",
    "PERF-012": "{agrees} of {asked} features move as people expect",
    "PERF-013": "difference of {difference} ({difference_low} to {difference_high})",
    "PERF-015": "{coverage} of the true amounts lie within intervals that promise {promised}",
}
_OF_AMOUNTS: Mapping[str, str] = {"PERF-003": "mean absolute error {mae}, bias {bias}"}
"""What tells where amounts are judged, and a gate has other figures than of probabilities."""
_SHARES = frozenset({"coverage", "promised"})
_OF_MONEY = ("gain_per_row", "worst_gain", "worst_loss")


def told(code: str, figures: Mapping[str, Json]) -> str:
    """Say it; nothing where a gate judged nothing, or has no such figure."""
    known = {name: _written(name, value) for name, value in figures.items()}
    for form in (_TELLING.get(code, ""), _OF_AMOUNTS.get(code, "")):
        with suppress(KeyError):
            return form.format_map(known)
    return ""


def _written(name: str, value: Json) -> str:
    if name in _SHARES:
        return percent(value)
    is_money = isinstance(value, float | int) and not isinstance(value, bool) and name.startswith(_OF_MONEY)
    return as_money(float(value)) if is_money else figure(value)  # type: ignore[arg-type]  # a number
