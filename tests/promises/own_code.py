"""Projects that offer candidates of their own: what their hooks begin with, and a candidate that is fitted."""

from __future__ import annotations

from typing import Any

from flywheel.services.modelling import research
from flywheel.services.modelling.own_features import framing_of
from tests.factories.examples import Ground

HEAD = """
from sklearn.pipeline import make_pipeline
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier, HistGradientBoostingClassifier
from sklearn.svm import SVC
from scipy import stats
import numpy as np
import time
import xgboost

"""


def fitted(ground: Ground, name: str, **settings: Any) -> research.Candidate:
    """A candidate by its name, with other settings where they are given."""
    dataset = ground.prepared().digest
    framing = framing_of(ground.project, artifacts=ground.artifacts, dataset=dataset)
    recipe = next(one for one in framing.ladder() if one.settings.get("candidate") == name)
    recipe = recipe.with_params(recipe.settings | settings)
    return research.fit_candidate(ground.project, artifacts=ground.artifacts, dataset=dataset, recipe=recipe)


def offering(clinic: Ground, body: str) -> Ground:
    """The same project whose hook has another body."""
    return clinic.hooked(f"{HEAD}\ndef candidates():\n    {body}\n")
