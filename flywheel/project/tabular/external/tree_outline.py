"""Trees in xgboost's JSON: walking them is C++ that trusts their numbers, so the numbers are looked at before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.errors import InputRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAF, NOBODY = -1, 2**31 - 1
"""What stands for the child of a leaf, and for the parent of the first node."""
BY_CATEGORY = 1
MOST_CATEGORIES = 1 << 24
"""As xgboost itself says; more would be a wish for memory."""


def must_be_sound(learner: dict[str, Any], columns: int) -> None:
    """Refuse what would be walked beyond its ends: a child has one parent, a column is one that there is."""
    param = learner["learner_model_param"]
    if str(param.get("num_class", "0")) not in {"0", "1"} or str(param.get("num_target", "1")) != "1":
        raise InputRefused("the model gives more than one probability for each row", allowed="one class, one target")
    model = _model_in(learner["gradient_booster"])
    trees, groups = model["trees"], _whole(model["tree_info"])
    rounds = _whole(model.get("iteration_indptr", [0, len(trees)]))  # older versions do not write it
    if groups.any():
        raise InputRefused("the model gives more than one probability for each row", allowed="trees of one group")
    if len(groups) != len(trees) or not _counts_up(rounds, len(trees)):
        raise InputRefused("the model counts other trees than it holds", found=len(trees))
    for place, tree in enumerate(trees):
        if tree["id"] != place or not _is_sound(tree, columns):
            raise InputRefused("a tree of the model is broken", found=f"tree {place}")


def _model_in(booster: dict[str, Any]) -> dict[str, Any]:
    """Find the trees; some boosters weigh each of them."""
    kind = booster["name"]
    if kind not in {"gbtree", "dart"}:
        raise InputRefused("the model holds no boosted trees", found=kind, allowed="gbtree, dart")
    model: dict[str, Any] = booster["model"] if kind == "gbtree" else booster["gbtree"]["model"]
    if kind == "dart" and len(booster["weight_drop"]) != len(model["trees"]):
        raise InputRefused("the model weighs other trees than it holds", found=len(booster["weight_drop"]))
    return model


def _is_sound(tree: dict[str, Any], columns: int) -> bool:
    keys = ("left_children", "right_children", "split_indices", "parents")
    left, right, split, parents = (_whole(tree[key]) for key in keys)
    if not 0 < len(left) == len(right) == len(split) == len(parents) or str(
        tree["tree_param"]["size_leaf_vector"]
    ) not in {"0", "1"}:
        return False
    inner = left != LEAF
    children = np.concatenate([left[inner], right[inner]])
    is_tree = (
        _within(children, 1, len(left))
        and len(np.unique(children)) == len(children)
        and _names_its_parents(parents, left, right)
    )
    return is_tree and _within(split[inner], 0, columns) and _holds_its_categories(tree, len(left))


def _names_its_parents(parents: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]) -> bool:
    inner = np.flatnonzero(left != LEAF)
    are_named = (parents[left[inner]] == inner) & (parents[right[inner]] == inner)
    others = parents[parents != NOBODY]
    return bool(parents[0] == NOBODY and are_named.all()) and _within(others, 0, len(parents))


def _holds_its_categories(tree: dict[str, Any], nodes: int) -> bool:
    kept = (_whole(tree.get(f"categories{part}", [])) for part in ("", "_nodes", "_segments", "_sizes"))
    categories, places, begins, sizes = kept
    is_by_category = _whole(tree.get("split_type", [0] * nodes)) == BY_CATEGORY
    if not len(places) == len(begins) == len(sizes) or not np.array_equal(places, np.flatnonzero(is_by_category)):
        return False
    most = len(categories) + 1
    return (
        _within(categories, 0, MOST_CATEGORIES)
        and len(is_by_category) == nodes
        and _within(begins, 0, most)
        and _within(sizes, 0, most)
        and _within(begins + sizes, 0, most)
    )


def _counts_up(rounds: NDArray[np.int64], trees: int) -> bool:
    """Whether these are the places where each round of trees begins, and the end."""
    is_whole = len(rounds) > 1 and rounds[0] == 0 and rounds[-1] == trees
    return bool(is_whole and (np.diff(rounds) > 0).all())


def _within(values: NDArray[np.int64], least: int, beyond: int) -> bool:
    return bool(((values >= least) & (values < beyond)).all())


def _whole(values: list[int]) -> NDArray[np.int64]:
    """Take a list of whole numbers; whatever else stands there is refused."""
    found = np.asarray(values) if values else np.empty(0, dtype=np.int64)
    if found.ndim != 1 or found.dtype != np.int64:
        raise TypeError("a list of whole numbers")
    return found
