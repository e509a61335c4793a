"""Gate results: everything that a check ever said; the latest word of each code counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.digests import plain
from flywheel.domain.events import Event, SubjectKind, Verb
from flywheel.domain.forms import read
from flywheel.domain.gates import GateResult, Verdict
from flywheel.domain.payloads.making import GatesJudged


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
    return tuple(read(GateResult, row.document) for row in rows)


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
    return any(read(GateResult, row.document).figures.get(figure) == value for row in rows)


def _judge(shelf: Shelf, event: Event, said: GatesJudged) -> None:
    for result in said.results:
        document = plain(result)
        assert isinstance(document, dict)
        shelf.add(
            GateResultRow(
                sequence=event.sequence,
                code=result.code,
                project=said.project,
                stage=said.stage.value,
                subject_kind=event.subject_kind.value,
                subject_id=event.subject_id,
                subject_digest=event.subject_digest,
                verdict=result.verdict.value,
                document=document,
                run_id=said.run_id,
                judged_at=event.happened_at,
            )
        )


PROJECTIONS: dict[Verb, Projection] = {Verb.GATES_JUDGED: _judge}
