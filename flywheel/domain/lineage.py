"""Where everything comes from: edges, and paths back to raw data."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Relation(StrEnum):
    """How the target came from the source."""

    FED = "fed"
    TRAINED = "trained"
    BECAME = "became"
    SERVED_BY = "served_by"
    JUDGED_BY = "judged_by"


@dataclass(frozen=True, order=True)
class Node:
    """A thing in the graph."""

    kind: str
    id: str


@dataclass(frozen=True, order=True)
class Edge:
    """One step: the source and what became of it."""

    source: Node
    relation: Relation
    target: Node


def path_back(edges: Iterable[Edge], *, start: Node, to_kind: str) -> tuple[Node, ...]:
    """Find the shortest path from a node back to any node of a kind; empty when there is none."""
    sources: dict[Node, list[Node]] = {}
    for edge in sorted(edges):
        sources.setdefault(edge.target, []).append(edge.source)
    waiting: deque[tuple[Node, ...]] = deque([(start,)])
    seen = {start}
    while waiting:
        path = waiting.popleft()
        if path[-1].kind == to_kind:
            return path
        for node in sources.get(path[-1], ()):
            if node not in seen:
                seen.add(node)
                waiting.append((*path, node))
    return ()
