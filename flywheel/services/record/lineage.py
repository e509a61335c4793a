"""Lineage: what came from what."""

from __future__ import annotations

from flywheel.catalog.edge import SOURCE, edges_at, edges_behind
from flywheel.catalog.engine import Catalog
from flywheel.domain.lineage import Edge, Node, path_back


def edges_of(catalog: Catalog, *, kind: str, id: str) -> tuple[Edge, ...]:  # noqa: A002  the word for it
    """Read the edges that begin or end at a thing."""
    with catalog.begin() as work:
        return edges_at(work.session, Node(kind, id))


def path_to_sources(catalog: Catalog, *, kind: str, id: str) -> tuple[Node, ...]:  # noqa: A002  the word for it
    """Find the shortest way from a thing back to a raw source; empty where there is none."""
    with catalog.begin() as work:
        here = Node(kind, id)
        return path_back(edges_behind(work.session, here), start=here, to_kind=SOURCE)
