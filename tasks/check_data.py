"""The data gates: shape first, then everything that the charter declares."""

from __future__ import annotations

from prefect import task

from flywheel.domain.digests import Digest
from flywheel.domain.stages import Stage
from tasks.judge import Subject, judge
from tasks.options import BY_CONTENT
from tasks.shapes import DatasetRef, Decision
from tasks.workbench import workbench
from validators import data_expectations, schema
from validators.charter_rules import expectations_from_charter, rules_from_charter


@task(cache_policy=BY_CONTENT, persist_result=True)
def check_data(project: str, project_digest: str, dataset: DatasetRef) -> Decision:
    """Let both data gates judge one dataset version."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    frame = bench.artifacts.get_frame(Digest(dataset["digest"]))
    rules = rules_from_charter(loaded.charter)
    expectations = expectations_from_charter(loaded.charter)
    checked = (schema.check(frame, rules=rules), data_expectations.check(frame, expectations=expectations, rules=rules))
    return judge(project, Stage.DATA_PREPARATION, Subject("dataset", dataset["id"], dataset["digest"]), checked)
