"""Scorers: a kept model, ready to answer, after its bytes are proven."""

from __future__ import annotations

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.remote_model import ask_address
from flywheel.domain.digests import Digest
from flywheel.project.expressions.derivation import Derivation
from flywheel.project.scorer import Scorer
from flywheel.project.tabular.model import FittedModel, load_derivation, load_verified
from flywheel.services.modelling.own_cells import cell_of


def load_scorer(model: Digest, *, artifacts: Artifacts) -> Scorer:
    """Load the model that a digest names."""
    return load_model(model, artifacts=artifacts)


def load_model(model: Digest, *, artifacts: Artifacts) -> FittedModel:
    """Load a model with all that it is made of."""
    return load_verified(artifacts.path_of(model), model, ask=ask_address, runs=cell_of)


def derivation_of(model: Digest, *, artifacts: Artifacts) -> Derivation:
    """Load what a model computes from raw columns on the way in, and nothing else of it."""
    return load_derivation(artifacts.path_of(model), model, runs=cell_of)
