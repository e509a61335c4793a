"""Where amounts are predicted, candidates of a project's own code say amounts."""

from __future__ import annotations

import pytest

from flywheel.errors import InputRefused
from flywheel.project.loader import load_project
from flywheel.project.tabular.recipe import Recipe
from flywheel.services.modelling import own_candidates
from flywheel.services.modelling.scorers import load_model
from tests.factories.examples import Ground, ground_of
from tests.promises.own_code import HEAD, fitted, offering

AMOUNTS = (
    HEAD
    + """
from sklearn.linear_model import Ridge
from sklearn.ensemble import RandomForestRegressor

def candidates():
    return {
        "ridge": (make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [0.1, 10.0]}),
        "forest": RandomForestRegressor(15),
        "trees": xgboost.XGBRegressor(n_estimators=20, n_jobs=1),
    }
"""
)


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A project that predicts an amount."""
    folder = tmp_path_factory.mktemp("ward")
    columns = "\n".join(f'{name} = {{ kind = "number" }}' for name in ("age", "bmi", "bp", "s1", "s5"))
    text = f"""
name = "progression"
title = "How far does it go on?"
owner = "ana@clinic.example"
[risk]
exposure = "low"
purpose = "insight"
regulated = false
[value]
unit = "patient"
volume_per_year = 1_000
error_cost = {{ over = 1, under = 2 }}
[data]
target = "target"
sources.samples = {{ uri = "sklearn://diabetes", purpose = "public research data" }}
[data.columns]
{columns}
[research]
task = "regression"
split = {{ validation = 0.25, test = 0.25 }}
"""
    (folder / "project.toml").write_text(text)
    return ground_of(load_project(folder), folder).hooked(AMOUNTS)


@pytest.mark.parametrize(("name", "form"), [("ridge", "onnx"), ("forest", "onnx"), ("trees", "xgboost")])
def test_where_amounts_are_predicted_they_say_amounts(ward: Ground, name: str, form: str) -> None:
    made = fitted(ward, name, trials=3)
    assert Recipe.from_json(made.recipe).settings["form"] == form
    model = load_model(made.model_digest, artifacts=ward.artifacts)
    said = model.said(ward.artifacts.get_frame(ward.prepared().digest))
    assert said.std() > 10
    assert made.metrics["explained"] > 0.1
    assert own_candidates.rehearsed(ward.project) == ()


def test_a_classifier_offers_no_amounts(ward: Ground) -> None:
    with pytest.raises(InputRefused, match="a predicts no amounts"):
        own_candidates.offered(offering(ward, "return {'a': LogisticRegression()}").project)
