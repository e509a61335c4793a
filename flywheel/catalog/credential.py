"""What people prove themselves with: encrypted secrets of their codes; of all else the digest alone. In no event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import LargeBinary, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base


class PersonSecretRow(Base):
    """The encrypted secret behind a person's codes, and how many wrong ones were shown."""

    __tablename__ = "person_secret"

    person: Mapped[str] = mapped_column(primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary())
    last_step: Mapped[int]
    wrong_codes: Mapped[int]
    locked_until_at: Mapped[datetime | None]


class InvitationRow(Base):
    """A one-time invitation; a newer one of the same person takes its place."""

    __tablename__ = "invitation"

    person: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    how: Mapped[str]
    """By what the person comes to a secret, as the record will say it."""
    until_at: Mapped[datetime]


class RecoveryCodeRow(Base):
    """One recovery code that was not used yet."""

    __tablename__ = "recovery_code"

    person: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)


class SessionRow(Base):
    """A session: who showed a code, and until when that is enough for what needs no fresh one."""

    __tablename__ = "person_session"

    digest: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(index=True)
    until_at: Mapped[datetime]


def hold_secret(session: Session, person: str) -> PersonSecretRow | None:
    """Find a person's secret, and hold it; before the time is read, so that locks keep one order."""
    return session.get(PersonSecretRow, person, with_for_update=True, populate_existing=True)


def put_secret(session: Session, *, person: str, secret: bytes) -> None:
    """Keep a secret in place of any earlier one; wrong codes that were shown, and a lock, stay."""
    row = hold_secret(session, person)
    if row is None:
        session.add(PersonSecretRow(person=person, secret=secret, last_step=0, wrong_codes=0, locked_until_at=None))
    else:
        row.secret, row.last_step = secret, 0
    session.flush()


def put_invitation(session: Session, *, person: str, digest: str, how: str, until_at: datetime) -> None:
    """Keep an invitation in place of any earlier one."""
    session.merge(InvitationRow(person=person, digest=digest, how=how, until_at=until_at))


def drop_invitation(session: Session, person: str) -> None:
    """Make a person's invitation void."""
    session.execute(delete(InvitationRow).where(InvitationRow.person == person))


def find_invitation(session: Session, person: str) -> InvitationRow | None:
    """Find the invitation that waits for a person, and hold it."""
    return session.get(InvitationRow, person, with_for_update=True, populate_existing=True)


def put_recovery_codes(session: Session, *, person: str, digests: tuple[str, ...]) -> None:
    """Keep new recovery codes in place of all old ones."""
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.person == person))
    session.add_all(RecoveryCodeRow(person=person, digest=digest) for digest in digests)


def is_recovery_code(session: Session, *, person: str, digest: str) -> bool:
    """Whether a recovery code is one of those that were not used."""
    return session.get(RecoveryCodeRow, (person, digest)) is not None


def put_session(session: Session, *, person: str, digest: str, until_at: datetime) -> None:
    """Keep a session."""
    session.add(SessionRow(digest=digest, person=person, until_at=until_at))


def sessions_of(session: Session, person: str) -> Sequence[SessionRow]:
    """List a person's sessions."""
    wanted = select(SessionRow).where(SessionRow.person == person)
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


def end_sessions(session: Session, *, person: str) -> None:
    """End whatever sessions a person has."""
    session.execute(delete(SessionRow).where(SessionRow.person == person))
