"""The checks of a version: is it worth having, for whom, for how long, and can its figures be believed?"""

from __future__ import annotations

from prefect import task

from flywheel.domain.digests import Digest
from flywheel.domain.stages import CycleKind, Stage
from flywheel.services.modelling import examinations, research, versions
from tasks.judge import Subject, judge
from tasks.options import WITHIN_RUN
from tasks.shapes import Decision
from tasks.workbench import workbench
from validators import battery


@task(cache_policy=WITHIN_RUN, persist_result=True)
def check_performance(project: str, project_digest: str, version: str, scored: str, cycle_kind: str) -> Decision:
    """Judge one version on rows it has never seen, by the charter and policy that it is submitted under."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    record, policy = versions.get_version(bench.catalog, version=version), bench.policy_pinned(version)
    seen = examinations.examination_of(
        loaded,
        record,
        catalog=bench.catalog,
        artifacts=bench.artifacts,
        policy=policy,
        judged=research.read_judged(Digest(scored), artifacts=bench.artifacts),
        is_renewal=CycleKind(cycle_kind) is CycleKind.RETRAINING,
    )
    codes = battery.demanded(seen, required=policy.required_in(Stage.VALIDATION))
    checked = battery.examine(seen, codes & battery.CHECKS.keys())
    return judge(project, Stage.VALIDATION, Subject("version", version, record.model_digest), checked, also=codes)
