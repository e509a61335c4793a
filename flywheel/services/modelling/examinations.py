"""Examinations: everything that the checks of a version look at, read from the record and the artifact store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.catalog.experiment import ExperimentRecord
from flywheel.domain.digests import Digest
from flywheel.domain.policy import Policy
from flywheel.domain.splits import SplitFacts
from flywheel.project.examination import Answered, Examination, Rivals
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from flywheel.project.problems.kind import Judged
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.services.modelling import experiments, research, versions
from flywheel.services.modelling.own_features import framing_of
from flywheel.services.modelling.scorers import load_model, load_scorer
from flywheel.services.modelling.unseen import rows_before_test, unseen_test_rows
from flywheel.services.modelling.versions import VersionRecord

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

SIMPLE = frozenset({RecipeKind.NAIVE.value, RecipeKind.LINEAR.value})
IS_SIMPLE = "This version is itself the simple model."
IS_RENEWAL = "A renewal keeps its recipe: its complexity was judged when the recipe was chosen."


def examination_of(
    project: Project,
    version: VersionRecord,
    *,
    catalog: Catalog,
    artifacts: Artifacts,
    policy: Policy,
    judged: Judged | None = None,
    is_renewal: bool | None = None,
) -> Examination:
    """Gather what a version is examined by; `judged` is what it said of the test rows, where that is known already.

    Whether it renews the champion is told by the recipe where nobody says it.
    """
    framing, dataset = Framing(project.charter), Digest(version.dataset_digest)
    everything = artifacts.get_frame(dataset)
    parted = framing.part(everything)
    _, _, test = parted.split.frames(everything)
    scorer = load_model(Digest(version.model_digest), artifacts=artifacts)
    experiment = experiments.get_experiment(catalog, experiment=version.experiment_id)
    champion = rival_of(catalog, version)
    renews = is_renewal if is_renewal is not None else champion is not None and champion.recipe == version.recipe

    def unseen_by(*facts: SplitFacts) -> NDArray[np.bool_]:
        return unseen_test_rows(framing, everything, parted, facts, artifacts=artifacts)

    own = unseen_by(experiment.split)
    candidate = (judged or framing.problem.answered(test, scorer)).only(own)
    ground = _Ground(project, version, candidate.frame, catalog, artifacts)
    rivals = _rivals(ground, experiment, renews=renews)
    if champion is not None:
        learned = experiments.get_experiment(catalog, experiment=champion.experiment_id).split
        unseen = unseen_by(experiment.split, learned)[own]
        rivals = replace(rivals, champion=answers_of(framing, champion, candidate.frame, artifacts), unseen=unseen)
    return Examination(
        charter=project.charter,
        name=version.id,
        scorer=scorer,
        features=version.recipe_inputs,
        everything=everything,
        before=everything[rows_before_test(everything, experiment.split, artifacts=artifacts)],
        test=candidate.frame,
        truth=candidate.truth,
        said=candidate.said,
        decided=candidate.decided,
        money=candidate.money,
        units=parted.units[parted.split.test][own],
        rivals=rivals,
        champions=_champions_rows(catalog, version, champion, artifacts=artifacts),
        figures=research.figures_of(framing, candidate).metrics,
        limits=policy.thresholds,
        interval=scorer.answering.interval(candidate.said),
        is_renewal=renews,
        computed=scorer.encoding.derivation,
        beyond=scorer.beyond_derivation(),
    )


def rival_of(catalog: Catalog, version: VersionRecord) -> VersionRecord | None:
    """The version in use, or the last that was, unless it is this one."""
    champion = versions.last_in_use(catalog, project=version.project)
    return champion if champion and champion.id != version.id else None


def answers_of(framing: Framing, version: VersionRecord, rows: pd.DataFrame, artifacts: Artifacts) -> Answered:
    """Let a version answer rows."""
    scorer = load_scorer(Digest(version.model_digest), artifacts=artifacts)
    judged = framing.problem.answered(rows, scorer)
    return Answered(version.id, judged.said, judged.decided, judged.money)


@dataclass(frozen=True)
class _Ground:
    """What a version is held against its rivals on."""

    project: Project
    version: VersionRecord
    rows: pd.DataFrame
    catalog: Catalog
    artifacts: Artifacts


def _rivals(ground: _Ground, experiment: ExperimentRecord, *, renews: bool) -> Rivals:
    why_not = ""
    if ground.version.recipe["kind"] in SIMPLE:
        why_not = IS_SIMPLE
    elif renews:
        why_not = IS_RENEWAL
    framing = Framing(ground.project.charter)
    board = experiments.leaderboard(ground.catalog, beside=experiment.id)
    same = tuple(one for one in board if one.split.seen == experiment.split.seen)

    def money_of(kind: RecipeKind) -> NDArray[np.float64]:
        scorer = load_scorer(_rung(ground, kind, same), artifacts=ground.artifacts)
        return framing.problem.answered(ground.rows, scorer).money

    return Rivals(
        naive=framing.problem.simplest(ground.rows).money,
        simple=None if why_not else money_of(RecipeKind.LINEAR),
        champion=None,
        why_no_simple=why_not,
    )


def _rung(ground: _Ground, kind: RecipeKind, board: tuple[ExperimentRecord, ...]) -> Digest:
    """Find a rung of the ladder that learned from the very same rows; fit it where research did not."""
    found = next((one for one in board if one.recipe["kind"] == kind.value), None)
    if found is not None:
        return Digest(found.model_digest)
    dataset = Digest(ground.version.dataset_digest)
    framing = framing_of(ground.project, artifacts=ground.artifacts, dataset=dataset)
    recipe = next(rung for rung in framing.ladder() if rung.kind is kind)
    return research.fit_candidate(
        ground.project, artifacts=ground.artifacts, dataset=dataset, recipe=recipe
    ).model_digest


def _champions_rows(
    catalog: Catalog, version: VersionRecord, champion: VersionRecord | None, *, artifacts: Artifacts
) -> pd.DataFrame | None:
    """The rows before the champion's test, where they are others than this version's."""
    if champion is None or champion.dataset_digest == version.dataset_digest:
        return None
    learned = experiments.get_experiment(catalog, experiment=champion.experiment_id).split
    return research.reference_rows(Digest(champion.dataset_digest), learned, artifacts=artifacts)
