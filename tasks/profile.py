"""Profile: what a version was trained on, frozen once so that monitoring needs no training data."""

from __future__ import annotations

from prefect import task

from flywheel.domain.digests import Digest
from flywheel.errors import InputRefused, ending_of
from flywheel.services.modelling import experiments, research, versions
from flywheel.services.watching.windows import plan_of
from tasks.derived_features import computed_by, watched_features
from tasks.options import BY_CONTENT
from tasks.shapes import Reference
from tasks.workbench import workbench
from validators.charter_rules import computed_rules, features_from_charter
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
    computed = watched_features(loaded, computed_by(version))
    rules = (*features_from_charter(loaded.charter, record.recipe_inputs), *computed_rules(computed))
    entity, time = loaded.charter.entity, loaded.charter.data.time if loaded.charter.data else None
    before = Digest(record.dataset_digest)
    learned = experiments.get_experiment(bench.catalog, experiment=record.experiment_id).split
    with research.reference_table(before, learned, artifacts=bench.artifacts) as raw:
        rows = computed.widened(raw)
        try:
            made = make_profile(rows, rules=rules, entity=entity, time=time)
            made = with_its_end(made, rows, rules=rules, time=time, entity=entity)
            with bench.artifacts.table(before) as all_rows:  # those of the test were vouched for too
                every = computed.widened(all_rows)
                made = with_its_windows(made, every, rules=rules, time=time, length=plan_of(loaded).every.length)
        except InputRefused as refused:
            return Reference(digest="", why_not=ending_of(refused.sentence()))
    return Reference(digest=bench.artifacts.put_bytes(made.to_json().encode()), why_not="")
