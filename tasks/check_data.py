"""The data gates: shape, everything that the charter declares, sudden codes, and what may not be used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prefect import task

from flywheel.domain.digests import Digest
from flywheel.domain.stages import Stage
from flywheel.project.loader import Project
from flywheel.services import research, versions
from tasks.judge import Subject, judge
from tasks.options import WITHIN_RUN
from tasks.shapes import DatasetRef, Decision, SourceRef
from tasks.workbench import workbench
from validators import data_expectations, permissions, schema, sentinels
from validators.charter_rules import (
    expectations_from_charter,
    forbidden_in,
    lateness_of,
    rules_from_charter,
    waivers_from_charter,
)
from validators.profiles import ROWS_AT_LEAST, Profile, make_profile
from validators.waiving import waive

if TYPE_CHECKING:
    import pandas as pd


@task(cache_policy=WITHIN_RUN, persist_result=True)
def check_data(project: str, project_digest: str, dataset: DatasetRef, sources: Mapping[str, SourceRef]) -> Decision:
    """Let the data gates judge one dataset version; waivers of the charter hold up to their day."""
    bench, now = workbench(), datetime.now(UTC)
    _, loaded = bench.registered(project, project_digest)
    charter = loaded.charter
    frame = bench.artifacts.get_frame(Digest(dataset["digest"]))
    rules = rules_from_charter(charter)
    checked = (
        schema.check(frame, rules=rules),
        data_expectations.check(frame, expectations=expectations_from_charter(charter), rules=rules),
        sentinels.check(frame, profile=_reference(loaded, frame)),
        permissions.check(
            frame,
            rules=rules,
            forbidden=forbidden_in(charter, _brought_late(loaded, sources)),
            lateness=lateness_of(charter),
            now=now,
        ),
    )
    waivers = waivers_from_charter(charter)
    weighed = tuple(waive(one, waivers, now=now) for one in checked)
    return judge(project, Stage.DATA_PREPARATION, Subject("dataset", dataset["id"], dataset["digest"]), weighed)


def _reference(project: Project, frame: pd.DataFrame) -> Profile | None:
    """Profile what the model in use was trained on, in the columns that are still there."""
    bench = workbench()
    champion = versions.last_in_use(bench.catalog, project=project.charter.name)
    if champion is None or not champion.dataset_digest or not champion.recipe_features:
        return None
    rows = research.reference_rows(project, artifacts=bench.artifacts, dataset=Digest(champion.dataset_digest))
    shared = set(champion.recipe_features) & set(rows.columns) & set(frame.columns)
    rules = tuple(
        rule
        for rule in rules_from_charter(project.charter)
        if rule.name in shared and bool(rows[rule.name].notna().any())
    )
    return make_profile(rows, rules=rules) if rules and len(rows) >= ROWS_AT_LEAST else None


def _brought_late(project: Project, sources: Mapping[str, SourceRef]) -> dict[str, list[str]]:
    """Name the columns of the joined sources that come after the decision."""
    data = project.charter.data
    late = [name for name, source in data.sources.items() if source.available_after_days] if data else []
    artifacts = workbench().artifacts
    return {
        name: list(artifacts.get_frame(Digest(sources[name]["digest"])).columns) for name in late if name in sources
    }
