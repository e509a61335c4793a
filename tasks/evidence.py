"""Evidence: what a check leaves to be seen is kept by digest and named in its result; no run is needed for it."""

from __future__ import annotations

from dataclasses import replace

from flywheel.adapters.artifacts import Artifacts
from flywheel.domain.gates import Evidence, GateResult
from validators.protocol import Checked


def with_evidence(checked: Checked, *, artifacts: Artifacts) -> GateResult:
    """Keep a check's reports in the artifact store and name them in its result."""
    kept = tuple(
        Evidence(report.name, artifacts.put_bytes(report.content), report.media_type) for report in checked.reports
    )
    return replace(checked.result, evidence=kept)
