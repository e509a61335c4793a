"""Discrepancies: tables that are not what the record says are named, paged and put right; so is a broken chain."""

from __future__ import annotations

from collections.abc import Sequence

from flywheel.catalog.engine import Catalog
from flywheel.catalog.ground import NAMED, Difference, named, put_right
from flywheel.catalog.incident import find_unresolved
from flywheel.catalog.project import lock_project
from flywheel.domain.incidents import group_key
from flywheel.errors import Tampered
from flywheel.services.incidents.troubles import Trouble, page, under_way

SIGNAL = "record"
LOOKED_AT_AGAIN = 250
"""So many events of those that were proven before are proven once more at each look, in turn."""


def watch_record(catalog: Catalog, *, actor: str) -> tuple[str, ...]:
    """Prove what was written since the last look, and hold every table that doors read against it.

    Of what was proven before, some is proven once more each time: somebody may have altered it since.
    """
    try:
        with catalog.look() as work:
            found, unsealed = work.differences(), work.ground().unsealed
            work.look_again(at_most=LOOKED_AT_AGAIN)
    except Tampered as broken:
        tell_all(catalog, broken.what, "Nothing opens until it holds again.", actor=actor)
        return (broken.what,)
    if unsealed:
        for project in under_way(catalog):
            _tell(catalog, project, _named_events(unsealed), "They do not count.", actor=actor, is_once=True)
    if not found:
        return ()
    with catalog.begin() as work:
        put_right(work.session, work.differences())
    known, theirs = under_way(catalog), {one.project for one in found}
    for project in sorted(theirs) if theirs <= set(known) else known:
        _tell(catalog, project, _named(found), "The tables were put right from the events.", actor=actor)
    return (_named(found),)


def tell_all(catalog: Catalog, what: str, means: str, *, actor: str) -> None:
    """Tell whoever is to be told of any project that is under way."""
    for project in under_way(catalog):
        _tell(catalog, project, what, means, actor=actor)


def _named_events(unsealed: Sequence[int]) -> str:
    """Name the last ones: whoever appends another is told anew."""
    return f"somebody appended events without our seal: {', '.join(map(str, unsealed[-NAMED:]))}"


def _named(found: Sequence[Difference]) -> str:
    return f"the tables did not agree with the record: {named(found)}"


def _tell(catalog: Catalog, project: str, what: str, means: str, *, actor: str, is_once: bool = False) -> None:
    """Tell what an open incident does not say yet; what never goes away is told once, whatever people resolve."""
    with catalog.begin() as work:
        lock_project(work.session, project)
        known = find_unresolved(work.session, group_key(project, SIGNAL))
        if known is not None and what in known.evidence:
            return
        trouble = Trouble(
            SIGNAL,
            "somebody bypassed the record",
            f"{what}. {means}",
            (
                "find out who can write to the database, and change its passwords",
                "`flywheel events verify` proves the whole record",
            ),
            {what: "" if is_once else work.now.isoformat()},
            signs=(what,),
        )
        page(work, project, trouble, actor=actor)
