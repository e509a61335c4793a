"""Looks through a foreign ONNX graph before a runtime opens it: nothing beside the file, no operators of strangers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

from flywheel.errors import InputRefused, ending_of

DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
"""Operators that ONNX itself defines; any other is machine code of somebody's."""

MAX_NODES = 100_000
TREES: Mapping[str, tuple[tuple[str, str | bytes], ...]] = {
    "TreeEnsembleClassifier": (("nodes_truenodeids", b"LEAF"), ("nodes_falsenodeids", b"LEAF")),
    "TreeEnsembleRegressor": (("nodes_truenodeids", b"LEAF"), ("nodes_falsenodeids", b"LEAF")),
    "TreeEnsemble": (("nodes_truenodeids", "nodes_trueleafs"), ("nodes_falsenodeids", "nodes_falseleafs")),
}
"""Operators that walk trees, and where each of them keeps the two children of a node and which of them are leaves."""


Place = tuple[int, int]


def look_through(content: bytes) -> tuple[str, ...]:
    """Refuse a graph that reaches outside; give the names of its outputs."""
    # a graph's format, which only its receiver needs
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model_from_string(content)
        _must_hold_its_numbers(model.graph)  # first: the checker looks for other files
        onnx.checker.check_model(model)
    except (DecodeError, onnx.checker.ValidationError, ValueError) as error:
        raise InputRefused(
            f"not a whole ONNX graph: {ending_of(str(error))}", allowed="what an exporter writes"
        ) from error
    if model.functions or model.training_info:
        raise InputRefused("a graph with functions or training steps of its own", allowed="plain operators")
    for count, node in enumerate(_nodes(model.graph)):
        if node.domain not in DOMAINS:
            raise InputRefused(
                "the graph asks for an operator that ONNX does not define",
                found=f"{node.domain}.{node.op_type}",
                allowed=", ".join(sorted(DOMAINS - {""})),
            )
        if node.op_type in TREES:
            _must_lead_down(node)
        if count >= MAX_NODES:
            raise InputRefused("the graph is too large", found=f"over {MAX_NODES} nodes", allowed=f"{MAX_NODES} nodes")
    return tuple(output.name for output in model.graph.output)


def _must_hold_its_numbers(graph: Any) -> None:
    for tensor in _tensors(graph):
        if tensor.data_location == tensor.EXTERNAL or tensor.external_data:
            raise InputRefused(
                "the graph keeps its numbers in another file",
                found=tensor.name,
                allowed="one file that holds everything",
                next_step="save it with save_as_external_data=False",
            )


def _must_lead_down(node: Any) -> None:
    """Refuse a tree of which a way leads nowhere, or back to where it was: a runtime would walk it for ever."""
    said = {attribute.name: attribute for attribute in node.attribute}
    ways: dict[Place, set[Place]] = {}
    try:
        for way, leaf in TREES[node.op_type]:
            for own, children in _steps(said, way, leaf):
                ways.setdefault(own, set()).update(children)
        TopologicalSorter(ways).prepare()
        is_sound = all(child in ways for children in ways.values() for child in children)
    except (KeyError, ValueError):  # a circle is a ValueError, and so are lists of different lengths
        is_sound = False
    if not is_sound:
        raise InputRefused("a tree of the graph is broken", found=node.name or node.op_type)


def _steps(said: Mapping[str, Any], way: str, leaf: str | bytes) -> Iterator[tuple[Place, set[Place]]]:
    """Give each node with the child that one way leads to, each named by its tree and its place; a leaf has none."""
    children = said[way].ints
    places: Iterable[tuple[int, int]]
    if isinstance(leaf, bytes):
        places = zip(said["nodes_treeids"].ints, said["nodes_nodeids"].ints, strict=True)
        is_end = [mode == leaf for mode in said["nodes_modes"].strings]
    else:
        places = ((0, place) for place in range(len(children)))
        is_end = [bool(one) for one in said[leaf].ints]
    for (tree, own), child, ends in zip(places, children, is_end, strict=True):
        yield (tree, own), set() if ends else {(tree, child)}


def _nodes(graph: Any) -> Iterator[Any]:
    for node in graph.node:
        yield node
        for inner in _graphs(node):
            yield from _nodes(inner)


def _tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)
        for inner in _graphs(node):
            yield from _tensors(inner)


def _graphs(node: Any) -> Iterator[Any]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs
