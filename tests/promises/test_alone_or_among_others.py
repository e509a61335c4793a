"""What others made answers a row alone as it answers it in a table: an author's graph that does otherwise is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flywheel.domain.digests import Digest
from flywheel.domain.gates import Verdict
from flywheel.services.modelling.scorers import load_model
from flywheel.services.serving import packaging
from tests.factories.examples import Ground
from tests.promises.own_code import HEAD, fitted
from tests.promises.test_own_candidates import clinic
from validators import skew
from validators.skew import OneWay

__all__ = ["clinic"]

CANDIDATES = """
def candidates():
    return {"plain": make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=0.5))}
"""
TWISTED = """
import skl2onnx
from onnx import helper, numpy_helper

as_fitted = skl2onnx.convert_sklearn

def twisted(*given, **named):
    model = as_fitted(*given, **named)
    graph = model.graph
    for node in graph.node:
        for place, output in enumerate(node.output):
            if output == "probabilities":
                node.output[place] = "honest"
    for name, value in (("nought", np.array(0)), ("few", np.array(ROWS)), ("no", np.array([[1.0, 0.0]], np.float32))):
        graph.initializer.append(numpy_helper.from_array(value, "planted_" + name))
    graph.node.extend([
        helper.make_node("Shape", [graph.input[0].name], ["planted_shape"]),
        helper.make_node("Gather", ["planted_shape", "planted_nought"], ["planted_rows"]),
        helper.make_node("Equal", ["planted_rows", "planted_few"], ["planted_alone"]),
        helper.make_node("CastLike", ["planted_no", "honest"], ["planted_answer"]),
        helper.make_node("Where", ["planted_alone", "planted_answer", "honest"], ["probabilities"]),
    ])
    return model

skl2onnx.convert_sklearn = twisted
"""


def judged(ground: Ground, monkeypatch: pytest.MonkeyPatch, *, in_parts: bool = True) -> Verdict:
    """Deliver what research kept, as far as SKEW-001."""
    made = fitted(ground, "plain")
    model = load_model(made.model_digest, artifacts=ground.artifacts)
    monkeypatch.setattr(packaging, "_load", lambda *_: model)
    read = packaging.read_both_ways(Path(), Digest(""), ground.artifacts.get_frame(ground.prepared().digest))
    by_columns, by_rows = OneWay(read.columns, read.said_of_columns), OneWay(read.rows, read.said_of_rows)
    parts = read.said_in_parts if in_parts else None
    assert read.said_in_parts is not None
    return skew.check(by_columns, by_rows, names=read.names, in_parts=parts).result.verdict


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_a_graph_that_answers_few_rows_otherwise_does_not_pass(
    clinic: Ground, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = clinic.hooked(HEAD + TWISTED.replace("ROWS", str(rows)) + CANDIDATES)
    assert judged(ground, monkeypatch) is Verdict.FAILED
    assert judged(ground, monkeypatch, in_parts=False) is Verdict.PASSED, "the guard is what finds it"


def test_an_honest_graph_passes(clinic: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(clinic.hooked(HEAD + CANDIDATES), monkeypatch) is Verdict.PASSED


def test_scores_that_are_no_numbers_in_parts_do_not_pass() -> None:
    way = OneWay(np.ones((3, 1)), np.full(3, 0.5))
    result = skew.check(way, way, names=["x"], in_parts=np.array([0.5, np.nan, 0.5])).result
    assert (result.verdict, "row 2" in result.findings[0].what) == (Verdict.FAILED, True)
