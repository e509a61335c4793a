"""Cycles: the walk begins, goes on, goes back or ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel.catalog import stage_run
from flywheel.catalog.endpoint import find_endpoint
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import latest_of
from flywheel.catalog.idempotency import Once
from flywheel.catalog.outbox import is_pending
from flywheel.catalog.project import ProjectRecord, ProjectRow, StageState, lock_project, read_project, record_from
from flywheel.domain.authority import Permission
from flywheel.domain.digests import Json
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.walk import CycleStarted, ProjectMoved
from flywheel.domain.stages import ENDS, ORDER, CycleKind, Direction, Stage, check_open, move
from flywheel.errors import Refused
from flywheel.services.people.authority import perform
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof
from flywheel.services.standing.agreements import HELD, is_agreed, must_be_agreed
from flywheel.services.terms.charters import changed_before

START = {
    CycleKind.LIFECYCLE: Stage.IDEATION,
    CycleKind.RETRAINING: Stage.DATA_PREPARATION,
    CycleKind.EXTERNAL: Stage.IDEATION,
}
"""Where a cycle of each kind begins."""

START_STAGE = "start_stage"
"""The topic of messages that ask for a stage's run."""

FIRST = "first walk"
"""The reason of a walk for which nobody gave one."""


@dataclass(frozen=True)
class Course:
    """With which stage a walk takes up, and whether it goes on with the one under way."""

    stage: Stage
    goes_on: bool


def course(catalog: Catalog, *, project: str, kind: CycleKind, reason: str) -> Course:
    """Say with which stage a walk would take up, or refuse one that cannot begin now; nothing is recorded."""
    with catalog.begin() as work:
        return _course(work, lock_project(work.session, project), kind, reason or FIRST, None)


def start_cycle(
    catalog: Catalog,
    *,
    project: str,
    kind: CycleKind,
    actor: str,
    reason: str,
    key: str,
    recipe: Mapping[str, Json] | None = None,
) -> ProjectRecord:
    """Begin a cycle, or go on with one that stands still; the first stage, or the one that it stands in, is started.

    A lifecycle without a reason goes on with whatever stands still, unless the charter changed what an earlier stage
    read: a new cycle then passes over all that has not changed. A recipe given is what the walk is about: a model that
    was brought in.
    """
    request = ["start_cycle", project, kind, reason, *([dict(recipe)] if recipe else [])]
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        once = Once("start_cycle", actor, key)
        first = work.recall(once, request)
        if first is not None:
            assert isinstance(first.value, dict)
            return record_from(first.value)
        first_stage = _course(work, row, kind, reason, recipe)
        if first_stage.goes_on:
            enqueue_stage(work, row, first_stage.stage, again=key)
        else:
            record_cycle(work, row, kind=kind, to=first_stage.stage, actor=actor, reason=reason, recipe=recipe)
            enqueue_stage(work, row, first_stage.stage)
        record = read_project(work.session, project)
        work.remember(once, request, record)
        return record


def advance(catalog: Catalog, *, project: str, actor: str) -> str:
    """Go on from where the project stands, and say what was started or why it waits."""
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        stage = Stage(row.stage)
        if stage in ENDS:
            return f"{project} has ended: {stage.value}"
        if stage is Stage.MONITORING:
            return f"{project} is in monitoring, which its schedule starts"
        if row.stage_state in {StageState.RUNNING, StageState.WAITING}:
            return f"{project} is {row.stage_state} in {stage.value}: {row.stage_detail or 'a run is in progress'}"
        if row.cycle == 0:
            record_cycle(work, row, kind=CycleKind.LIFECYCLE, to=stage, actor=actor, reason="first walk")
        enqueue_stage(work, row, stage, again=work.now.isoformat())
        return f"{project}: {stage.value} will start"


def started_by(catalog: Catalog, *, project: str) -> str:
    """Name who started the present cycle; nobody where none has begun."""
    with catalog.begin() as work:
        event = latest_of(work.session, verb=Verb.CYCLE_STARTED, subject_id=project)
        return event.actor if event else ""


@notarised
def move_back(catalog: Catalog, *, project: str, to: Stage, reason: str, proof: Proof) -> ProjectRecord:
    """Let a person send a project back to an earlier stage; a run at work is given up, and ends."""

    def act(work: UnitOfWork) -> ProjectRecord:
        row = lock_project(work.session, project)
        waiting = _waiting_run(work, project)
        record = send_back(work, row, to=to, reason=reason, actor=proof.who)
        _wake(work, waiting, why=f"back:{record.row_version}")
        return record

    return perform(catalog, proof, Permission.MOVE_BACK, act, project=project)


def send_back(work: UnitOfWork, row: ProjectRow, *, to: Stage, reason: str, actor: str) -> ProjectRecord:
    """Send a project back within a decision that is under way; its row is locked."""
    step = move(Stage(row.stage), to, reason=reason)
    if step.direction is not Direction.BACK:
        raise Refused(f"{to.value} does not come before {row.stage}", allowed="an earlier stage")
    return _move(work, row, Verb.PROJECT_MOVED_BACK, to=to, reason=step.reason, actor=actor)


@notarised
def close_null(catalog: Catalog, *, project: str, verdict: str, proof: Proof) -> ProjectRecord:
    """Let a person end a project without a model, with what was learned; none whose model or rule is to answer.

    Nothing of it starts, serves or is signed from then on; a run that waits for people wakes and ends.
    """

    def act(work: UnitOfWork) -> ProjectRecord:
        row = lock_project(work.session, project)
        _must_answer_nobody(work, project)
        step = move(Stage(row.stage), Stage.CLOSED_NULL, verdict=verdict)
        waiting = _waiting_run(work, project)
        record = _move(work, row, Verb.PROJECT_CLOSED_NULL, to=step.target, reason=step.reason, actor=proof.who)
        work.enqueue("deploy_project", f"deploy:{project}:closed:{record.row_version}", {"project": project})
        _wake(work, waiting, why="closed")
        return record

    return perform(catalog, proof, Permission.CLOSE, act, project=project)


def _waiting_run(work: UnitOfWork, project: str) -> str | None:
    """Name the run that waits for people."""
    found = stage_run.run_at_work(work.session, project)
    return found.run_id if found is not None and found.state is stage_run.RunState.WAITING else None


def _wake(work: UnitOfWork, run_id: str | None, *, why: str) -> None:
    """Let a run that waited for what nobody will decide any more wake and end."""
    if run_id is not None:
        work.enqueue("resume_run", f"resume:{run_id}:{why}", {"run_id": run_id})


def record_cycle(
    work: UnitOfWork,
    row: ProjectRow,
    *,
    kind: CycleKind,
    to: Stage,
    actor: str,
    reason: str,
    recipe: Mapping[str, Json] | None = None,
) -> None:
    """Write down that a new cycle begins, and with which model where it brings one."""
    said = CycleStarted(row.cycle + 1, kind, to, reason, dict(recipe) if recipe else None)
    work.append(Draft(Verb.CYCLE_STARTED, actor, SubjectKind.PROJECT, row.slug, row.project_digest, said))


def is_about_to_go_on(catalog: Catalog, *, project: str) -> bool:
    """Whether a stage of a project is to be started, and has no run yet."""
    with catalog.look() as work:
        return is_pending(work.session, topic=START_STAGE, project=project)


def enqueue_stage(
    work: UnitOfWork, row: ProjectRow, stage: Stage, *, again: str = "", continues: str | None = None
) -> None:
    """Have the next attempt at a stage started: one message each, and another where somebody asks again.

    An attempt that continues a run that died takes over what that run has finished.
    """
    attempt = stage_run.next_attempt(work.session, project=row.slug, cycle=row.cycle, stage=stage)
    message: dict[str, Json] = {"project": row.slug, "stage": stage.value, "cycle": row.cycle, "attempt": attempt}
    if continues is not None:
        message["continues"] = continues
    key = f"start:{row.slug}:{row.cycle}:{stage.value}:{attempt}"
    if not work.enqueue(START_STAGE, key, message) and again:
        work.enqueue(START_STAGE, f"{key}:{again}", message)


def _course(
    work: UnitOfWork, row: ProjectRow, kind: CycleKind, reason: str, recipe: Mapping[str, Json] | None
) -> Course:
    stage = Stage(row.stage)
    check_open(stage, name=row.slug)
    begins_anew = changed_before(work, row.slug, stage) or (stage in HELD and not is_agreed(work, row.slug))
    if _goes_on(work, row, kind, reason, recipe) and not begins_anew:
        return Course(stage, goes_on=True)
    _must_stand_still(row)
    _must_lead_back(row, kind, reason)
    must_be_agreed(work, row.slug, START[kind])
    return Course(START[kind], goes_on=False)


def _goes_on(
    work: UnitOfWork, row: ProjectRow, kind: CycleKind, reason: str, recipe: Mapping[str, Json] | None
) -> bool:
    """Whether to go on with the present walk: asked for its own kind, or for no kind and without a reason to begin."""
    stands_still = row.stage_state in {StageState.IDLE, StageState.BLOCKED}
    is_underway = row.cycle > 0 and Stage(row.stage) in ORDER[:-1]
    is_same = row.cycle_kind == kind and _is_about(work, row, recipe)
    is_open = kind is CycleKind.LIFECYCLE and not reason.strip()
    return is_underway and stands_still and (is_same or is_open)


def _is_about(work: UnitOfWork, row: ProjectRow, recipe: Mapping[str, Json] | None) -> bool:
    """Whether the present walk is about this very model, or neither is about one that was brought in."""
    event = latest_of(work.session, verb=Verb.CYCLE_STARTED, subject_id=row.slug)
    return event is not None and event.said(CycleStarted).recipe == (dict(recipe) if recipe else None)


def _must_lead_back(row: ProjectRow, kind: CycleKind, reason: str) -> None:
    """Refuse a walk that would begin beyond where the project stands, and so pass over the gate between."""
    here, there = Stage(row.stage), START[kind]
    if here is not there and move(here, there, reason=reason).direction is not Direction.BACK:
        raise Refused(
            f"{row.slug} is in {here.value}, and its {kind.value} would begin in {there.value}",
            next_step=f"let {here.value} succeed first: `flywheel run {row.slug}`",
        )


def _must_answer_nobody(work: UnitOfWork, project: str) -> None:
    """Refuse to close what is in business: who calls it would go on being answered, and nobody would watch."""
    present = find_endpoint(work.session, project)
    if present is None or present.mode is EndpointMode.STOPPED:
        return
    who = f"{present.version} serves" if present.version else f"the {present.mode.value} answers"
    withdraw = f"`flywheel withdraw {present.version} --as EMAIL` takes an approval back; " if present.version else ""
    raise Refused(
        f"{project} cannot be closed as without a model: {who}",
        found=f"an endpoint on its {present.mode.value}",
        allowed="closing what answers nobody",
        next_step=f"{withdraw}`flywheel stop {project} --as EMAIL` lets nobody answer; then close it",
    )


def _must_stand_still(row: ProjectRow) -> None:
    if row.stage_state in {StageState.RUNNING, StageState.WAITING}:
        raise Refused(
            f"{row.slug} is already walking: cycle {row.cycle} is {row.stage_state} in {row.stage}",
            found=row.stage_detail or None,
            next_step="wait for it, answer what it asks, or move the project back with a reason",
        )


def _move(work: UnitOfWork, row: ProjectRow, verb: Verb, *, to: Stage, reason: str, actor: str) -> ProjectRecord:
    said = ProjectMoved(Stage(row.stage), to, reason)
    work.append(Draft(verb, actor, SubjectKind.PROJECT, row.slug, row.project_digest, said))
    return read_project(work.session, row.slug)
