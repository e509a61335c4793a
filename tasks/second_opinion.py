"""The second examiner of a window: Evidently, at the rows themselves."""

from __future__ import annotations

from flywheel.domain.digests import Digest
from flywheel.domain.monitoring import judged_columns
from flywheel.project.loader import Project
from flywheel.services.modelling import experiments, research, versions
from flywheel.services.watching import windows
from flywheel.services.workbench import Workbench
from validators import drift_evidently
from validators.charter_rules import features_from_charter, rules_from_charter
from validators.profiles import Profile
from validators.protocol import Checked
from validators.repeats import Cases, that_stand_alone

ROUTINE_ROWS = 5_000
"""Of each side, where nothing rang and nobody asked."""


def second_opinion(
    bench: Workbench, project: Project, cases: Cases, profile: Profile, version: str, *, with_html: bool
) -> tuple[Checked, ...]:
    """Let Evidently look, at rows of which no two are of one entity where entities come again.

    It knows no end of the reference and no window of it: columns that had changed by its end, or that differ from
    window to window, are left to our own examiner.
    """
    record = versions.get_version(bench.catalog, version=version)
    features = {rule.name for rule in features_from_charter(project.charter, record.recipe_inputs)}
    changed = {column.name for column in (*profile.latest, *(column for column, _ in profile.moving))}
    judged = judged_columns(windows.plan_of(project).plan, drift_evidently.check.code, features) - changed
    if not judged:
        return ()
    learned = experiments.get_experiment(bench.catalog, experiment=record.experiment_id).split
    before = research.reference_rows(Digest(record.dataset_digest), learned, artifacts=bench.artifacts)
    rules = tuple(rule for rule in rules_from_charter(project.charter) if rule.name in judged)
    most = drift_evidently.ROWS_AT_MOST if with_html else ROUTINE_ROWS
    now, before = that_stand_alone(cases, before, entity=project.charter.entity)
    return (drift_evidently.check(now, before, rules=rules, with_html=with_html, rows_at_most=most),)
