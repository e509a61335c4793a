"""Try the endpoint: wait until it answers, then hold its answers against the trained model's."""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_link_artifact

from flywheel.domain.conditions import conditions_from
from flywheel.domain.digests import Digest
from flywheel.pages.markdown import literal
from flywheel.services.modelling import research
from flywheel.services.serving import endpoints, serving
from tasks.options import WITHIN_RUN
from tasks.shapes import Answered, Decision, Released
from tasks.workbench import workbench

ROWS_TRIED = 20
ROWS_TRIED_WHERE_LIMITED = 1_000
"""Some of them are for the model even where its share is small."""


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
    record = endpoints.find(bench.catalog, name=released["endpoint"])
    is_limited = record is not None and conditions_from(record.conditions).limits_traffic
    rows = ROWS_TRIED_WHERE_LIMITED if is_limited else ROWS_TRIED
    reasons = serving.differences(url, known.frame.head(rows), known.said[:rows], version, is_limited=is_limited)
    create_link_artifact(key=f"{project}-endpoint", link=url, description=f"{literal(version)} answers here")
    return Answered(url=url, decision=Decision(is_open=not reasons, reasons=list(reasons)))
