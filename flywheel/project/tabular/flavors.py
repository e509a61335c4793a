"""What MLflow reads of a model's folder."""

from __future__ import annotations

import json
from importlib.metadata import version

from flywheel.domain.digests import Json
from flywheel.project.tabular.recipe import RecipeKind


def said_to_mlflow(kind: RecipeKind, file: str, size: int) -> dict[str, Json]:
    """What MLflow reads: a flavour without python_function, so that no MLmodel of ours names a loader to run."""
    flavors: dict[RecipeKind, dict[str, Json]] = {
        RecipeKind.NAIVE: {"flywheel": {"data": file}},
        RecipeKind.LINEAR: {
            "sklearn": {
                "pickled_model": file,
                "serialization_format": "skops",
                "sklearn_version": version("scikit-learn"),
                "skops_trusted_types": [],
                "code": None,
            }
        },
        RecipeKind.BOOSTED: {
            "xgboost": {
                "data": file,
                "model_class": "xgboost.core.Booster",
                "model_format": "json",
                "xgb_version": version("xgboost-cpu"),
                "code": None,
            }
        },
    }
    return {
        "flavors": flavors.get(kind, {"flywheel": {"data": file}}),
        "model_size_bytes": size,
        "utc_time_created": "2000-01-01 00:00:00",
    }


def as_yaml(document: Json) -> str:
    """Write a document as YAML."""
    return json.dumps(document, indent=1, sort_keys=True) + "\n"  # JSON is YAML, without a dialect
