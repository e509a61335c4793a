"""Events past the function that appends them, as only the owner of the tables can write them."""

from __future__ import annotations

from flywheel.catalog.event import EventRow
from flywheel.domain.events import Event


def row_of(event: Event) -> EventRow:
    """Write an event as a row."""
    return EventRow(
        sequence=event.sequence,
        happened_at=event.happened_at,
        verb=event.verb.value,
        actor=event.actor,
        subject_kind=event.subject_kind.value,
        subject_id=event.subject_id,
        subject_digest=event.subject_digest,
        payload=dict(event.payload),
        previous_hash=event.previous_hash,
        hash=event.hash,
        seal=event.seal,
    )
