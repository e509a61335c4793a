"""Register: the leader of the board becomes a numbered version."""

from __future__ import annotations

from prefect import task
from prefect.runtime import flow_run

from flywheel.domain.own_code import HOOKS_FILE
from flywheel.project.charter.preflight import FILE
from flywheel.services.modelling import versions
from flywheel.services.people import authors as authors_of
from tasks.options import WITHIN_RUN
from tasks.shapes import Board
from tasks.tags import tag_run
from tasks.workbench import workbench

PROJECT_FILES = (FILE, HOOKS_FILE)


@task(cache_policy=WITHIN_RUN, persist_result=True)
def register(project: str, board: Board, authors: list[str]) -> str:
    """Give the best candidate a number; the same model keeps the number it has."""
    bench = workbench()
    commits = authors_of.commits_since_release(bench.catalog, project=project, files=PROJECT_FILES)
    version = versions.register_version(
        bench.catalog,
        project=project,
        experiment_id=board["best"],
        authors=tuple(authors),
        run_id=str(flow_run.get_id()),
        actor="flow:research",
        commits=commits,
    )
    tag_run(version=version.id)
    bench.tracking.register_version(project, run_id=version.mlflow_run_id, model_digest=version.model_digest)
    return version.id
