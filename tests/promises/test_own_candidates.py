"""Candidates of a project's own code stand on one leaderboard with ours, and leave their cell as files without code."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from flywheel.adapters.cell.fitting import FittingCell
from flywheel.adapters.cell.lasting import Allowance
from flywheel.catalog.engine import Catalog
from flywheel.errors import InputRefused, Refused
from flywheel.project.framing import Framing
from flywheel.project.tabular.recipe import Recipe, RecipeKind, may_be_promoted, recipe_name
from flywheel.services.data.datasets import record_dataset
from flywheel.services.modelling import own_candidates, research
from flywheel.services.modelling.experiments import record_experiments
from flywheel.services.modelling.own_features import framing_of
from flywheel.services.modelling.scorers import load_model
from flywheel.services.modelling.versions import register_version
from flywheel.services.serving import packaging
from flywheel.services.terms.policy_files import read_policy
from tests.factories.charters import ROOT
from tests.factories.examinations import facts_of
from tests.factories.examples import Ground, breast_cancer
from tests.factories.projects import submitted
from tests.flywheel.services.serving.test_packaging import version_of
from tests.promises.own_code import HEAD, fitted, offering
from tests.promises.test_own_features import of_low_risk

TEXT = (
    HEAD
    + """
def candidates():
    forest = RandomForestClassifier(20)
    return {
        "forest": (forest, {"max_depth": [2, 3, 4, 6], "min_samples_leaf": stats.randint(1, 20)}),
        "plain": make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=0.5)),
        "trees": (xgboost.XGBClassifier(n_estimators=15, n_jobs=1), {"max_depth": [2, 3]}),
        "bins": HistGradientBoostingClassifier(max_iter=5),
    }
"""
)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return of_low_risk(breast_cancer(tmp_path_factory.mktemp("clinic"))).hooked(TEXT)


def test_they_join_the_ladder_beside_the_rungs_with_the_same_budget(clinic: Ground) -> None:
    framing = framing_of(clinic.project, artifacts=clinic.artifacts, dataset=clinic.prepared().digest)
    ours, own = framing.ladder()[:3], framing.ladder()[3:]
    assert ours == Framing(clinic.project.charter).ladder()
    assert [recipe_name(one.to_json()) for one in own] == [
        f"{name} of hooks.py" for name in ("forest", "plain", "trees", "bins")
    ]
    assert {one.settings["trials"] for one in own} == {ours[2].settings["trials"]}
    assert [one.kind for one in research.plan_ladder(framing, brought=ours[1])][:2] == [
        RecipeKind.NAIVE,
        RecipeKind.LINEAR,
    ]


@pytest.mark.parametrize(("name", "form"), [("forest", "onnx"), ("plain", "onnx"), ("trees", "xgboost")])
def test_the_best_trial_is_kept_in_a_form_without_code_and_answers_as_in_its_cell(
    clinic: Ground, name: str, form: str
) -> None:
    made = fitted(clinic, name, trials=3)
    recipe, folder = Recipe.from_json(made.recipe), clinic.artifacts.path_of(made.model_digest)
    assert recipe.settings["form"] == form
    assert isinstance(json.loads(str(recipe.settings["chosen"])), dict)
    assert made.trials == {"forest": 3, "plain": 1, "trees": 3}[name]
    assert made.metrics["auc"] > 0.9
    assert not [path for path in folder.iterdir() if path.suffix in {".pkl", ".skops", ".joblib"}]
    again = load_model(made.model_digest, artifacts=clinic.artifacts)
    chances = again.said(clinic.artifacts.get_frame(clinic.prepared().digest).head(20))
    assert ((chances >= 0) & (chances <= 1)).all()


def test_the_recipe_makes_the_same_model_again(clinic: Ground) -> None:
    made = fitted(clinic, "forest", trials=3)
    again = research.fit_candidate(
        clinic.project,
        artifacts=clinic.artifacts,
        dataset=clinic.prepared().digest,
        recipe=Recipe.from_json(made.recipe),
    )
    assert again.model_digest == made.model_digest
    assert again.recipe == made.recipe


def test_it_is_packaged_and_answers_single_rows_as_columns(clinic: Ground) -> None:
    made = fitted(clinic, "plain")
    version = version_of(clinic.project, made.model_digest)
    model = load_model(made.model_digest, artifacts=clinic.artifacts)
    contract = packaging.contract_of(clinic.project, version, model, settings=clinic.settings)
    rows = clinic.artifacts.get_frame(clinic.prepared().digest).head(30)
    assert [one.name for one in contract.features] == list(model.encoding.inputs)
    alone = [model.said_of(model.encoding.rows([one]))[0] for one in packaging.records_of(rows, model.encoding.inputs)]
    np.testing.assert_allclose(alone, model.said(rows), atol=1e-6)


def test_what_no_form_holds_is_measured_and_never_becomes_a_version(clinic: Ground, catalog: Catalog) -> None:
    made = fitted(clinic, "bins")
    assert made.metrics["auc"] > 0.9
    assert not may_be_promoted(made.recipe)
    assert recipe_name(made.recipe) == "bins of hooks.py (cannot be promoted: no form without code holds it)"
    kept = load_model(made.model_digest, artifacts=clinic.artifacts)
    with pytest.raises(InputRefused, match=r"was not kept: .*xgboost"):
        kept.said(clinic.artifacts.get_frame(clinic.prepared().digest).head(3))
    charter = clinic.project.charter
    submitted(catalog, project=clinic.project, policy=read_policy(ROOT, charter.tier), actor=charter.owner)
    dataset = clinic.prepared().digest
    record_dataset(
        catalog,
        project=charter.name,
        name="training",
        digest=dataset,
        facts={"rows": 569},
        source_digests={},
        run_id="r",
        actor="flow:x",
    )
    facts = facts_of(RecipeKind.OWN, made, dataset=dataset)
    record_experiments(catalog, project=charter.name, run_id="r", actor="flow:x", experiments=(facts,))
    with pytest.raises(Refused, match="was tried, and its model is not kept"):
        register_version(
            catalog, project=charter.name, experiment_id=facts.id, authors=(charter.owner,), run_id="r", actor="flow:x"
        )


def test_a_check_says_what_cannot_be_promoted_and_what_cannot_be_fitted(clinic: Ground) -> None:
    (told,) = own_candidates.rehearsed(clinic.project)
    assert told.startswith("candidates() of hooks.py: bins can be tried and cannot be promoted: xgboost: TypeError")
    (broken,) = own_candidates.rehearsed(offering(clinic, OWN.format(line="return np.zeros(len(X))").strip()).project)
    assert "odd gives no two chances for each row" in broken
    assert own_candidates.rehearsed(clinic.hooked("def prepare(frame):\n    return frame\n").project) == ()


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("return {}", "gives no candidates"),
        ("return [LogisticRegression()]", "gives no candidates"),
        ("return {'Bad name': LogisticRegression()}", "whose name is none"),
        ("return {'a': LogisticRegression}", "a is a class, and not an estimator"),
        ("return {'a': 3}", "a is int"),
        ("return {'a': SVC()}", r"a gives no chances \(predict_proba\)"),
        ("return {'a': (LogisticRegression(), {})}", "a has an empty space of parameters"),
        ("return {'a': (LogisticRegression(), {'depth': [1]})}", "a has no parameter depth"),
        ("return {'a': (LogisticRegression(), {'C': []})}", "C has no values to choose from"),
        ("return {f'a{n}': LogisticRegression() for n in range(21)}", "gives 21 candidates"),
        ("return 1 / 0", r"hooks\.py:\d+: ZeroDivisionError"),
        ("import socket; socket.socket()", "PermissionError"),
    ],
)
def test_a_mistake_is_told_once_before_anything_is_trained(clinic: Ground, body: str, what: str) -> None:
    with pytest.raises(InputRefused, match=what):
        own_candidates.offered(offering(clinic, body).project)


OWN = """
    class Odd(LogisticRegression):
        def predict_proba(self, X):
            {line}
    return {{"odd": Odd()}}
"""


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("return np.full((len(X), 2), np.nan)", "odd gives chances that are no numbers"),
        ("return np.full((len(X), 2), np.inf)", "odd gives chances that are no numbers"),
        ("return np.full((len(X), 2), 7.0)", "odd gives values that are no chances"),
        ("return np.zeros(len(X))", "odd gives no two chances for each row"),
        ("raise ValueError('Input X contains NaN.')", "SimpleImputer"),
    ],
)
def test_scores_that_are_none_are_refused(clinic: Ground, line: str, what: str) -> None:
    with pytest.raises(InputRefused) as refused:
        fitted(offering(clinic, OWN.format(line=line).strip()), "odd")
    assert what in refused.value.sentence()


def test_a_budget_below_one_fit_is_said_and_a_slow_trial_ends_the_search(clinic: Ground) -> None:
    slow = """
    class Slow(LogisticRegression):
        def fit(self, X, y):
            time.sleep(0 if self.C == 1 else 20)
            return super().fit(X, y)
    return {"slow": (Slow(), {"C": [0.5, 0.6]}), "slowest": Slow(C=2)}
"""
    ground = offering(clinic, slow.strip())
    with pytest.raises(InputRefused, match="one fit of slowest takes longer than the whole budget"):
        fitted(ground, "slowest", minutes=0.01)
    made = fitted(ground, "slow", minutes=0.05)
    assert made.trials == 1
    assert json.loads(str(Recipe.from_json(made.recipe).settings["chosen"])) == {}


def test_a_candidate_cannot_see_what_was_true_of_the_rows_that_choose(
    clinic: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[tuple[int, int, int]] = []
    take = FittingCell.take_rows

    def spying(cell: FittingCell, matrix: Any, truth: Any, others: Any) -> None:
        handed.append((len(matrix), len(truth), len(others)))
        take(cell, matrix, truth, others)

    monkeypatch.setattr(FittingCell, "take_rows", spying)
    fitted(clinic, "plain")
    ((learned, known, asked),) = handed
    assert learned == known
    assert asked > 0


def test_a_file_that_answers_otherwise_than_what_was_fitted_is_not_kept(
    clinic: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of parity: the file of another model comes out of the cell."""
    other = FittingCell(clinic.project.hook_source.text, Allowance(60, 8_000_000_000, 65_533))  # type: ignore[union-attr]
    written = FittingCell.written

    def swapped(cell: FittingCell, form: str) -> tuple[bytes, str]:
        if other._rows is None:
            assert cell._rows is not None
            matrix, truth, others = cell._rows
            other.take_rows(matrix, 1 - truth, others)
            other.tried("plain", trial=0, seed=1, chosen=None, seconds=60)
        return written(other, form)

    monkeypatch.setattr(FittingCell, "written", swapped)
    with other:
        made = fitted(clinic, "plain")
    assert Recipe.from_json(made.recipe).settings["form"] == "none"
    why = json.loads((clinic.artifacts.path_of(made.model_digest) / "unkept.json").read_text())["why"]
    assert "its answers differ by" in why


def test_own_features_reach_own_candidates(clinic: Ground) -> None:
    both = f"{HEAD}\ndef features(frame):\n    return frame.assign(ratio=frame.iloc[:, 0] / frame.iloc[:, 1])\n"
    ground = clinic.hooked(
        f"{both}\ndef candidates():\n    return {{'plain': make_pipeline(SimpleImputer(), LogisticRegression())}}\n"
    )
    made = fitted(ground, "plain")
    assert "ratio" in Recipe.from_json(made.recipe).features
