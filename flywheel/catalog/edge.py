"""Edges: what came from what, written by the framework itself at each step."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Index, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from flywheel.catalog.base import Base, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.events import Event, Verb
from flywheel.domain.lineage import Edge, Node, Relation
from flywheel.domain.payloads.making import DatasetRecorded, ExperimentRecorded, GatesJudged, Raw, VersionRegistered
from flywheel.domain.payloads.serving import EndpointLed, ModelReleased

SOURCE = "source"
"""The kind of a raw file or table: where every path back should end."""


class EdgeRow(Base):
    """One step from a source to what became of it."""

    __tablename__ = "edge"
    __table_args__ = (Index("ix_edge_target", "target_kind", "target_id"),)

    source_kind: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[str] = mapped_column(primary_key=True)
    relation: Mapped[str] = mapped_column(primary_key=True)
    target_kind: Mapped[str] = mapped_column(primary_key=True)
    target_id: Mapped[str] = mapped_column(primary_key=True)


def edges_at(session: Session, node: Node) -> tuple[Edge, ...]:
    """Read the edges that begin or end here."""
    rows = session.scalars(
        select(EdgeRow).where(
            or_(
                (EdgeRow.source_kind == node.kind) & (EdgeRow.source_id == node.id),
                (EdgeRow.target_kind == node.kind) & (EdgeRow.target_id == node.id),
            )
        )
    )
    return tuple(sorted(_edge_of(row) for row in rows))


def edges_behind(session: Session, node: Node) -> tuple[Edge, ...]:
    """Read every edge on a way that leads here."""
    behind = select(EdgeRow).where(EdgeRow.target_kind == node.kind, EdgeRow.target_id == node.id).cte(recursive=True)
    further = aliased(EdgeRow)
    behind = behind.union(
        select(further).where(further.target_kind == behind.c.source_kind, further.target_id == behind.c.source_id)
    )
    rows = session.execute(select(behind)).all()
    return tuple(
        sorted(
            Edge(Node(row.source_kind, row.source_id), Relation(row.relation), Node(row.target_kind, row.target_id))
            for row in rows
        )
    )


def nodes_ahead(session: Session, node: Node) -> frozenset[Node]:
    """Find everything that came from a thing, directly or not."""
    ahead = select(EdgeRow).where(EdgeRow.source_kind == node.kind, EdgeRow.source_id == node.id).cte(recursive=True)
    further = aliased(EdgeRow)
    ahead = ahead.union(
        select(further).where(further.source_kind == ahead.c.target_kind, further.source_id == ahead.c.target_id)
    )
    return frozenset(Node(row.target_kind, row.target_id) for row in session.execute(select(ahead)))


def _edge_of(row: EdgeRow) -> Edge:
    return Edge(Node(row.source_kind, row.source_id), Relation(row.relation), Node(row.target_kind, row.target_id))


def _put(shelf: Shelf, edges: Iterable[tuple[Node, Relation, Node]]) -> None:
    for source, relation, target in edges:
        shelf.put(
            EdgeRow(
                source_kind=source.kind,
                source_id=source.id,
                relation=relation.value,
                target_kind=target.kind,
                target_id=target.id,
            )
        )


def _dataset(shelf: Shelf, event: Event, said: DatasetRecorded) -> None:
    here = Node("dataset", event.subject_id)
    for name, digest in said.sources.items():
        source = Node(SOURCE, _content(f"{said.project}/{name}", digest))
        _put(shelf, ((_origin(raw), Relation.FED, source) for raw in said.origins.get(name, ())))
        _put(shelf, [(source, Relation.FED, here)])
    _put(shelf, [(here, Relation.FED, Node("project", said.project))])


def _origin(raw: Raw) -> Node:
    """Name a raw file by its content, so that the same file is one node whoever reads it."""
    return Node(raw.kind, raw.name if raw.kind == "dataset" else _content(raw.name, raw.digest))


def _content(name: str, digest: str) -> str:
    return f"{name}@{digest.removeprefix('sha256:')[:12]}"


def _experiment(shelf: Shelf, event: Event, said: ExperimentRecorded) -> None:
    _put(shelf, [(Node("dataset", said.dataset), Relation.TRAINED, Node("experiment", event.subject_id))])


def _version(shelf: Shelf, event: Event, said: VersionRegistered) -> None:
    experiment = Node("experiment", said.experiment_id)
    _put(shelf, [(experiment, Relation.BECAME, Node("version", event.subject_id))])


def _gates(shelf: Shelf, event: Event, said: GatesJudged) -> None:
    here = Node(event.subject_kind.value, event.subject_id)
    _put(shelf, ((here, Relation.JUDGED_BY, Node("gate", result.code)) for result in said.results))


def _serves(shelf: Shelf, event: Event, said: ModelReleased | EndpointLed) -> None:
    if said.version is not None:
        _put(shelf, [(Node("version", said.version), Relation.SERVED_BY, Node("endpoint", event.subject_id))])


PROJECTIONS: dict[Verb, Projection] = {
    Verb.DATASET_RECORDED: _dataset,
    Verb.EXPERIMENT_RECORDED: _experiment,
    Verb.VERSION_REGISTERED: _version,
    Verb.GATES_JUDGED: _gates,
    Verb.RELEASE_MADE: _serves,
    Verb.ENDPOINT_RESTORED: _serves,
    Verb.ENDPOINT_FELL_BACK: _serves,
}
