"""Reproductions in the record: the badge of a version, by whom and when it was earned or lost."""

from __future__ import annotations

from collections.abc import Iterable

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.project import lock_project
from flywheel.catalog.reproduction import ReproductionRecord, latest_reproduction
from flywheel.catalog.version import read_version
from flywheel.domain.digests import Json, plain
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.making import ReproductionRecorded
from flywheel.domain.reproduction import Reproduction, ReproductionState
from flywheel.errors import Conflict
from flywheel.services.standing.waking import wake_proven

__all__ = ["ReproductionRecord", "badge_in", "badges_in", "record_reproduction", "reproduction_of"]


def record_reproduction(
    catalog: Catalog, *, version: str, model_digest: str, made: Reproduction, actor: str
) -> ReproductionRecord:
    """Keep how an attempt ended; each attempt is an event, the last one is the badge."""
    with catalog.begin() as work:
        project = read_version(work.session, version).project
        lock_project(work.session, project)
        record = read_version(work.session, version)
        if record.model_digest != model_digest:
            raise Conflict("this attempt was for another model", found=model_digest, allowed=record.model_digest)
        said = ReproductionRecorded(project, made)
        event = work.append(Draft(Verb.REPRODUCTION_RECORDED, actor, SubjectKind.VERSION, version, model_digest, said))
        wake_proven(work, record, sequence=event.sequence)
        found = latest_reproduction(work.session, version)
        assert found is not None
        return found


def reproduction_of(catalog: Catalog, *, version: str) -> ReproductionRecord | None:
    """Read a version's badge."""
    with catalog.begin() as work:
        read_version(work.session, version)
        return latest_reproduction(work.session, version)


def badges_in(work: UnitOfWork, *, released: str | None, asked: Iterable[str]) -> str:
    """Say in a word whether what is released could be made again, and by name what waits for signatures."""
    own = [_in_a_word(work, released)] if released else []
    return "; ".join((*own, *(f"{version}: {_in_a_word(work, version)}" for version in asked if version != released)))


def _in_a_word(work: UnitOfWork, version: str) -> str:
    found = latest_reproduction(work.session, version)
    return f"{found.state.value} {found.made_at:%Y-%m-%d}" if found else ReproductionState.NONE.value


def badge_in(work: UnitOfWork, version: str) -> dict[str, Json]:
    """The badge as a dossier shows it."""
    found = latest_reproduction(work.session, version)
    if found is None:
        return {"state": ReproductionState.NONE.value}
    steps = found.badge.get("steps")
    shown = {
        str(one["step"]): ": ".join(filter(None, (str(one["outcome"]).replace("_", " "), str(one["detail"]))))
        for one in (steps if isinstance(steps, list) else [])
        if isinstance(one, dict)
    }
    said = {key: value for key, value in found.badge.items() if key != "steps"}
    return {**said, "at": plain(found.made_at), "by": found.made_by, "steps": plain(shown)}
