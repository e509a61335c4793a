"""Start the walk over the stages, or go on with it."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flywheel.domain.stages import CycleKind
from flywheel.services.data import unread
from flywheel.services.modelling import external, versions
from flywheel.services.walk import cycles
from tasks.tags import tag_run
from tasks.workbench import workbench


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def start_cycle(project: str, kind: CycleKind, reason: str, started_by: str) -> str:
    """Record that a cycle begins; the outbox then starts its first stage."""
    bench = workbench()
    record, loaded = bench.registered(project)
    champion = versions.champion(bench.catalog, project=project)
    if kind is CycleKind.RETRAINING:
        external.refuse_retraining(versions.last_in_use(bench.catalog, project=project))
    tag_run(project=project, charter=loaded.digest, version=champion.id if champion else "")
    started = cycles.start_cycle(
        bench.catalog,
        project=project,
        kind=kind,
        actor=started_by or f"flow:{kind.value}",
        reason=reason or _why(kind, started_by),
        key=f"cycle:{flow_run.get_id()}",
    )
    unseen = unread.not_read(bench, project=project, stage=started.stage)
    stage, goes_on = started.stage.value.replace("_", " "), started.cycle == record.cycle
    return (
        f"cycle {started.cycle} {'goes on' if goes_on else 'begins'} with {stage}; each stage that succeeds "
        f"starts the next, until one waits for people or is blocked{f'; {unseen}' if unseen else ''}"
    )


def _why(kind: CycleKind, started_by: str) -> str:
    """Say why a walk begins where nobody gave words."""
    if kind is not CycleKind.RETRAINING:
        return cycles.FIRST
    return f"{started_by} asked for it" if started_by else "scheduled"
