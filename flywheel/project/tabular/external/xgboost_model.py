"""Foreign boosted trees in xgboost's JSON: of one objective, over just the columns that the signature names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flywheel.errors import InputRefused, ending_of
from flywheel.project.tabular.estimators import read_booster
from flywheel.project.tabular.external.chances import chances_in
from flywheel.project.tabular.external.tree_outline import must_be_sound
from flywheel.project.tabular.single import in_single

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from flywheel.project.tabular.external.terms import Terms

OBJECTIVE = "binary:logistic"
"""The one objective whose answers are chances of yes."""


AMOUNTS = frozenset({"reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:gamma", "reg:tweedie"})
"""Objectives whose answers are amounts."""


@dataclass(frozen=True)
class ForeignTrees:
    """Boosted trees whose outline was looked through."""

    booster: Any
    terms: Terms

    def __call__(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chance of yes for each row."""
        try:
            answer = self.booster.inplace_predict(in_single(matrix, 0.0))
        except ValueError as error:  # xgboost's own are ValueErrors, such as for a first guess that is no chance
            raise InputRefused(f"the trees cannot answer these rows: {ending_of(str(error))}") from error
        return chances_in(answer, self.terms, rows=len(matrix))


def read_xgboost(content: bytes, terms: Terms, *, threads: int) -> ForeignTrees:
    """Parse the trees once their outline is known to be sound and to fit the signature."""
    try:
        learner = json.loads(content, object_pairs_hook=_once)["learner"]
        _must_fit(learner, terms)
        must_be_sound(learner, len(terms.asked_as))
        return ForeignTrees(read_booster(content, threads), terms)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:  # xgboost's own are ValueErrors
        raise InputRefused(
            "not an xgboost model in JSON",
            found=content[:16],
            allowed='what `booster.save_model("model.json")` writes',
        ) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Take an object whose keys stand there once: of two, another parser may take the other."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _must_fit(learner: dict[str, Any], terms: Terms) -> None:
    objective = learner["objective"]["name"]
    if terms.says_amounts:
        if objective not in AMOUNTS:
            what, allowed = "a model of another objective gives no amounts", ", ".join(sorted(AMOUNTS))
            raise InputRefused(what, found=objective, allowed=allowed)
    elif objective != OBJECTIVE:
        raise InputRefused("a model of another objective gives no probabilities", found=objective, allowed=OBJECTIVE)
    names, count = learner.get("feature_names") or [], len(terms.asked_as)
    wanted = learner["learner_model_param"]["num_feature"]
    if str(wanted) != str(count) or len(names) not in {0, count}:
        raise InputRefused(
            "the model takes another number of inputs than the signature names",
            found=wanted if str(wanted) != str(count) else len(names),
            allowed=str(count),
        )
    if names and tuple(names) != terms.asked_as:
        place = next(i for i, (a, b) in enumerate(zip(names, terms.asked_as, strict=True), start=1) if a != b)
        raise InputRefused(
            f"input {place} of the model has another name than in the signature",
            found=terms.asked_as[place - 1],
            allowed=names[place - 1],
            next_step="put the inputs into the model's order; `name` gives the model's own name of a column",
        )
