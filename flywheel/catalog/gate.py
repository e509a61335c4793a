"""Gate results: everything that a check ever said; the latest word of each code counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.digests import Digest
from flywheel.domain.events import Event, SubjectKind, Verb
from flywheel.domain.gates import Evidence, GateFinding, GateResult, Severity, Verdict


class GateResultRow(Base):
    """What one gate said at one time about exactly what the digest names."""

    __tablename__ = "gate_result"
    __table_args__ = (Index("ix_gate_result_subject", "subject_kind", "subject_id", "code", "sequence"),)

    sequence: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str]
    stage: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    subject_digest: Mapped[str]
    verdict: Mapped[str]
    document: Mapped[Document]
    run_id: Mapped[str]
    judged_at: Mapped[datetime]


def latest_results(session: Session, *, subject_kind: str, subject_id: str) -> tuple[GateResult, ...]:
    """Read the latest result of each code about a subject."""
    rows = session.scalars(
        select(GateResultRow)
        .where(GateResultRow.subject_kind == subject_kind, GateResultRow.subject_id == subject_id)
        .distinct(GateResultRow.code)
        .order_by(GateResultRow.code, GateResultRow.sequence.desc())
    )
    return tuple(result_from(row.document) for row in rows)


def has_passed_on(session: Session, *, subject_id: str, code: str, figure: str, value: str) -> bool:
    """Whether a gate ever passed a subject on something that a figure of its names, such as one package."""
    rows = session.scalars(
        select(GateResultRow).where(
            GateResultRow.subject_kind == SubjectKind.VERSION,
            GateResultRow.subject_id == subject_id,
            GateResultRow.code == code,
            GateResultRow.verdict == Verdict.PASSED,
        )
    )
    return any(row.document["figures"].get(figure) == value for row in rows)  # type: ignore[union-attr]


def result_from(document: dict[str, Any]) -> GateResult:
    """Read a result from plain values."""
    return GateResult(
        code=document["code"],
        title=document["title"],
        verdict=Verdict(document["verdict"]),
        findings=tuple(
            GateFinding(**finding | {"severity": Severity(finding["severity"])}) for finding in document["findings"]
        ),
        figures=dict(document["figures"]),
        evidence=tuple(
            Evidence(item["name"], Digest(item["digest"]), item["media_type"]) for item in document["evidence"]
        ),
    )


def _judge(shelf: Shelf, event: Event) -> None:
    said = event.payload
    results = said["results"]
    assert isinstance(results, list)
    for document in results:
        assert isinstance(document, dict)
        shelf.add(
            GateResultRow(
                sequence=event.sequence,
                code=str(document["code"]),
                project=str(said["project"]),
                stage=str(said["stage"]),
                subject_kind=event.subject_kind.value,
                subject_id=event.subject_id,
                subject_digest=event.subject_digest,
                verdict=str(document["verdict"]),
                document=document,
                run_id=str(said["run_id"]),
                judged_at=event.happened_at,
            )
        )


PROJECTIONS: dict[Verb, Projection] = {Verb.GATES_JUDGED: _judge}
