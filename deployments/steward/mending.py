"""Let the walk go on where a run died: its stage gets another attempt, or waits for a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from deployments.steward.senders import runs_of_place, start_stage_run
from flywheel.adapters.prefect import Prefect
from flywheel.adapters.prefect_answers import RunFacts, RunStateType
from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import ProjectRecord, StageState
from flywheel.domain.backoff import wait_before
from flywheel.domain.digests import Json
from flywheel.domain.stages import ORDER
from flywheel.errors import NotFound, ending_of
from flywheel.services.incidents import outages
from flywheel.services.walk import projects, stages

ACTOR = "flow:reaper"
ATTEMPTS = {RunStateType.CRASHED: 5, RunStateType.FAILED: 3, RunStateType.CANCELLED: 0, RunStateType.COMPLETED: 0}
"""How often a stage is begun whose run ended so; a person's cancellation is respected."""
UNBEGUN_RUNS = 5
"""At most, those included that never came to their first line and that Prefect does not count; then people are told."""
EVEN = 0.5
"""Pauses between them are not spread: one machine starts them."""

STARTED_ANEW = frozenset({"flow:lifecycle", "flow:retraining", "flow:monitoring"})
"""Flows outside the walk's stages: such a run that died runs once more under its own id, so its effects stay single."""
RUNS = 5
"""At most, those included that never came to their first line and that Prefect does not count."""
LOOKED_BACK = timedelta(minutes=30)
LINES_TOLD = 20
"""What failed, its last lines, and where all of it is."""
PREFECTS_WORDS = "Flow run encountered an exception: "


def mend(catalog: Catalog, prefect: Prefect, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Look at every stage that should be at work, at every walk that should go on, and at what stands beside it."""
    for run in prefect.runs(RunStateType.CRASHED, tags=("flywheel",), ended_after=now() - LOOKED_BACK):
        if STARTED_ANEW.intersection(run.tags):
            _run_again(catalog, prefect, run, now=now())
    for at_work in stages.list_runs(catalog):
        ended = _how_ended(prefect, at_work.run_id)
        if ended is not None:
            state, words = ended
            stages.abandon_stage(
                catalog,
                project=at_work.project,
                stage=at_work.stage,
                run_id=at_work.run_id,
                reason=words,
                actor=ACTOR,
                max_attempts=ATTEMPTS[state],
            )
    for record in projects.list_projects(catalog):
        if record.cycle > 0 and record.stage in ORDER[:-1] and record.next_stage_state is StageState.IDLE:
            _start_again(catalog, prefect, record, now=now())


def _run_again(catalog: Catalog, prefect: Prefect, run: RunFacts, *, now: datetime) -> None:
    """Have a run that died run once more under its own id, after a growing pause; tell people where that is over."""
    again = prefect.times_started_again(run.id)
    if max(run.run_count - 1, again) >= RUNS - 1:
        flow, project = (_named(run, kind) for kind in ("flow", "project"))
        if any(record.slug == project for record in projects.list_projects(catalog)):
            _tell(catalog, project, what=flow, times=RUNS, run=run)
    elif _has_rested(run, times=again + 1, now=now):
        prefect.start_again(run.id)


def _has_rested(run: RunFacts, *, times: int, now: datetime) -> bool:
    """Whether a run that died so often has lain for long enough."""
    return now - run.state_at >= wait_before(times, chance=EVEN)


def _named(run: RunFacts, kind: str) -> str:
    return next((tag.removeprefix(f"{kind}:") for tag in run.tags if tag.startswith(f"{kind}:")), "")


def _tell(catalog: Catalog, project: str, *, what: str, times: int, run: RunFacts) -> None:
    words = f"{run.state_name}: {ending_of(run.message.removeprefix(PREFECTS_WORDS), lines=LINES_TOLD)}"
    outages.report_never_begun(
        catalog, project=project, what=what, times=times, run_id=run.id, words=words, actor=ACTOR
    )


def _how_ended(prefect: Prefect, run_id: str) -> tuple[RunStateType, str] | None:
    try:
        run = prefect.run_state(run_id)
    except NotFound:
        return RunStateType.CRASHED, "Prefect does not know the run any more"
    words = ending_of(run.message.removeprefix(PREFECTS_WORDS), lines=LINES_TOLD)
    return (run.state, f"{run.state_name}: {words}") if run.is_final else None


def _start_again(catalog: Catalog, prefect: Prefect, record: ProjectRecord, *, now: datetime) -> None:
    """Start a stage whose run died before it could begin; the record knows nothing of such a run."""
    begun = stages.list_runs(catalog, project=record.slug)
    here = [run.attempt for run in begun if (run.cycle, run.stage) == (record.cycle, record.stage)]
    attempt = max(here, default=0) + 1
    stage = record.stage.value
    found = runs_of_place(prefect, f"{record.slug}:{record.cycle}:{stage}:{attempt}")
    if not found or not found[0].has_died or found[0].state is RunStateType.CANCELLED:
        return
    if len(found) >= UNBEGUN_RUNS:
        _tell(catalog, record.slug, what=stage, times=len(found), run=found[0])
    elif _has_rested(found[0], times=len(found), now=now):
        next_run: dict[str, Json] = {
            "project": record.slug,
            "stage": stage,
            "cycle": record.cycle,
            "attempt": attempt,
            "continues": found[0].id,
        }
        start_stage_run(prefect, next_run)
