"""Graphs of others: asked as a matrix or by column, and never with what they cannot take."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.encoding import ColumnEncoding, Encoding
from flywheel.project.tabular.external.onnx_model import read_onnx
from flywheel.project.tabular.external.terms import Form, Terms

ENCODING = Encoding((ColumnEncoding("a", Kind.NUMBER), ColumnEncoding("b", Kind.NUMBER)))
TERMS = Terms(Form.ONNX, "Scores Ltd", "1", "", ("a", "b"), "y", None, 1e-5, ())


def graph(kind: int = TensorProto.FLOAT, *, width: int | None = 2, rows: int | None = None, output: str = "y") -> bytes:
    """The sigmoid of a sum."""
    nodes = [
        helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["f", "axis"], ["s"], keepdims=1),
        helper.make_node("Sigmoid", ["s"], [output]),
    ]
    given = helper.make_tensor_value_info("x", kind, [rows, width])
    out = helper.make_tensor_value_info(output, TensorProto.FLOAT, [rows, 1])
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [1])
    made = helper.make_graph(nodes, "g", [given], [out], initializer=[axis])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    content: bytes = model.SerializeToString()
    return content


def asked(content: bytes, rows: Any) -> Any:
    return read_onnx(content, TERMS, ENCODING, threads=1)(np.array(rows, dtype=np.float32))


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64])
def test_a_matrix_is_given_in_the_kind_that_the_graph_takes(kind: int) -> None:
    assert asked(graph(kind), [[0, 0], [1, 2]]) == pytest.approx([0.5, 1 / (1 + np.exp(-3))], abs=1e-6)


def test_what_is_missing_is_not_made_a_whole_number() -> None:
    with pytest.raises(InputRefused, match="takes whole numbers, and a value is missing"):
        asked(graph(TensorProto.INT64), [[1, float("nan")]])


def test_what_the_graph_cannot_answer_is_refused_with_its_words() -> None:
    with pytest.raises(InputRefused, match="cannot answer these rows"):
        asked(graph(rows=1), [[0, 0], [1, 2]])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (graph(width=3), "another number of inputs"),
        (graph(TensorProto.STRING), r"a matrix of another kind|does not take the graph"),
        (graph(output="z"), "no such output of numbers"),
        (b"not a graph", "does not take the graph"),
    ],
)
def test_a_graph_that_is_not_the_one_signed_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        read_onnx(content, TERMS, ENCODING, threads=1)


def test_the_runtime_opens_the_graph_that_was_looked_through() -> None:
    model = onnx.ModelProto.FromString(graph())
    model.ClearField("producer_name")
    maker = b"\0\0ORTM, in which a format of the runtime's own begins"
    content = b"\x12" + bytes([len(maker)]) + maker + model.SerializeToString()
    assert onnx.ModelProto.FromString(content).producer_name == maker.decode()
    assert asked(content, [[0, 0]]) == pytest.approx([0.5])
