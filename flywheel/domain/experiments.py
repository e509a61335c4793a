"""Experiments: what is known of a candidate once it was trained and scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from flywheel.domain.digests import Digest, Json
from flywheel.domain.splits import SplitFacts


@dataclass(frozen=True)
class ExperimentFacts:
    """What is known of a candidate once it was trained and scored."""

    id: str
    recipe: Mapping[str, Json]
    mlflow_run_id: str
    model_digest: Digest
    dataset_digest: Digest
    kpi: Decimal
    kpi_low: Decimal
    kpi_high: Decimal
    metrics: Mapping[str, float]
    seconds: float
    split: SplitFacts
    made_with: Mapping[str, Json] = field(default_factory=dict)
    """Code, lock, interpreter and machine: what must be the same for the same model to come out."""
