"""Keys under which a request was answered: the same key and request get the first answer again.

A key is of one kind of request and of one who asks: nobody takes beforehand what another request goes by.

Each answer bears a seal under a key that the database does not hold, over key, request and answer: a row that somebody
wrote, altered or moved is none, and gives way. The notary recalls what it has judged itself and nothing else, so that
whoever holds the record's key answers for nobody's decision either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import JSON, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document
from flywheel.catalog.event import sealer_of
from flywheel.domain.digests import Digest, Json, canonical_json, digest_of, plain
from flywheel.domain.seals import is_row_ours, row_content, seal_row
from flywheel.errors import Conflict


class IdempotencyRow(Base):
    """A key, what was asked under it and what was answered."""

    __tablename__ = "idempotency"

    key: Mapped[str] = mapped_column(primary_key=True)
    request_digest: Mapped[str]
    answer: Mapped[Document] = mapped_column(JSON())
    created_at: Mapped[datetime]
    seal: Mapped[str]


@dataclass(frozen=True)
class Once:
    """By what a request counts once: what is asked for, whose request it is, and the key that came with it."""

    what: str
    whose: str
    """The person who decides; of what programs do, whoever is named for it, or the project that it is about."""
    key: str

    @property
    def written(self) -> str:
        """Write it so that no part can pass for another."""
        return canonical_json([self.what, self.whose, self.key])


@dataclass(frozen=True)
class FirstAnswer:
    """What was answered when the key was first used."""

    value: Json


def recall(session: Session, once: Once, request: object) -> FirstAnswer | None:
    """Give the first answer to this key, or nothing; refuse the key if it came with another request."""
    key = once.written
    wanted = select(IdempotencyRow.request_digest, IdempotencyRow.answer, IdempotencyRow.seal)
    row = session.execute(wanted.where(IdempotencyRow.key == key)).first()
    if row is None or not is_row_ours(sealer_of(session), _content(key, row.request_digest, row.answer), row.seal):
        return None
    if row.request_digest != digest_of(request):
        raise Conflict(
            "this key was used for a different request", found=once.key, next_step="use a new key for a new request"
        )
    return FirstAnswer(row.answer["value"])


def remember(session: Session, once: Once, request: object, *, answer: object, now: datetime) -> None:
    """Keep the answer under its key, in the transaction that it belongs to; what is there and not ours gives way."""
    key, asked, given = once.written, digest_of(request), {"value": plain(answer)}
    seal = seal_row(sealer_of(session), _content(key, asked, given))
    said = {"request_digest": asked, "answer": given, "created_at": now, "seal": seal}
    written = insert(IdempotencyRow).values(key=key, **said).on_conflict_do_nothing(index_elements=["key"])
    if session.scalar(written.returning(IdempotencyRow.key)) is not None:
        return
    if recall(session, once, request) is not None:
        raise Conflict(
            "somebody else has just written the same thing",
            found=once.key,
            next_step="look again and repeat if it is still wanted",
        )
    session.execute(update(IdempotencyRow).where(IdempotencyRow.key == key).values(**said))


def _content(key: str, request: Digest | str, answer: Document) -> bytes:
    return row_content("flywheel answer", key, request, answer)
