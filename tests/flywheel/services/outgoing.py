"""What waits in the outbox, for assertions."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from flywheel.catalog.engine import Catalog
from flywheel.catalog.outbox import OutboxRow
from flywheel.domain.digests import Json


def messages_of(catalog: Catalog, topic: str) -> list[Mapping[str, Json]]:
    """Every message of a topic in order, delivered or not."""
    with catalog.begin() as work:
        rows = work.session.scalars(select(OutboxRow).where(OutboxRow.topic == topic).order_by(OutboxRow.id))
        return [row.payload for row in rows]
