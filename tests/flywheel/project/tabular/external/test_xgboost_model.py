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
Y = (X[:, 0] > 0).astype(int)
TERMS = Terms(Form.XGBOOST, "Scores Ltd", "1", "", ("a", "b"), "probabilities", None, 1e-5, ())


def content(objective: str = "binary:logistic", names: list[str] | None = None) -> bytes:
    data = xgboost.DMatrix(X, Y, feature_names=names)
    booster = xgboost.train({"objective": objective, "nthread": 1}, data, num_boost_round=3)
    return bytes(booster.save_raw(raw_format="json"))


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    document = json.loads(content())
    change(document["learner"])
    return json.dumps(document).encode()


def test_trees_answer_with_chances() -> None:
    chances = read_xgboost(content(names=["a", "b"]), TERMS, threads=1).chances(X)
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
    ],
)
def test_other_trees_are_refused(bad: bytes, words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        read_xgboost(bad, TERMS, threads=1)


def test_more_inputs_than_the_trees_take_are_refused() -> None:
    with pytest.raises(InputRefused, match="another number of inputs"):
        read_xgboost(content(), replace(TERMS, asked_as=("a", "b", "c")), threads=1)
