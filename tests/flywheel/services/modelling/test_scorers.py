"""A kept model answers as it did before it was kept, and only while its bytes are those that were kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.errors import Tampered
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.services.modelling.research import keep
from flywheel.services.modelling.scorers import load_scorer
from tests.factories.tabular import applications, fitted


def test_a_kept_model_answers_as_before(tmp_path: Path) -> None:
    model, artifacts, frame = fitted(RecipeKind.LINEAR).model, Artifacts(tmp_path), applications(50)
    scorer = load_scorer(keep(model, artifacts=artifacts), artifacts=artifacts)
    np.testing.assert_array_equal(scorer.said(frame), model.said(frame))
    assert scorer.threshold == model.threshold


def test_a_model_that_was_touched_does_not_answer(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    digest = keep(fitted(RecipeKind.NAIVE).model, artifacts=artifacts)
    kept = artifacts.path_of(digest) / "naive.json"
    kept.chmod(0o600)
    kept.write_text('{"rate": 0.9}')
    with pytest.raises(Tampered):
        load_scorer(digest, artifacts=artifacts)
