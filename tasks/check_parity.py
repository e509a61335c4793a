"""The parity gate: the packaged model answers as the trained one did."""

from __future__ import annotations

from pathlib import Path

from prefect import task

from flywheel.domain.digests import Digest
from flywheel.domain.stages import Stage
from flywheel.services import packaging, research, versions
from tasks.judge import Subject, judge
from tasks.options import WITHIN_RUN
from tasks.shapes import Built, Decision
from tasks.workbench import workbench
from validators import parity


@task(cache_policy=WITHIN_RUN, persist_result=True)
def check_parity(project: str, version: str, scored: str, built: Built) -> Decision:
    """Compare both on the test rows, row by row."""
    bench = workbench()
    record = versions.get_version(bench.catalog, version=version)
    trained = research.read_judged(Digest(scored), artifacts=bench.artifacts)
    served = packaging.answers(Path(built["path"]), Digest(record.model_digest), trained.frame, package=built["digest"])
    checked = (parity.check(trained.chances, served, package=built["digest"]),)
    return judge(project, Stage.DELIVERY, Subject("version", version, record.model_digest), checked)
