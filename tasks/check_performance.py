"""The performance gates: is it worth having, against nothing, against the champion, and can its figures be believed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect import task

from flywheel.domain.digests import Digest
from flywheel.domain.stages import CycleKind, Stage
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from flywheel.project.tabular.recipe import Recipe
from flywheel.services import experiments, research, versions
from flywheel.services.research import Judged
from flywheel.services.versions import VersionRecord
from tasks.judge import Subject, judge
from tasks.options import WITHIN_RUN
from tasks.shapes import Decision
from tasks.workbench import workbench
from validators import calibration, leakage, money, thresholds
from validators.charter_rules import rules_from_charter
from validators.protocol import Checked
from validators.specs import Bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OTHER_CHARTER = (
    "the charter has changed since {version} was trained; train under the new one: "
    "`flywheel move-back {project} research --reason ...`"
)


@task(cache_policy=WITHIN_RUN, persist_result=True)
def check_performance(project: str, project_digest: str, version: str, scored: str, cycle_kind: str) -> Decision:
    """Judge one version on rows it has never seen; a version of another charter is not judged."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    record = versions.get_version(bench.catalog, version=version)
    if record.project_digest != project_digest:
        return Decision(is_open=False, reasons=[OTHER_CHARTER.format(version=version, project=project)])
    champion = versions.champion(bench.catalog, project=project)
    rival = champion if champion and champion.id != version else None
    candidate = research.read_judged(Digest(scored), artifacts=bench.artifacts)
    checked = _checks(loaded, record, candidate, rival, is_renewal=CycleKind(cycle_kind) is CycleKind.RETRAINING)
    also = frozenset({"PERF-002"}) if rival else frozenset[str]()
    return judge(project, Stage.VALIDATION, Subject("version", version, record.model_digest), checked, also=also)


def _checks(
    project: Project, version: VersionRecord, candidate: Judged, champion: VersionRecord | None, *, is_renewal: bool
) -> tuple[Checked, ...]:
    bench, framing = workbench(), Framing(project.charter)
    dataset, features = Digest(version.dataset_digest), Recipe.from_json(version.recipe).features
    rules = rules_from_charter(project.charter)
    used = tuple(rule for rule in rules if rule.name in features)
    beat = framing.must_beat
    least = bench.policy_of(project.charter.name).thresholds.get("PERF-001", {}).get("at_least", beat.baseline)
    checked = [
        money.check_baseline(candidate.money, _naive_money(project, version), must_beat=max(beat.baseline, least)),
        thresholds.check(_figures(project.charter.name, version), bounds={"auc": Bounds(at_least=0.5)}),
        calibration.check(candidate.chances, candidate.labels),
        leakage.check(candidate.frame, candidate.labels, rules=used),
    ]
    if champion is not None:
        rival = research.judge(project, artifacts=bench.artifacts, dataset=dataset, model=Digest(champion.model_digest))
        checked.append(
            money.check_champion(candidate.money, rival.money, must_beat=beat.champion, is_renewal=is_renewal)
        )
    return tuple(checked)


def _naive_money(project: Project, version: VersionRecord) -> NDArray[np.float64]:
    bench = workbench()
    board = experiments.leaderboard(bench.catalog, project=project.charter.name)
    naive = next(one for one in board if one.recipe["kind"] == "naive" and one.dataset_digest == version.dataset_digest)
    return research.judge(
        project,
        artifacts=bench.artifacts,
        dataset=Digest(version.dataset_digest),
        model=Digest(naive.model_digest),
    ).money


def _figures(project: str, version: VersionRecord) -> dict[str, float]:
    board = experiments.leaderboard(workbench().catalog, project=project)
    return dict(next(one.metrics for one in board if one.id == version.experiment_id))
