"""Foreign scikit-learn models in skops: of a closed list of types, their trees walked before they are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.errors import InputRefused, counted, ending_of
from flywheel.project.tabular.estimators import TRUSTED, TRUSTED_NODES, read_skops
from flywheel.project.tabular.external.chances import chances_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flywheel.project.tabular.external.terms import Terms

MODELS = frozenset(
    {
        "sklearn.pipeline.Pipeline",
        "sklearn.impute._base.SimpleImputer",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._data.MinMaxScaler",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.ensemble._forest.ExtraTreesClassifier",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._classes.ExtraTreeClassifier",
    }
)
"""Models and steps that hold numbers alone."""

PARTS = frozenset(
    {
        "builtins.tuple",
        "numpy.dtype",
        "numpy.float32",
        "numpy.float64",
        "numpy.int64",
        "numpy.uint64",
        "numpy.bool",
        "sklearn.tree._tree.Tree",
    }
)
NODES = frozenset({"TupleNode", "DTypeNode", "TreeNode"})


@dataclass(frozen=True)
class ScikitModel:
    """A classifier of scikit-learn that was read from skops."""

    model: Any
    terms: Terms

    def __call__(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chance of yes for each row."""
        try:
            answer = self.model.predict_proba(matrix)
        except (ValueError, TypeError, AttributeError) as error:  # such as a missing value where it takes none
            raise InputRefused(f"the model cannot answer these rows: {ending_of(str(error))}") from error
        return chances_in(answer, self.terms)


def read_scikit(content: bytes, terms: Terms) -> ScikitModel:
    """Read a model whose every type is known, and whose trees lead nowhere but down."""
    try:
        model = read_skops(content, known=TRUSTED | TRUSTED_NODES | MODELS | PARTS | NODES)
    except InputRefused:
        raise
    except Exception as error:  # zip, JSON, NumPy, skops and scikit-learn each have their own; any means: not a model
        raise InputRefused(
            "not a whole skops file", found=content[:8], allowed="what `skops.io.dump` writes"
        ) from error
    kind = f"{type(model).__module__}.{type(model).__name__}"
    if kind not in MODELS or not hasattr(model, "predict_proba"):
        raise InputRefused("the file holds no classifier", found=kind, allowed=", ".join(sorted(_short(MODELS))))
    try:
        for part in _parts_of(model):
            _must_be_sound(part)
            _forget_names(part, terms)
    except (AttributeError, TypeError, ValueError) as error:  # a part is of a kind that does not belong there
        raise InputRefused(f"a part of the model is broken: {ending_of(str(error))}") from error
    taken = getattr(model, "n_features_in_", None)
    if taken != len(terms.asked_as):
        raise InputRefused(
            "the model takes another number of inputs than the signature names",
            found=taken,
            allowed=str(len(terms.asked_as)),
        )
    return ScikitModel(model, terms)


def _parts_of(model: Any) -> list[Any]:
    steps = [step for _, step in getattr(model, "steps", ())]
    return [model, *(part for step in steps for part in _parts_of(step)), *getattr(model, "estimators_", ())]


def _must_be_sound(part: Any) -> None:
    """Walking a tree is C code that trusts its numbers: a child is below its parent, a column is one that there is.

    scikit-learn holds the rows against what the model says that it takes, and nothing against what its tree says.
    """
    tree = getattr(part, "tree_", None)
    if tree is None:
        return
    taken = getattr(part, "n_features_in_", None)
    if taken != tree.n_features:
        raise InputRefused(
            "a tree of the model is broken", found=counted(tree.n_features, "column"), allowed=str(taken)
        )
    places = np.arange(tree.node_count)
    left, right, columns = tree.children_left, tree.children_right, tree.feature
    is_leaf = left == -1
    below = (left > places) & (left < tree.node_count) & (right > places) & (right < tree.node_count)
    is_sound = np.where(is_leaf, right == -1, below & (columns >= 0) & (columns < tree.n_features))
    if not is_sound.all() or not np.isfinite(tree.value).all():
        raise InputRefused("a tree of the model is broken", found=f"node {int(np.argmin(is_sound))}")


def _forget_names(part: Any, terms: Terms) -> None:
    """Names that fit are checked here, once, and not with each row."""
    names = getattr(part, "__dict__", {}).get("feature_names_in_")
    if names is None:
        return
    if tuple(str(name) for name in names) != terms.asked_as:
        raise InputRefused(
            "the model's inputs have other names, or another order, than in the signature",
            found=", ".join(terms.asked_as),
            allowed=", ".join(str(name) for name in names),
        )
    del part.feature_names_in_


def _short(names: frozenset[str]) -> list[str]:
    return [name.rsplit(".", maxsplit=1)[-1] for name in names]
