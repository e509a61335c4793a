"""Scorers: a kept model, ready to answer, after its bytes are proven."""

from __future__ import annotations

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.remote_model import ask_address
from flywheel.domain.digests import Digest
from flywheel.project.scorer import Scorer
from flywheel.project.tabular.model import FittedModel, load_verified


def load_scorer(model: Digest, *, artifacts: Artifacts) -> Scorer:
    """Load the model that a digest names."""
    return load_model(model, artifacts=artifacts)


def load_model(model: Digest, *, artifacts: Artifacts) -> FittedModel:
    """Load a model with all that it is made of."""
    return load_verified(artifacts.path_of(model), model, ask=ask_address)
