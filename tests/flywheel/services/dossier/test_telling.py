"""The one figure beside a verdict follows from the figures that the gate has."""

from __future__ import annotations

import pytest

from flywheel.domain.digests import Json
from flywheel.services.dossier.telling import told


@pytest.mark.parametrize(
    ("code", "figures", "said"),
    [
        ("PERF-003", {"auc": 0.8, "brier": 0.1234}, "AUC 0.8, Brier score 0.1234"),
        ("PERF-003", {"mae": 12.34567, "bias": -1.5}, "mean absolute error 12.35, bias -1.5"),
        ("PERF-003", {"rows": 5}, ""),
        ("PERF-015", {"coverage": 0.9033, "promised": 0.9}, "90.3 % of the true amounts lie within intervals that"),
        ("NONE-001", {"rows": 5}, ""),
    ],
)
def test_a_gate_is_told_by_the_figures_of_its_kind(code: str, figures: dict[str, Json], said: str) -> None:
    assert told(code, figures).startswith(said)
    assert bool(told(code, figures)) is bool(said)
