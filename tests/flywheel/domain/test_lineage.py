"""Lineage: the shortest way back, whatever loops there are."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.lineage import Edge, Node, Relation, path_back

NODES = st.builds(Node, st.sampled_from(["raw", "dataset", "version"]), st.sampled_from("abc"))
EDGES = st.lists(st.builds(Edge, NODES, st.sampled_from(Relation), NODES), max_size=20)


@given(EDGES, NODES)
def test_every_step_of_a_path_is_an_edge_and_it_ends_where_asked(edges: list[Edge], start: Node) -> None:
    path = path_back(edges, start=start, to_kind="raw")
    steps = {(edge.target, edge.source) for edge in edges}
    assert not path or (path[0] == start and path[-1].kind == "raw")
    assert all(step in steps for step in pairwise(path))
    assert len(set(path)) == len(path)


@given(EDGES, NODES)
def test_path_is_found_exactly_when_one_exists(edges: list[Edge], start: Node) -> None:
    reached = {start}
    for _ in range(len(edges)):
        reached |= {edge.source for edge in edges if edge.target in reached}
    is_reachable = any(node.kind == "raw" for node in reached)
    assert bool(path_back(edges, start=start, to_kind="raw")) == is_reachable


def test_shortest_path_is_taken() -> None:
    raw, data, version = Node("raw", "a"), Node("dataset", "b"), Node("version", "c")
    edges = [Edge(raw, Relation.FED, data), Edge(data, Relation.TRAINED, version), Edge(raw, Relation.FED, version)]
    assert path_back(edges, start=version, to_kind="raw") == (version, raw)
