"""Versions before their examiners: the bank's example with a fitted simple model, with and without a record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flywheel.domain.digests import Digest
from flywheel.project.examination import Examination, Rivals
from flywheel.project.framing import Framing
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.services import research
from flywheel.services.scorers import load_scorer
from tests.factories.examples import Ground, card_default


def fitted_on(ground: Ground, kind: RecipeKind, *, dataset: Digest) -> research.Candidate:
    """A rung of the ladder, fitted and kept."""
    recipe = next(rung for rung in Framing(ground.project.charter).ladder() if rung.kind is kind)
    return research.fit_candidate(ground.project, artifacts=ground.artifacts, dataset=dataset, recipe=recipe)


def examined(folder: Path) -> Examination:
    """The bank's linear model and all that its checks look at."""
    ground = card_default(folder)
    dataset = ground.prepared().digest
    naive, linear = (fitted_on(ground, kind, dataset=dataset) for kind in (RecipeKind.NAIVE, RecipeKind.LINEAR))
    judged, rival = (
        research.judge(ground.project, artifacts=ground.artifacts, dataset=dataset, model=one.model_digest)
        for one in (linear, naive)
    )
    everything = ground.artifacts.get_frame(dataset)
    return Examination(
        charter=ground.project.charter,
        scorer=load_scorer(linear.model_digest, artifacts=ground.artifacts),
        features=tuple(str(name) for name in linear.recipe["features"]),  # type: ignore[union-attr]
        everything=everything,
        train=Framing(ground.project.charter).split(everything)[0],
        test=judged.frame,
        labels=judged.labels,
        chances=judged.chances,
        money=judged.money,
        rivals=Rivals(rival.money, None, None, "This version is itself the simple model."),
        champions_train=None,
        figures=linear.metrics,
        limits={},
    )


def without(examination: Examination, **blocks: object) -> Examination:
    """The same under a charter with other blocks."""
    return replace(examination, charter=examination.charter.model_copy(update=blocks))
