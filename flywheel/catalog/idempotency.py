"""Keys under which a request was answered: the same key and request get the first answer again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document
from flywheel.domain.digests import Json, digest_of, plain
from flywheel.errors import Conflict


class IdempotencyRow(Base):
    """A key, what was asked under it and what was answered."""

    __tablename__ = "idempotency"

    key: Mapped[str] = mapped_column(primary_key=True)
    request_digest: Mapped[str]
    answer: Mapped[Document] = mapped_column(JSON())
    created_at: Mapped[datetime]


@dataclass(frozen=True)
class FirstAnswer:
    """What was answered when the key was first used."""

    value: Json


def recall(session: Session, key: str, request: object) -> FirstAnswer | None:
    """Give the first answer to this key, or nothing; refuse the key if it came with another request."""
    row = session.get(IdempotencyRow, key)
    if row is None:
        return None
    if row.request_digest != digest_of(request):
        raise Conflict(
            "this key was used for a different request", found=key, next_step="use a new key for a new request"
        )
    return FirstAnswer(row.answer["value"])


def remember(session: Session, key: str, request: object, *, answer: object, now: datetime) -> None:
    """Keep the answer under its key, in the transaction that it belongs to."""
    session.execute(
        insert(IdempotencyRow).values(
            key=key, request_digest=digest_of(request), answer={"value": plain(answer)}, created_at=now
        )
    )
