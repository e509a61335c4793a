"""Profile: what a version was trained on, frozen once so that monitoring needs no training data."""

from __future__ import annotations

from prefect import task

from flywheel.domain.digests import Digest
from flywheel.errors import InputRefused, ending_of
from flywheel.project.tabular.recipe import Recipe
from flywheel.services.modelling import experiments, research, versions
from flywheel.services.watching.windows import plan_of
from tasks.options import BY_CONTENT
from tasks.shapes import Reference
from tasks.workbench import workbench
from validators.charter_rules import rules_from_charter
from validators.endings import with_its_end
from validators.own_windows import with_its_windows
from validators.profiles import make_profile

UNKNOWN = Reference(digest="", why_not="its training rows are not in the record")


@task(cache_policy=BY_CONTENT, persist_result=True)
def profile(project: str, project_digest: str, version: str) -> Reference:
    """Freeze the reference of a version; one that could judge nothing is no failure of the run, and says why."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    record = versions.get_version(bench.catalog, version=version)
    features = Recipe.from_json(record.recipe).features
    rules = tuple(rule for rule in rules_from_charter(loaded.charter) if rule.name in features)
    entity, time = loaded.charter.entity, loaded.charter.data.time if loaded.charter.data else None
    before = Digest(record.dataset_digest)
    learned = experiments.get_experiment(bench.catalog, experiment=record.experiment_id).split
    with research.reference_table(before, learned, artifacts=bench.artifacts) as rows:
        try:
            made = make_profile(rows, rules=rules, entity=entity, time=time)
            made = with_its_end(made, rows, rules=rules, time=time, entity=entity)
            with bench.artifacts.table(before) as every:  # those of the test were vouched for too
                made = with_its_windows(made, every, rules=rules, time=time, length=plan_of(loaded).every.length)
        except InputRefused as refused:
            return Reference(digest="", why_not=ending_of(refused.sentence()))
    return Reference(digest=bench.artifacts.put_bytes(made.to_json().encode()), why_not="")
