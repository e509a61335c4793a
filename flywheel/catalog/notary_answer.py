"""What the notary answered lately, each to the very request: whoever lost the answer asks again and gets it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, delete, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base
from flywheel.domain.digests import Digest

KEPT_FOR = "1 hour"
"""Longer than anybody asks again for."""


class NotaryAnswerRow(Base):
    """A request, by its digest, and the answer to it, which only the notary can read."""

    __tablename__ = "notary_answer"

    request: Mapped[str] = mapped_column(primary_key=True)
    answer: Mapped[bytes] = mapped_column(LargeBinary())
    at: Mapped[datetime] = mapped_column(server_default=func.now())


def find_answer(session: Session, request: Digest) -> bytes | None:
    """Find what a request was answered, once nobody else is judging it; where nobody was, its row is ours to fill."""
    begun = insert(NotaryAnswerRow).values(request=request, answer=b"").on_conflict_do_nothing()
    if session.scalar(begun.returning(NotaryAnswerRow.request)) is not None:
        return None
    return session.get_one(NotaryAnswerRow, request).answer


def keep_answer(session: Session, request: Digest, answer: bytes) -> None:
    """Keep an answer in the transaction that it belongs to, and none that is old."""
    session.execute(delete(NotaryAnswerRow).where(NotaryAnswerRow.at < func.now() - text(f"interval '{KEPT_FOR}'")))
    session.execute(update(NotaryAnswerRow).where(NotaryAnswerRow.request == request).values(answer=answer))
