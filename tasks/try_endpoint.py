"""Try the endpoint: wait until it answers, then hold its answers against the trained model's."""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_link_artifact

from flywheel.domain.digests import Digest
from flywheel.services import research, serving
from tasks.options import WITHIN_RUN
from tasks.shapes import Answered, Decision, Released
from tasks.workbench import workbench

ROWS_TRIED = 20


@task(cache_policy=WITHIN_RUN, persist_result=True)
def try_endpoint(project: str, version: str, scored: str, released: Released) -> Answered:
    """Send it rows whose scores are known."""
    bench = workbench()
    url = serving.await_ready(
        bench.catalog,
        endpoint=released["endpoint"],
        generation=released["generation"],
        settings=bench.settings,
    )
    known = research.read_judged(Digest(scored), artifacts=bench.artifacts)
    reasons = serving.differences(url, known.frame.head(ROWS_TRIED), known.chances[:ROWS_TRIED], version)
    create_link_artifact(key=f"{project}-endpoint", link=url, description=f"{version} answers here")
    return Answered(url=url, decision=Decision(is_open=not reasons, reasons=list(reasons)))
