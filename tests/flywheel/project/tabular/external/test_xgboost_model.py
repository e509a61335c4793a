"""Boosted trees of others: one objective, the columns that were signed, in their order."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xgboost

from flywheel.errors import InputRefused
from flywheel.project.tabular.external.terms import Form, Terms
from flywheel.project.tabular.external.xgboost_model import read_xgboost

X = np.random.default_rng(4).normal(size=(120, 2)).astype(np.float32)
ASKED = X.astype(np.float64)
Y = (X[:, 0] > 0).astype(int)
TERMS = Terms(Form.XGBOOST, "Scores Ltd", "1", "", ("a", "b"), "probabilities", None, 1e-5, ())


def content(objective: str = "binary:logistic", names: list[str] | None = None) -> bytes:
    data = xgboost.DMatrix(X, Y, feature_names=names)
    booster = xgboost.train({"objective": objective, "nthread": 1}, data, num_boost_round=3)
    return bytes(booster.save_raw(raw_format="json"))


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    document = json.loads(content())
    change(document["learner"])
    return json.dumps(document, separators=(",", ":")).encode()


def changed_tree(**parts: Any) -> bytes:
    """The first tree with the beginnings of some lists replaced."""

    def change(learner: dict[str, Any]) -> None:
        tree = learner["gradient_booster"]["model"]["trees"][0]
        for name, values in parts.items():
            tree[name] = [*values, *tree[name][len(values) :]]

    return changed(change)


def booster_of(learner: dict[str, Any]) -> dict[str, Any]:
    booster: dict[str, Any] = learner["gradient_booster"]
    return booster


def test_trees_answer_with_chances() -> None:
    chances = read_xgboost(content(names=["a", "b"]), TERMS, threads=1)(ASKED)
    assert ((chances > 0) & (chances < 1)).all()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (content("reg:squarederror"), "another objective"),
        (content("binary:logitraw"), "another objective"),
        (content(names=["b", "a"]), "input 1 of the model has another name"),
        (b"{}", "not an xgboost model in JSON"),
        (b"[" * 100_000, "not an xgboost model in JSON"),
        (b'{"learner": 3}', "not an xgboost model in JSON"),
        (b"\x80\x04K\x01.", "not an xgboost model in JSON"),
        (changed(lambda learner: learner["learner_model_param"].update(num_feature="3")), "another number of inputs"),
        (changed(lambda learner: learner.update(feature_names=["a", "b", "c"])), "another number of inputs"),
        (changed(lambda learner: learner.update(objective=[])), "not an xgboost model in JSON"),
        (changed(lambda learner: booster_of(learner).update(name="gblinear")), "no boosted trees"),
        (changed_tree(left_children=[]).replace(b'"learner":', b'"learner":{},"learner":'), "not an xgboost model"),
        (changed_tree(left_children=[1.5]), "not an xgboost model in JSON"),
        (changed(lambda learner: booster_of(learner)["model"].update(iteration_indptr=[-1, 1, 2, 3])), "counts other"),
        (changed(lambda learner: booster_of(learner)["model"].update(iteration_indptr=[0, 9, 2, 3])), "counts other"),
        (changed(lambda learner: booster_of(learner)["model"].update(iteration_indptr=[0, 1, 2, 99])), "counts other"),
        (changed(lambda learner: booster_of(learner)["model"].update(tree_info=[0])), "counts other"),
    ],
)
def test_other_trees_are_refused(bad: bytes, words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        read_xgboost(bad, TERMS, threads=1)


@pytest.mark.parametrize(
    "bad",
    [
        changed_tree(left_children=[0], right_children=[0]),
        changed_tree(left_children=[1], right_children=[1]),
        changed_tree(left_children=[10_000_000]),
        changed_tree(left_children=[-2]),
        changed_tree(split_indices=[100_000_000]),
        changed_tree(split_indices=[-1]),
        changed_tree(
            split_type=[1], categories_nodes=[0], categories_segments=[50_000_000], categories_sizes=[1], categories=[1]
        ),
        changed_tree(
            split_type=[1], categories_nodes=[0], categories_segments=[0], categories_sizes=[1], categories=[-64]
        ),
        changed(lambda learner: booster_of(learner)["model"]["trees"][0]["tree_param"].update(size_leaf_vector="50")),
        changed(lambda learner: booster_of(learner)["model"]["trees"][0].update(id=2)),
        changed_tree(parents=[2**31 - 1, -1]),
        changed_tree(parents=[2**31 - 1, 1_000_000]),
        changed_tree(parents=[2**31 - 1, 2]),
        changed_tree(parents=[0]),
        changed_tree(categories_nodes=[2], categories_segments=[0], categories_sizes=[1], categories=[1]),
    ],
    ids=[
        *("a circle", "one child twice", "a child far out", "a child before"),
        *("a column far out", "a column before", "categories far out", "a category before", "leaves of many values"),
        *("another's place", "a parent before", "a parent far out", "another's parent", "a parent of the first"),
        "categories of a number",
    ],
)
def test_a_tree_that_leads_elsewhere_than_down_is_refused(bad: bytes) -> None:
    with pytest.raises(InputRefused, match="a tree of the model is broken"):
        read_xgboost(bad, TERMS, threads=1)


@pytest.mark.parametrize(
    "bad",
    [
        changed(lambda learner: booster_of(learner)["model"].update(tree_info=[5_000_000, 0, 0])),
        changed(lambda learner: learner["learner_model_param"].update(num_class="5000")),
    ],
    ids=["a group far out", "many classes"],
)
def test_trees_of_more_than_one_chance_are_refused(bad: bytes) -> None:
    with pytest.raises(InputRefused, match="more than one probability"):
        read_xgboost(bad, TERMS, threads=1)


@pytest.mark.parametrize(
    "settings",
    [
        {"booster": "dart", "rate_drop": 0.5},
        {"gamma": 2.0, "tree_method": "exact", "min_child_weight": 0.1},
        {"grow_policy": "lossguide", "max_leaves": 9, "max_depth": 0},
        {"num_parallel_tree": 2, "subsample": 0.5},
    ],
    ids=["dropped", "pruned", "by loss", "in parallel"],
)
def test_trees_of_every_make_are_taken(settings: dict[str, Any]) -> None:
    blurred = Y ^ (np.arange(len(Y)) % 5 == 0)
    booster = xgboost.train({"objective": "binary:logistic", "nthread": 1, **settings}, xgboost.DMatrix(X, blurred), 5)
    read = read_xgboost(bytes(booster.save_raw(raw_format="json")), TERMS, threads=1)
    np.testing.assert_allclose(read(ASKED), booster.predict(xgboost.DMatrix(X)), atol=1e-6)


def test_trees_over_categories_are_taken() -> None:
    codes = np.column_stack([X[:, 0], np.arange(len(X)) % 5]).astype(np.float32)
    data = xgboost.DMatrix(codes, np.arange(len(X)) % 5 > 2, feature_types=["float", "c"], enable_categorical=True)
    booster = xgboost.train({"objective": "binary:logistic", "nthread": 1, "max_cat_to_onehot": 1}, data, 3)
    content = bytes(booster.save_raw(raw_format="json"))
    assert any(tree["categories"] for tree in json.loads(content)["learner"]["gradient_booster"]["model"]["trees"])
    read = read_xgboost(content, TERMS, threads=1)
    np.testing.assert_allclose(read(codes.astype(np.float64)), booster.predict(data), atol=1e-6)


@pytest.mark.parametrize("guess", ["99", "-1", "[1E300]", "[0.5,0.5]", "[]"])
def test_a_first_guess_that_is_no_chance_is_refused(guess: str) -> None:
    bad = changed(lambda learner: learner["learner_model_param"].update(base_score=guess))
    with pytest.raises(InputRefused, match="cannot answer these rows"):
        read_xgboost(bad, TERMS, threads=1)(ASKED)


def test_more_inputs_than_the_trees_take_are_refused() -> None:
    with pytest.raises(InputRefused, match="another number of inputs"):
        read_xgboost(content(), replace(TERMS, asked_as=("a", "b", "c")), threads=1)
