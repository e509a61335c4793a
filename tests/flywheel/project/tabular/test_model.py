"""Fitted models: fitted, saved, loaded, the same on every way."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flywheel.domain.digests import Digest
from flywheel.errors import InputRefused, Tampered
from flywheel.project.problems.binary import labels_of
from flywheel.project.tabular.estimators import ESTIMATOR_FILE
from flywheel.project.tabular.folder import folder_digest
from flywheel.project.tabular.model import load_verified, save
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.project.tabular.scoring import auc
from tests.factories.tabular import applications, fit_recipe, fitted, rungs

KINDS = pytest.mark.parametrize("kind", ESTIMATOR_FILE)


@KINDS
def test_a_loaded_model_predicts_bit_for_bit_what_the_fitted_one_did(kind: RecipeKind, tmp_path: Path) -> None:
    model = fitted(kind).model
    loaded = load_verified(tmp_path / "m", save(model, tmp_path / "m"))
    frame = applications(200, seed=9)
    np.testing.assert_array_equal(loaded.said(frame), model.said(frame))
    assert (loaded.answering, loaded.recipe) == (model.answering, model.recipe)


@KINDS
def test_the_same_recipe_gives_the_same_folder_digest(kind: RecipeKind, tmp_path: Path) -> None:
    model = fitted(kind).model
    first, again = save(model, tmp_path / "a"), save(fit_recipe(model.recipe).model, tmp_path / "b")
    reloaded = save(load_verified(tmp_path / "a", first), tmp_path / "c")
    assert first == again == reloaded


def test_each_rung_ranks_better_than_the_naive_answer() -> None:
    frame = applications(2_000, seed=5)
    labels = labels_of(frame, target="default_12m", positive=True)
    ranks = {kind: auc(labels, fitted(kind).model.said(frame)) for kind in ESTIMATOR_FILE}
    assert ranks[RecipeKind.NAIVE] == 0.5
    assert min(ranks[RecipeKind.LINEAR], ranks[RecipeKind.BOOSTED]) > 0.7


def test_a_barred_column_in_a_recipe_is_refused() -> None:
    recipe = replace(rungs()[RecipeKind.LINEAR], features=("score", "gender"))
    with pytest.raises(InputRefused, match="gender"):
        fit_recipe(recipe)


@pytest.mark.parametrize("positive", ["yes", 7])
def test_a_positive_value_that_is_not_there_is_refused(positive: str | int) -> None:
    with pytest.raises(InputRefused, match="not a yes or no"):
        labels_of(applications(50), target="default_12m", positive=positive)


def test_rows_without_an_answer_are_refused() -> None:
    frame = applications(50).assign(default_12m=None)
    with pytest.raises(InputRefused, match="not known for every row"):
        labels_of(frame, target="default_12m", positive=True)


def test_another_digest_opens_nothing(tmp_path: Path) -> None:
    save(fitted(RecipeKind.NAIVE).model, tmp_path / "m")
    with pytest.raises(Tampered, match="not those that were approved"):
        load_verified(tmp_path / "m", Digest("sha256:" + "0" * 64))


def test_an_approved_folder_with_one_file_more_is_no_model(tmp_path: Path) -> None:
    save(fitted(RecipeKind.NAIVE).model, tmp_path / "m")
    (tmp_path / "m" / "evil.py").write_text("boom")
    with pytest.raises(InputRefused, match=r"evil\.py"):
        load_verified(tmp_path / "m", folder_digest(tmp_path / "m"))


def test_the_naive_folder_is_plain_json(tmp_path: Path) -> None:
    save(fitted(RecipeKind.NAIVE).model, tmp_path / "m")
    assert 0 < json.loads((tmp_path / "m" / "naive.json").read_text())["constant"] < 1


def test_loading_a_boosted_model_imports_neither_mlflow_nor_skops(tmp_path: Path) -> None:
    digest = save(fitted(RecipeKind.BOOSTED).model, tmp_path / "m")
    code = (
        "import sys, pathlib; from flywheel.project.tabular.model import load_verified;"
        "load_verified(pathlib.Path(sys.argv[1]), sys.argv[2]); print(sorted({'mlflow', 'skops'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "m"), digest]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"
