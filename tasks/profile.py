"""Profile: what a version was trained on, frozen once so that monitoring needs no training data."""

from __future__ import annotations

from prefect import task

from flywheel.domain.digests import Digest
from flywheel.project.tabular.recipe import Recipe
from flywheel.services import research, versions
from tasks.options import BY_CONTENT
from tasks.workbench import workbench
from validators.charter_rules import rules_from_charter
from validators.profiles import make_profile


@task(cache_policy=BY_CONTENT, persist_result=True)
def profile(project: str, project_digest: str, version: str) -> str:
    """Freeze the reference of a version; gives the digest of the kept profile."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    record = versions.get_version(bench.catalog, version=version)
    features = Recipe.from_json(record.recipe).features
    rules = tuple(rule for rule in rules_from_charter(loaded.charter) if rule.name in features)
    before = Digest(record.dataset_digest)
    with research.reference_table(loaded, artifacts=bench.artifacts, dataset=before) as rows:
        return bench.artifacts.put_bytes(make_profile(rows, rules=rules).to_json().encode())
