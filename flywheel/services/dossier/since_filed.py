"""What a filed dossier says of its reproduction, held against the record: who signs later reads what is so now."""

from __future__ import annotations

from collections.abc import Mapping

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.version import VersionRecord, read_version
from flywheel.domain.digests import Json
from flywheel.domain.reproduction import ReproductionState
from flywheel.services.again.reproductions import badge_in
from flywheel.services.dossier.summary import summarise
from flywheel.services.standing.weighing import reproduction_lacks

COMMAND = "“flywheel reproduce"
"""Every gap of a reproduction names it, and no other gap does."""


def unproven(work: UnitOfWork, record: VersionRecord, reproduction: Mapping[str, Json]) -> tuple[str, ...]:
    """Say that nobody has made a version again, or not as its policy asks for."""
    if lacks := reproduction_lacks(work, record):
        return lacks
    is_tried = reproduction.get("state") != ReproductionState.NONE.value
    return () if is_tried else (f"nobody has reproduced it from the record: {COMMAND}”",)


def as_it_stands(catalog: Catalog, *, version: str, document: Mapping[str, Json]) -> dict[str, Json]:
    """Give a filed dossier as people are to read it now: with the attempts that were recorded since.

    It is for reading: what is signed stays the filed one, under its digest.
    """
    with catalog.look() as work:
        now = badge_in(work, version)
        if now == document.get("reproduction"):
            return dict(document)
        lacking = unproven(work, read_version(work.session, version), now)
    filed = document.get("gaps")
    others = [gap for gap in filed if COMMAND not in str(gap)] if isinstance(filed, list) else []
    standing = {**document, "reproduction": now, "gaps": [*others, *lacking]}
    since = (
        f"Since this dossier was filed, it was reproduced from the record: {now['state']} ({now['at']}, {now['by']})."
    )
    return standing | {"summary": f"{summarise(standing)}\n\n{since}"}
