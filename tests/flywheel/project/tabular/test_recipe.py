"""Which columns a recipe may use, and what it keeps of itself."""

import json

import pytest

from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.estimators import ESTIMATOR_FILE
from flywheel.project.tabular.recipe import ColumnFacts, Recipe, RecipeKind, usable_columns
from tests.factories.tabular import COLUMNS, FEATURES, rungs


def test_only_permitted_features_known_at_decision_are_used() -> None:
    assert tuple(c.name for c in usable_columns(COLUMNS)) == FEATURES


def test_the_target_is_never_a_feature() -> None:
    assert "score" not in [c.name for c in usable_columns(COLUMNS, besides=["score"])]


def test_no_usable_column_is_refused() -> None:
    with pytest.raises(InputRefused, match="no column may be used"):
        usable_columns([ColumnFacts("gender", Kind.CATEGORY, role="group")])


def test_the_ladder_goes_from_naive_to_boosted() -> None:
    assert list(rungs()) == [RecipeKind.NAIVE, RecipeKind.LINEAR, RecipeKind.BOOSTED]


@pytest.mark.parametrize("kind", ESTIMATOR_FILE)
def test_a_recipe_survives_json(kind: RecipeKind) -> None:
    recipe = rungs()[kind]
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
