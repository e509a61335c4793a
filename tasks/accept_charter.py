"""Accept the charter: complete enough to begin, with people who can sign."""

from __future__ import annotations

from prefect import task

from flywheel.domain.stages import Stage
from flywheel.project.preflight import preflight
from tasks.options import WITHIN_RUN
from tasks.shapes import Decision
from tasks.workbench import workbench


@task(cache_policy=WITHIN_RUN, persist_result=True)
def accept_charter(project: str, project_digest: str) -> Decision:
    """Hold the charter against what ideation and the tier's quorum ask of it."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    problems = preflight(loaded.charter, Stage.IDEATION, quorum=bench.policy_of(project).quorum)
    return Decision(is_open=not problems, reasons=[str(problem) for problem in problems])
