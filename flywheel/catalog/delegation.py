"""Delegations: roles lent from one person to another, for a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.delegations import Delegation
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.people import DelegationEnded, DelegationGiven
from flywheel.domain.signoffs import Role


class DelegationRow(Base):
    """A role that was lent; ending it early moves its end."""

    __tablename__ = "delegation"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    project: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    giver: Mapped[str]
    receiver: Mapped[str]
    since_at: Mapped[datetime]
    until_at: Mapped[datetime]
    reason: Mapped[str]


def delegations_in(session: Session, project: str) -> tuple[Delegation, ...]:
    """List what was ever lent in a project, in order."""
    rows = session.scalars(
        select(DelegationRow).where(DelegationRow.project == project).order_by(DelegationRow.sequence)
    )
    return tuple(
        Delegation(row.project, Role(row.role), row.giver, row.receiver, row.since_at, row.until_at, row.reason)
        for row in rows
    )


def _give(shelf: Shelf, event: Event, said: DelegationGiven) -> None:
    shelf.add(
        DelegationRow(
            sequence=event.sequence,
            project=said.project,
            role=said.role.value,
            giver=event.subject_id,
            receiver=said.receiver,
            since_at=said.since_at,
            until_at=said.until_at,
            reason=said.reason,
        )
    )


def _end(shelf: Shelf, event: Event, said: DelegationEnded) -> None:
    lent = {"project": said.project, "role": said.role.value, "receiver": said.receiver}
    for row in shelf.find(DelegationRow, giver=event.subject_id, **lent):
        row.until_at = min(row.until_at, event.happened_at)


PROJECTIONS: dict[Verb, Projection] = {Verb.DELEGATION_GIVEN: _give, Verb.DELEGATION_ENDED: _end}
