"""Stages in the record: begun, waited in, concluded, passed over; an open gate starts the next stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel.catalog import stage_run
from flywheel.catalog.endpoint import find_endpoint
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.project import ProjectRecord, ProjectRow, lock_project, read_project
from flywheel.catalog.stage_run import RunState, StageRun
from flywheel.catalog.version import read_version
from flywheel.domain.digests import Json
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.events import Draft, Payload, SubjectKind, Verb
from flywheel.domain.gates import GateDecision
from flywheel.domain.payloads.walk import StageAbandoned, StageBegun, StageBlocked, StageEnded, StageWaiting
from flywheel.domain.stages import ORDER, CycleKind, Stage, check_open, following
from flywheel.domain.ways_on import way_to
from flywheel.errors import Refused, counted
from flywheel.services.standing.agreements import is_agreed
from flywheel.services.standing.weighing import awaits_release, standing_in
from flywheel.services.walk.cycles import advance, close_null, enqueue_stage, move_back, record_cycle, start_cycle

__all__ = [
    "ProjectRecord",
    "StageTicket",
    "abandon_stage",
    "advance",
    "begin_stage",
    "charter_of_run",
    "close_null",
    "conclude_stage",
    "inputs_of",
    "list_runs",
    "move_back",
    "must_be_free",
    "settle_stage",
    "start_cycle",
    "wait_stage",
]


@dataclass(frozen=True)
class StageTicket:
    """A run's place in the walk; where it is settled, the earlier output stands."""

    cycle: int
    attempt: int
    is_settled: bool
    output: Mapping[str, Json]


def inputs_of(catalog: Catalog, *, project: str, stage: Stage) -> Mapping[str, Json]:
    """Read what the stage before this one last brought."""
    before = ORDER[ORDER.index(stage) - 1] if stage in ORDER[1:] else None
    if before is None:
        return {}
    with catalog.begin() as work:
        found = stage_run.latest_opened(work.session, project=project, stage=before)
        return found.output if found else {}


def begin_stage(
    catalog: Catalog,
    *,
    project: str,
    stage: Stage,
    run_id: str,
    actor: str,
    input_digest: str,
    project_digest: str = "",
) -> StageTicket:
    """Open the stage for this run; the same run that comes again gets the same ticket.

    Where it is not said under which charter, it is the one submitted last.
    """
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        mine = stage_run.latest_of_run(work.session, project=project, stage=stage, run_id=run_id)
        if mine is not None and mine.state is not RunState.BLOCKED:
            return _ticket_again(work, mine)
        check_open(Stage(row.stage), name=project)
        _must_be_free(work, row, stage, run_id)
        if row.cycle == 0:
            record_cycle(work, row, kind=CycleKind.LIFECYCLE, to=stage, actor=actor, reason="begun by hand")
        attempt = stage_run.next_attempt(work.session, project=project, cycle=row.cycle, stage=stage)
        under = project_digest or row.project_digest
        said = StageBegun(stage, row.cycle, attempt, run_id, input_digest, under)
        _append(work, Verb.STAGE_BEGUN, project, actor, said)
        earlier = _earlier(work, project=project, stage=stage, input_digest=input_digest)
        return StageTicket(row.cycle, attempt, earlier is not None, earlier.output if earlier else {})


def charter_of_run(catalog: Catalog, *, project: str, stage: Stage, run_id: str) -> str:
    """Name the charter under which a run at work began a stage, whatever was submitted since; none before it began."""
    with catalog.look() as work:
        mine = stage_run.latest_of_run(work.session, project=project, stage=stage, run_id=run_id)
        return mine.project_digest if mine is not None and mine.state.value in stage_run.AT_WORK else ""


def must_be_free(catalog: Catalog, *, project: str, stage: Stage) -> None:
    """Refuse a stage that no run could begin now; nothing is recorded."""
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        check_open(Stage(row.stage), name=project)
        _must_be_free(work, row, stage, "")


def conclude_stage(
    catalog: Catalog,
    *,
    project: str,
    stage: Stage,
    run_id: str,
    actor: str,
    decision: GateDecision,
    output: Mapping[str, Json],
    input_digest: str,
) -> ProjectRecord:
    """Say how the stage ended: an open gate moves the project on, a closed one blocks it with the reasons."""
    with catalog.begin() as work:
        lock_project(work.session, project)
        mine = stage_run.latest_of_run(work.session, project=project, stage=stage, run_id=run_id)
        if mine is not None and mine.state is RunState.ABANDONED and not decision.is_open:
            return read_project(work.session, project)  # returned for rework: it had ended before it woke
        run = _run_of(work, project=project, stage=stage, run_id=run_id)
        if run.state in {RunState.CONCLUDED, RunState.SKIPPED, RunState.BLOCKED}:
            return read_project(work.session, project)
        if decision.is_open:
            _open(work, Verb.STAGE_CONCLUDED, run, actor, input_digest, output)
        else:
            reasons = decision.reasons or ("no reason was given",)
            said = StageBlocked(stage, run.cycle, run.attempt, run_id, reasons, output)
            _append(work, Verb.STAGE_BLOCKED, project, actor, said)
        return read_project(work.session, project)


def block_stage(catalog: Catalog, *, project: str, stage: Stage, run_id: str, actor: str, reason: str) -> None:
    """Say that a run met what only a person can mend; nothing where the run never began the stage or has ended it."""
    with catalog.begin() as work:
        lock_project(work.session, project)
        run = stage_run.latest_of_run(work.session, project=project, stage=stage, run_id=run_id)
        if run is not None and run.state.value in stage_run.AT_WORK:
            said = StageBlocked(stage, run.cycle, run.attempt, run_id, (reason,))
            _append(work, Verb.STAGE_BLOCKED, project, actor, said)


def settle_stage(
    catalog: Catalog, *, project: str, stage: Stage, run_id: str, actor: str, input_digest: str
) -> ProjectRecord:
    """Pass over a stage whose equal work was concluded before, and move on as if it had run."""
    with catalog.begin() as work:
        lock_project(work.session, project)
        run = _run_of(work, project=project, stage=stage, run_id=run_id)
        if run.state in {RunState.CONCLUDED, RunState.SKIPPED}:
            return read_project(work.session, project)
        earlier = _earlier(work, project=project, stage=stage, input_digest=input_digest)
        if earlier is None:
            raise Refused(f"{stage.value} has not been concluded with these inputs", next_step="run it")
        _open(work, Verb.STAGE_SKIPPED, run, actor, input_digest, earlier.output)
        return read_project(work.session, project)


def wait_stage(catalog: Catalog, *, project: str, stage: Stage, run_id: str, actor: str, why: str) -> None:
    """Say that the stage waits for somebody."""
    with catalog.begin() as work:
        lock_project(work.session, project)
        run = _run_of(work, project=project, stage=stage, run_id=run_id)
        if run.state is RunState.RUNNING or (run.state is RunState.WAITING and run.detail != why):
            said = StageWaiting(stage, run.cycle, run.attempt, run_id, why)
            _append(work, Verb.STAGE_WAITING, project, actor, said)


def abandon_stage(
    catalog: Catalog, *, project: str, stage: Stage, run_id: str, reason: str, actor: str, max_attempts: int = 5
) -> ProjectRecord:
    """Give a dead run's stage to another attempt; after too many, a person must look."""
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        run = stage_run.latest_of_run(work.session, project=project, stage=stage, run_id=run_id)
        if run is None or run.state.value not in stage_run.AT_WORK:
            return read_project(work.session, project)
        deaths = stage_run.deaths_before(work.session, run) + 1
        # whoever starts it again has looked: it gets as many attempts once more
        gives_up = max_attempts == 0 or deaths % max_attempts == 0
        words = (
            f"{reason}; given up after {counted(deaths, 'attempt')}"
            if gives_up
            else f"{reason}; it continues by itself"
        )
        said = StageAbandoned(stage, run.cycle, run.attempt, run_id, words, gives_up)
        _append(work, Verb.STAGE_ABANDONED, project, actor, said)
        if not gives_up:
            enqueue_stage(work, row, stage, continues=run_id)
        return read_project(work.session, project)


def list_runs(catalog: Catalog, *, project: str | None = None, limit: int = 50) -> tuple[StageRun, ...]:
    """List a project's attempts, the newest first; without a project every run that is at work."""
    with catalog.begin() as work:
        if project is None:
            return stage_run.all_at_work(work.session)
        return stage_run.read_runs(work.session, project=project, limit=limit)


def _must_be_free(work: UnitOfWork, row: ProjectRow, stage: Stage, run_id: str) -> None:
    if row.stage != stage:
        raise Refused(
            f"{row.slug} is in {row.stage} and {stage.value} cannot begin",
            allowed=row.stage,
            next_step=way_to(row.slug, here=Stage(row.stage), there=stage),
        )
    other = stage_run.run_at_work(work.session, row.slug)
    if other is not None and other.run_id != run_id:
        raise Refused(
            f"another run is in progress in {stage.value} of {row.slug} since {other.begun_at:%Y-%m-%d %H:%M}",
            found=f"run {other.run_id}, {other.state.value}",
            next_step="wait for it; a run whose process is gone is closed by the reaper",
        )


def _ticket_again(work: UnitOfWork, mine: StageRun) -> StageTicket:
    if mine.state is RunState.ABANDONED:
        other = stage_run.run_at_work(work.session, mine.project)
        again = (
            f"leave it: run {other.run_id} is in progress in {other.stage.value} by now"
            if other
            else f"`flywheel run {mine.project} --as EMAIL`, or Run of its deployment for {mine.stage.value}: "
            "a run that was given up is not taken up by Retry"
        )
        raise Refused(f"this run was given up: {mine.detail}", next_step=again)
    if mine.state.value in stage_run.OPENED:
        return StageTicket(mine.cycle, mine.attempt, True, mine.output)  # noqa: FBT003  the field's name is is_settled
    earlier = _earlier(work, project=mine.project, stage=mine.stage, input_digest=mine.input_digest)
    is_settled = earlier is not None and mine.state is RunState.RUNNING
    return StageTicket(mine.cycle, mine.attempt, is_settled, earlier.output if earlier and is_settled else {})


def _earlier(work: UnitOfWork, *, project: str, stage: Stage, input_digest: str) -> StageRun | None:
    found = stage_run.latest_opened(work.session, project=project, stage=stage, input_digest=input_digest)
    return found if found and _still_stands(work, found) else None


def _still_stands(work: UnitOfWork, run: StageRun) -> bool:
    """Whether the world is still as the stage left it: this very dossier approved, and the version serving under it."""
    version = str(run.output.get("version", ""))
    match run.stage:
        case Stage.IDEATION:
            return is_agreed(work, run.project)
        case Stage.VALIDATION if version:
            is_present = read_version(work.session, version).dossier_digest == run.output.get("dossier")
            return is_present and standing_in(work, version).is_granted
        case Stage.DELIVERY:
            endpoint = find_endpoint(work.session, run.project)
            is_serving = endpoint is not None and (endpoint.mode, endpoint.version) == (EndpointMode.MODEL, version)
            return is_serving and not awaits_release(work, read_version(work.session, version))
    return True


def _run_of(work: UnitOfWork, *, project: str, stage: Stage, run_id: str) -> StageRun:
    run = stage_run.latest_of_run(work.session, project=project, stage=stage, run_id=run_id)
    if run is None:
        raise Refused(f"this run has not begun {stage.value} of {project}", found=run_id, next_step="begin it first")
    if run.state is RunState.ABANDONED:
        raise Refused(f"this run was given up: {run.detail}", next_step="another attempt goes on with the stage")
    return run


def _open(
    work: UnitOfWork, verb: Verb, run: StageRun, actor: str, input_digest: str, output: Mapping[str, Json]
) -> None:
    row = lock_project(work.session, run.project)
    moves_to = following(run.stage) or run.stage
    said = StageEnded(run.stage, run.cycle, run.attempt, run.run_id, moves_to, input_digest, output)
    _append(work, verb, run.project, actor, said)
    if moves_to is not Stage.MONITORING:  # monitoring is started by its schedule
        enqueue_stage(work, row, moves_to, again=f"after-{run.attempt}")


def _append(work: UnitOfWork, verb: Verb, project: str, actor: str, said: Payload) -> None:
    work.append(Draft(verb, actor, SubjectKind.PROJECT, project, "", said))
