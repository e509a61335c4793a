"""The ledger: what a project cost and brought, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.serving import CostRecorded


class LedgerRow(Base):
    """One line."""

    __tablename__ = "ledger_entry"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    project: Mapped[str] = mapped_column(index=True)
    run_id: Mapped[str]
    kind: Mapped[str]
    quantity: Mapped[float]
    money: Mapped[Decimal]
    recorded_at: Mapped[datetime]


@dataclass(frozen=True)
class LedgerEntry:
    """One line."""

    project: str
    run_id: str
    kind: str
    quantity: float
    money: Decimal
    recorded_at: datetime


def read_entries(session: Session, project: str) -> tuple[LedgerEntry, ...]:
    """List a project's lines in order."""
    rows = session.scalars(select(LedgerRow).where(LedgerRow.project == project).order_by(LedgerRow.sequence))
    return tuple(
        LedgerEntry(row.project, row.run_id, row.kind, row.quantity, row.money, row.recorded_at) for row in rows
    )


def _record(shelf: Shelf, event: Event, said: CostRecorded) -> None:
    shelf.add(
        LedgerRow(
            sequence=event.sequence,
            project=event.subject_id,
            run_id=said.run_id,
            kind=said.kind,
            quantity=float(said.quantity),
            money=said.money,
            recorded_at=event.happened_at,
        )
    )


PROJECTIONS: dict[Verb, Projection] = {Verb.COST_RECORDED: _record}
