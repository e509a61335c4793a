"""Whether the rows of a window claim one moment, as no window of what its version learned from did."""

from __future__ import annotations

from datetime import timedelta

from flywheel.domain.digests import Digest
from flywheel.project.loader import Project
from flywheel.services.modelling import experiments, research, versions
from flywheel.services.watching.coverage import Coverage
from flywheel.services.watching.health import Part
from flywheel.services.watching.windows import Traffic, plan_of
from tasks.workbench import workbench
from validators.still_clocks import standing_still


def still_clock(project: Project, part: Part, seen: Traffic, coverage: Coverage) -> str:
    """Say it, where the charter names the time of a case; else rows have the time of their answer, which moves."""
    time = project.charter.data.time if project.charter.data else None
    if time is None or seen.moments.nunique() > len(seen.moments) / 2:
        return ""
    bench = workbench()
    record = versions.get_version(bench.catalog, version=part.version)
    learned = experiments.get_experiment(bench.catalog, experiment=record.experiment_id).split
    with research.reference_table(Digest(record.dataset_digest), learned, artifacts=bench.artifacts) as rows:
        before = rows.whole([time])[time] if time in rows.columns else None
    days = max(coverage.lasted, coverage.length * coverage.share) / timedelta(days=1)
    return standing_still(seen.moments, before, length=plan_of(project).every.length, days=days)
