"""Examinations: everything that the checks of a version look at, read from the record and the artifact store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.catalog.experiment import ExperimentRecord
from flywheel.domain.digests import Digest
from flywheel.domain.policy import Policy
from flywheel.errors import Refused
from flywheel.project.examination import Answered, Examination, Rivals
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from flywheel.project.tabular.recipe import Recipe, RecipeKind
from flywheel.services import experiments, research, versions
from flywheel.services.research import Judged
from flywheel.services.scorers import load_scorer
from flywheel.services.versions import VersionRecord

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

SIMPLE = frozenset({RecipeKind.NAIVE.value, RecipeKind.LINEAR.value})
IS_SIMPLE = "This version is itself the simple model."
IS_RENEWAL = "A renewal keeps its recipe: what the complexity buys was judged when the recipe was chosen."


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
    require_same_charter(version, project)
    framing, dataset = Framing(project.charter), Digest(version.dataset_digest)
    everything = artifacts.get_frame(dataset)
    train, _, _ = framing.split(everything)
    candidate = judged or research.judge(
        project, artifacts=artifacts, dataset=dataset, model=Digest(version.model_digest)
    )
    champion = rival_of(catalog, version)
    renews = is_renewal if is_renewal is not None else champion is not None and champion.recipe == version.recipe
    board = experiments.leaderboard(catalog, project=version.project)
    return Examination(
        charter=project.charter,
        name=version.id,
        scorer=load_scorer(Digest(version.model_digest), artifacts=artifacts),
        features=Recipe.from_json(version.recipe).features,
        everything=everything,
        train=train,
        test=candidate.frame,
        labels=candidate.labels,
        chances=candidate.chances,
        money=candidate.money,
        rivals=_rivals(project, version, champion, board=board, artifacts=artifacts, renews=renews),
        champions_train=_champions_train(project, version, champion, artifacts=artifacts),
        figures=dict(next(one.metrics for one in board if one.id == version.experiment_id)),
        limits=policy.thresholds,
        is_renewal=renews,
    )


def rival_of(catalog: Catalog, version: VersionRecord) -> VersionRecord | None:
    """The version in use, or the last that was, unless it is this one."""
    champion = versions.last_in_use(catalog, project=version.project)
    return champion if champion and champion.id != version.id else None


def answers_of(project: Project, version: VersionRecord, *, dataset: Digest, artifacts: Artifacts) -> Answered:
    """Let a version answer the test rows of a dataset."""
    scorer = load_scorer(Digest(version.model_digest), artifacts=artifacts)
    said = research.judge(project, artifacts=artifacts, dataset=dataset, model=Digest(version.model_digest))
    return Answered(version.id, said.chances, said.chances >= scorer.threshold, said.money)


def require_same_charter(version: VersionRecord, project: Project) -> None:
    """Refuse to judge a version by another charter than the one it was trained under."""
    if version.project_digest != project.digest:
        raise Refused(
            f"the charter has changed since {version.id} was trained",
            next_step=f"train under the new one: `flywheel move-back {version.project} research --reason ...`",
        )


def _rivals(
    project: Project,
    version: VersionRecord,
    champion: VersionRecord | None,
    *,
    board: tuple[ExperimentRecord, ...],
    artifacts: Artifacts,
    renews: bool,
) -> Rivals:
    dataset, why_not = Digest(version.dataset_digest), ""
    if version.recipe["kind"] in SIMPLE:
        why_not = IS_SIMPLE
    elif renews:
        why_not = IS_RENEWAL

    def money_of(model: Digest) -> NDArray[np.float64]:
        return research.judge(project, artifacts=artifacts, dataset=dataset, model=model).money

    def rung(kind: RecipeKind) -> Digest:
        return _rung(project, dataset, kind, board=board, artifacts=artifacts)

    return Rivals(
        naive=money_of(rung(RecipeKind.NAIVE)),
        simple=None if why_not else money_of(rung(RecipeKind.LINEAR)),
        champion=answers_of(project, champion, dataset=dataset, artifacts=artifacts) if champion else None,
        why_no_simple=why_not,
    )


def _rung(
    project: Project,
    dataset: Digest,
    kind: RecipeKind,
    *,
    board: tuple[ExperimentRecord, ...],
    artifacts: Artifacts,
) -> Digest:
    """Find a rung of the ladder on this dataset; fit it where research did not."""
    known = (one for one in board if one.recipe["kind"] == kind.value and one.dataset_digest == dataset)
    found = next(known, None)
    if found is not None:
        return Digest(found.model_digest)
    recipe = next(rung for rung in Framing(project.charter).ladder() if rung.kind is kind)
    return research.fit_candidate(project, artifacts=artifacts, dataset=dataset, recipe=recipe).model_digest


def _champions_train(
    project: Project, version: VersionRecord, champion: VersionRecord | None, *, artifacts: Artifacts
) -> pd.DataFrame | None:
    """The rows that the champion learned from, where they are others than this version's."""
    if champion is None or champion.dataset_digest == version.dataset_digest:
        return None
    return research.reference_rows(project, artifacts=artifacts, dataset=Digest(champion.dataset_digest))
