"""Waking: the run that waits for signatures looks at the record again where its question is no longer what it was."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.signoff import SignoffRequest, read_requests, request_of
from flywheel.catalog.stage_run import RunState, run_at_work
from flywheel.catalog.version import VersionRecord, read_version
from flywheel.domain.digests import Json, digest_of
from flywheel.domain.standing import Standing
from flywheel.services.record.ground import locked_version
from flywheel.services.standing.weighing import awaits_release, standing_in
from flywheel.services.standing.worth_signing import vain


def wake(work: UnitOfWork, record: VersionRecord, *, before: Standing, now: Standing, sequence: int) -> None:
    """Have the run that waits look at the record: its question is settled, or asks for other people than it says."""
    waiting = request_of(work.session, record.id)
    is_asked = waiting is not None and awaits_release(work, record)
    if waiting is not None and is_asked and now != before and not before.is_settled:
        _resume(work, waiting, why=str(sequence))


def wake_vain(work: UnitOfWork, project: str, *, sequence: int = 0) -> str:
    """Have the run that waits end where no approval of what it asks about counts any more; say why it ends."""
    waiting = _waiting_in(work, project)
    reasons = _against(work, waiting) if waiting else ()
    if waiting is None or not reasons:
        return ""
    is_new = _resume(work, waiting, why=f"vain:{sequence or digest_of(reasons)}")
    return "" if not is_new else f"{waiting.version} is no longer asked about: {'; '.join(reasons)}"


def wake_proven(work: UnitOfWork, record: VersionRecord, *, sequence: int) -> None:
    """Have the run that waits ask anew where its version was made again: the form says whether it could be."""
    waiting = _waiting_in(work, record.project)
    if waiting is not None and waiting.version == record.id:
        _resume(work, waiting, why=f"again:{sequence}")


def is_ending(catalog: Catalog, *, project: str) -> bool:
    """Whether the run that waits in a project ends as soon as it looks, since no approval counts any more."""
    with catalog.look() as work:
        waiting = _waiting_in(work, project)
        return waiting is not None and bool(_against(work, waiting))


def wake_stale(catalog: Catalog) -> tuple[str, ...]:
    """Wake the runs whose question time alone has changed: a new secret counts by now, a waiver has ended."""
    with catalog.look() as work:
        requests = read_requests(work.session)
        ripe = [one.version for one in requests if _is_ripe(work, one)]
        vain_in = [one.project for one in requests if _against(work, one) and one == _waiting_in(work, one.project)]
    woken = []
    for version in ripe:
        with catalog.begin() as work:
            record = locked_version(work, version)
            waiting = request_of(work.session, version)
            if waiting is not None and _is_ripe(work, waiting) and _resume(work, waiting, why="ripe"):
                woken.append(f"{version} is {standing_in(work, record.id).sentence()}")
    for project in vain_in:
        with catalog.begin() as work:
            woken.append(wake_vain(work, project))
    return tuple(filter(None, woken))


def _is_ripe(work: UnitOfWork, one: SignoffRequest) -> bool:
    return standing_in(work, one.version).is_granted and awaits_release(work, read_version(work.session, one.version))


def _against(work: UnitOfWork, one: SignoffRequest) -> tuple[str, ...]:
    """Say why no approval of what is asked about counts; nothing where all have given theirs or it was refused."""
    settled = standing_in(work, one.version).is_settled
    return () if settled else vain(work, read_version(work.session, one.version))


def _waiting_in(work: UnitOfWork, project: str) -> SignoffRequest | None:
    """Find the question with which a run waits for people in a project."""
    run = run_at_work(work.session, project)
    if run is None or run.state is not RunState.WAITING:
        return None
    return next((one for one in read_requests(work.session) if one.run_id == run.run_id), None)


def _resume(work: UnitOfWork, waiting: SignoffRequest, *, why: str) -> bool:
    message: dict[str, Json] = {"run_id": waiting.run_id, "project": waiting.project, "version": waiting.version}
    return work.enqueue("resume_run", f"resume:{waiting.run_id}:{why}", message)
