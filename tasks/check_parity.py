"""The gates of a package: it answers as the trained model did, from rows as from columns, in time, and fits."""

from __future__ import annotations

from pathlib import Path

from prefect import task

from flywheel.domain.digests import Digest
from flywheel.domain.stages import Stage
from flywheel.services.modelling import research, versions
from flywheel.services.record.sealing import Seal
from flywheel.services.serving import packaging
from tasks.judge import Subject, judge
from tasks.options import WITHIN_RUN
from tasks.shapes import Built, Decision
from tasks.workbench import workbench
from validators import footprint, parity, skew
from validators.limits import limits_of
from validators.skew import OneWay

FOOTPRINT = footprint.check.code


@task(cache_policy=WITHIN_RUN, persist_result=True)
def check_parity(project: str, version: str, scored: str, built: Built) -> Decision:
    """Compare both on the test rows, row by row; time and weigh the package where the policy asks for it."""
    bench = workbench()
    record = versions.get_version(bench.catalog, version=version)
    trained = research.read_judged(Digest(scored), artifacts=bench.artifacts)
    path, model = Path(built["path"]), Digest(record.model_digest)
    key = Seal.of(bench.settings).public_key
    served = packaging.answers(path, model, trained.frame, public_key=key, package=built["digest"])
    read = packaging.read_both_ways(path, model, trained.frame)
    by_columns, by_rows = OneWay(read.columns, read.said_of_columns), OneWay(read.rows, read.said_of_rows)
    checked = [
        parity.check(trained.said, served, package=built["digest"]),
        skew.check(by_columns, by_rows, names=read.names, among_others=read.among_others, in_parts=read.said_in_parts),
    ]
    policy = bench.policy_pinned(version)
    if FOOTPRINT in policy.required_in(Stage.DELIVERY):
        taken = packaging.answer_milliseconds(path, model, trained.frame)
        limits = limits_of(footprint.FootprintLimits(), policy.thresholds.get(FOOTPRINT, {}))
        checked.append(footprint.check(taken, packaging.size_of(path), limits=limits))
    return judge(project, Stage.DELIVERY, Subject("version", version, record.model_digest), checked)
