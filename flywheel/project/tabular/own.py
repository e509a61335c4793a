"""What a model's folder holds of a project's own code: its text, and under which terms a kept candidate is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flywheel.domain.own_code import HOOKS_FILE
from flywheel.project.expressions.derivation import NOTHING_DERIVED, Derivation
from flywheel.project.expressions.own_features import OwnCode, OwnFeatures
from flywheel.project.tabular.external.terms import Form, Terms
from flywheel.project.tabular.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Runs = Callable[[str], OwnCode]
"""Gives a text of the project's own code to what runs it."""

PARITY = 1e-5
"""How far a kept file may answer from the estimator that was fitted."""
PROBABILITIES, AMOUNT = "probabilities", "variable"
"""What skl2onnx calls the outputs."""


def terms_of(form: Form, candidate: str, names: Sequence[str], *, says_amounts: bool) -> Terms:
    """Under which terms a kept candidate is asked: by the encoded matrix, for chances or amounts."""
    return Terms(
        form=form,
        maker=HOOKS_FILE,
        release=candidate,
        learned_until="",
        asked_as=tuple(names),
        output=AMOUNT if says_amounts else PROBABILITIES,
        place=None,
        tolerance=PARITY,
        golden=(),
        says_amounts=says_amounts,
    )


def form_of(recipe: Recipe) -> str:
    """In which form a model is kept that others, or the project's own code, made."""
    return str(recipe.settings["form"])


def read_derivation(own: Mapping[str, Any], contents: Mapping[str, bytes], runs: Runs | None) -> Derivation:
    """Read what is derived; the project's own code is text here, and runs elsewhere."""
    if "derivation" not in own:
        return NOTHING_DERIVED
    by_code = None
    if "own" in own["derivation"]:
        text = contents[HOOKS_FILE].decode()
        by_code = OwnFeatures.from_json(own["derivation"]["own"], text, runs(text) if runs else None)
    return Derivation.from_json(own["derivation"], by_code)
