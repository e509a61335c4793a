"""Make again: where the policy asks for it, a version is made once more from the record before anybody is asked."""

from __future__ import annotations

from prefect import task

from flywheel.domain.reproduction import ReproductionState
from flywheel.services.again import remaking, reproductions
from flywheel.services.modelling import versions
from tasks.options import WITHIN_RUN
from tasks.shapes import Decision
from tasks.workbench import workbench


@task(cache_policy=WITHIN_RUN, persist_result=True)
def make_again(version: str, decision: Decision) -> Decision:
    """Close the way where another model comes out; a version that was made again already is left in peace."""
    bench = workbench()
    if not (decision["is_open"] and bench.policy_pinned(version).must_be_reproduced):
        return decision
    known = reproductions.reproduction_of(bench.catalog, version=version)
    if known is not None and known.counts:
        return decision
    digest = versions.get_version(bench.catalog, version=version).model_digest
    made = remaking.reproduce(bench, version=version)
    reproductions.record_reproduction(
        bench.catalog, version=version, model_digest=digest, made=made, actor="flow:validation"
    )
    if made.state is ReproductionState.PASSED:
        return decision
    return Decision(is_open=False, reasons=[f"{version} could not be reproduced from the record: {made.detail}"])
