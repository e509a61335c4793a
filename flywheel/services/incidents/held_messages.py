"""Messages that somebody else wrote, moved on or took away: what must be paged is due again, and people are told."""

from __future__ import annotations

from contextlib import suppress

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.incident import IncidentRow, read_incidents
from flywheel.catalog.outbox import hold_latest
from flywheel.domain.incidents import IncidentState
from flywheel.errors import Tampered, some_of
from flywheel.services.incidents.discrepancies import tell_all
from flywheel.services.incidents.pages import put_pages

LOOKED_AT = 200
"""So many of the last messages are held against our seals at each look; older pages of what is open always are."""


def watch_messages(catalog: Catalog, *, actor: str) -> tuple[str, ...]:
    """Put every page that is due by the chain where it lacks, and let nothing stand that is not as we left it."""
    with catalog.begin() as work:
        found = list(hold_latest(work.session, at_most=LOOKED_AT, now=work.clock()))
    for incident in _open(catalog):
        with suppress(Tampered), catalog.begin() as work:  # told by whoever proves the chain
            found += put_pages(work, incident)
    if not found:
        return ()
    what = f"messages were not as we left them: {some_of(sorted(set(found)))}"
    tell_all(catalog, what, "Each is sent again that must be.", actor=actor)
    return (what,)


def _open(catalog: Catalog) -> tuple[str, ...]:
    """Name the incidents that are not over: by the proven chain, or by the tables too where it does not hold."""
    with catalog.look() as work:
        try:
            rows = [row for _, row in work.ground().rows(IncidentRow)]
        except Tampered:
            return _by_tables(work)
    return tuple(row.id for row in rows if row.state != IncidentState.RESOLVED.value)


def _by_tables(work: UnitOfWork) -> tuple[str, ...]:
    return tuple(one.id for one in read_incidents(work.session, project=None, is_unresolved=True))
