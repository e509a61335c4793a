"""Foreign boosted trees in xgboost's JSON: of one objective, over just the columns that the signature names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flywheel.errors import InputRefused
from flywheel.project.tabular.estimators import Boosted, read_booster

if TYPE_CHECKING:
    from flywheel.project.tabular.external.terms import Terms

OBJECTIVE = "binary:logistic"
"""The one objective whose answers are chances of yes."""


def read_xgboost(content: bytes, terms: Terms, *, threads: int) -> Boosted:
    """Parse the trees once their outline is known to fit the signature."""
    learner = _outline(content)
    _must_fit(learner, terms)
    return Boosted(read_booster(content, threads))


def _outline(content: bytes) -> dict[str, Any]:
    try:
        learner = json.loads(content)["learner"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputRefused(
            "not an xgboost model in JSON",
            found=content[:16],
            allowed='what `booster.save_model("model.json")` writes',
        ) from error
    if not isinstance(learner, dict):
        raise InputRefused("not an xgboost model in JSON", found=type(learner).__name__, allowed="a learner")
    return learner


def _must_fit(learner: dict[str, Any], terms: Terms) -> None:
    objective = learner.get("objective", {}).get("name")
    if objective != OBJECTIVE:
        raise InputRefused("a model of another objective does not give chances", found=objective, allowed=OBJECTIVE)
    names, count = learner.get("feature_names") or [], len(terms.asked_as)
    wanted = learner.get("learner_model_param", {}).get("num_feature")
    if str(wanted) != str(count):
        raise InputRefused(
            "the model takes another number of inputs than the signature names", found=wanted, allowed=str(count)
        )
    if names and tuple(names) != terms.asked_as:
        place = next(i for i, (a, b) in enumerate(zip(names, terms.asked_as, strict=True), start=1) if a != b)
        raise InputRefused(
            f"input {place} of the model has another name than in the signature",
            found=terms.asked_as[place - 1],
            allowed=names[place - 1],
            next_step="put the inputs into the model's order; `name` gives the model's own name of a column",
        )
