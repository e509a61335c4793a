"""A graph is looked through before a runtime opens it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from flywheel.errors import InputRefused
from flywheel.project.external.onnx_graph import look_through
from tests.factories.external import received


def graph_of(*nodes: Any, initializers: tuple[Any, ...] = ()) -> Any:
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])
    return helper.make_graph(list(nodes), "g", [given], [out], initializer=list(initializers))


def content_of(graph: Any, *domains: str) -> bytes:
    imports = [helper.make_opsetid(domain, 17 if not domain else 1) for domain in ("", *domains)]
    content: bytes = helper.make_model(graph, opset_imports=imports).SerializeToString()
    return content


def stored_outside() -> bytes:
    tensor = onnx.TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return content_of(graph_of(helper.make_node("Add", ["x", "w"], ["y"]), initializers=(tensor,)))


def stored_outside_in_an_attribute() -> bytes:
    values = onnx.TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    values.external_data.add(key="location", value="weights.bin")
    places = helper.make_tensor("i", TensorProto.INT64, [2], [0, 1])
    constant = helper.make_node("Constant", [], ["w"], sparse_value=helper.make_sparse_tensor(values, places, [2]))
    return content_of(graph_of(constant, helper.make_node("Add", ["x", "w"], ["y"])))


def hidden_in_a_branch() -> bytes:
    inner = helper.make_graph(
        [helper.make_node("Evil", [], ["z"], domain="evil.ops")],
        "inner",
        [],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [None, 2])],
    )
    truth = helper.make_tensor("c", TensorProto.BOOL, [], [True])
    branch = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    return content_of(graph_of(branch, initializers=(truth,)), "evil.ops")


def in_a_circle() -> bytes:
    """A tree of which the third node leads back to the second."""
    graph = onnx.load_model_from_string(received("onnx").estimator.content())
    (ways,) = (one for one in graph.graph.node[0].attribute if one.name == "nodes_truenodeids")
    ways.ints[2] = 1
    return bytes(graph.SerializeToString())


def in_a_circle_of_the_newer_operator() -> bytes:
    """A tree of two nodes that lead to each other."""
    numbers = helper.make_tensor("n", TensorProto.FLOAT, [2], [0.5, 0.5])
    modes = helper.make_tensor("m", TensorProto.UINT8, [2], [0, 0])
    trees = helper.make_node(
        "TreeEnsemble",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        n_targets=1,
        tree_roots=[0],
        nodes_splits=numbers,
        nodes_modes=modes,
        nodes_featureids=[0, 0],
        nodes_truenodeids=[1, 0],
        nodes_falsenodeids=[0, 0],
        nodes_trueleafs=[0, 0],
        nodes_falseleafs=[1, 1],
        leaf_targetids=[0],
        leaf_weights=helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0]),
    )
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 5)]
    content: bytes = helper.make_model(graph_of(trees), opset_imports=imports).SerializeToString()
    return content


def with_a_function() -> bytes:
    identity = helper.make_node("Identity", ["a"], ["b"])
    function = helper.make_function("own", "F", ["a"], ["b"], [identity], [helper.make_opsetid("", 17)])
    call = helper.make_node("F", ["x"], ["y"], domain="own")
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    content: bytes = helper.make_model(graph_of(call), opset_imports=imports, functions=[function]).SerializeToString()
    return content


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "text": (lambda: b"not a graph at all", "not a whole ONNX graph"),
    "nothing": (lambda: b"", "not a whole ONNX graph"),
    "an operator of strangers": (
        lambda: content_of(graph_of(helper.make_node("Evil", ["x"], ["y"], domain="evil.ops")), "evil.ops"),
        "operator that ONNX does not define",
    ),
    "a tree in a circle": (in_a_circle, "a tree of the graph is broken"),
    "a newer tree in a circle": (in_a_circle_of_the_newer_operator, "a tree of the graph is broken"),
    "an operator of strangers in a branch": (hidden_in_a_branch, "operator that ONNX does not define"),
    "numbers in another file": (stored_outside, "another file"),
    "numbers of an attribute in another file": (stored_outside_in_an_attribute, "another file"),
    "a function of its own": (with_a_function, "functions or training steps"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_reaches_outside_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, words = BAD[name]
    (tmp_path / "weights.bin").write_bytes(bytes(8))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputRefused, match=words):
        look_through(make())


def test_a_plain_graph_names_its_outputs() -> None:
    assert look_through(content_of(graph_of(helper.make_node("Abs", ["x"], ["y"])))) == ("y",)
