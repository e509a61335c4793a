"""Research: fit a recipe, score it on the rows that choose, keep its folder; the chosen one meets the test rows."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flywheel.adapters.artifacts import Artifacts
from flywheel.domain.digests import Digest, Json, plain
from flywheel.domain.splits import SplitFacts
from flywheel.errors import InputRefused, counted
from flywheel.project.checking.rule_worth import rule_columns, rule_worth
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from flywheel.project.problems.kind import Figures, Judged
from flywheel.project.reading.table import Table
from flywheel.project.rule import rule_in_words
from flywheel.project.tabular.certainty import units_of
from flywheel.project.tabular.external.terms import BY_MONEY
from flywheel.project.tabular.model import Fitted, FittedModel, save
from flywheel.project.tabular.recipe import Recipe, RecipeKind
from flywheel.services.modelling.own_candidates import fit_own
from flywheel.services.modelling.own_features import framing_of
from flywheel.services.modelling.scorers import load_model, load_scorer
from flywheel.services.modelling.unseen import keep_facts, rows_before_test, unseen_test_rows

if TYPE_CHECKING:
    import pandas as pd

TRUTH, SAID, DECIDED, MONEY = "scored.truth", "scored.said", "scored.decided", "scored.money"
"""Beside the rows' own columns, whose names hold no dot."""


@dataclass(frozen=True)
class Candidate:
    """A fitted recipe with its figures on the validation rows, which choose among candidates."""

    recipe: Mapping[str, Json]
    model_digest: Digest
    kpi: Mapping[str, str]
    metrics: Mapping[str, float]
    split: SplitFacts
    trials: int
    seconds: float


@dataclass(frozen=True)
class Chosen:
    """The candidate that earned the most on validation rows: its model, its dataset, and what it has seen of it."""

    model: Digest
    dataset: Digest
    split: SplitFacts


def plan_ladder(
    framing: Framing, *, champion: Mapping[str, Json] | None = None, brought: Recipe | None = None
) -> tuple[Recipe, ...]:
    """Plan the rungs of a first search; with a champion's recipe, only that one beside the baseline.

    A model that was brought in is held against the baseline and the linear model, and no other is searched for.
    """
    rungs = framing.ladder()
    if brought is not None:
        return (*(rung for rung in rungs if rung.kind in {RecipeKind.NAIVE, RecipeKind.LINEAR}), brought)
    if champion is None:
        return rungs
    fixed = Recipe.from_json(champion)
    naive = tuple(rung for rung in rungs if rung.kind is RecipeKind.NAIVE)
    return naive if fixed.kind is RecipeKind.NAIVE else (*naive, fixed)


def fit_candidate(project: Project, *, artifacts: Artifacts, dataset: Digest, recipe: Recipe) -> Candidate:
    """Fit on training rows, cut and score on validation rows; what was made elsewhere is not fitted.

    The test rows are left alone: only the candidate that is chosen meets them.
    """
    started = time.perf_counter()
    framing, frame = framing_of(project, artifacts=artifacts, dataset=dataset), artifacts.get_frame(dataset)
    parted = framing.part(frame)
    train, validation, _ = parted.split.frames(frame)
    if recipe.kind is RecipeKind.EXTERNAL:
        fitted = Fitted(_adopt(recipe, framing, validation, artifacts=artifacts))
    elif recipe.kind is RecipeKind.OWN:
        fitted = fit_own(project, framing, recipe, (train, validation))
    else:
        fitted = framing.problem.fit(recipe, train, validation, framing.columns, derivation=framing.derivation)
    figures = figures_of(framing, framing.problem.answered(validation, fitted.model))
    return Candidate(
        recipe=fitted.model.recipe.to_json(),
        model_digest=keep(fitted.model, artifacts=artifacts),
        kpi=figures.kpi.to_json(),
        metrics=figures.metrics | {f"validation_{key}": float(number) for key, number in figures.counts.items()},
        split=keep_facts(framing, frame, parted, fitted.model.recipe, artifacts=artifacts),
        trials=len(fitted.trials),
        seconds=time.perf_counter() - started,
    )


def keep(model: FittedModel, *, artifacts: Artifacts) -> Digest:
    """Write a model's folder into the artifact store."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        digest = save(model, folder)
        if artifacts.put_folder(folder) != digest:
            raise InputRefused("the model folder changed while it was stored", next_step="run again")
    return digest


def judge(project: Project, *, artifacts: Artifacts, dataset: Digest, model: Digest) -> Judged:
    """Let a kept model answer the test rows."""
    framing = Framing(project.charter)
    _, _, test = framing.split(artifacts.get_frame(dataset))
    return framing.problem.answered(test, load_scorer(model, artifacts=artifacts))


def figures_of(framing: Framing, judged: Judged) -> Figures:
    """Put figures on what a model said, money first."""
    units = units_of(framing.rule.unit.within(judged.frame.columns).hashes(judged.frame))
    return framing.problem.figures(judged, units=units)


def meet_test_rows(project: Project, *, artifacts: Artifacts, chosen: Chosen) -> dict[str, Json]:
    """Let the candidate that was chosen meet the test rows, with the baseline beside it on the very same ones.

    Rows that it has seen in spite of all, such as those up to the day that a foreign maker names, are left out.
    """
    framing, frame = Framing(project.charter), artifacts.get_frame(chosen.dataset)
    parted = framing.part(frame)
    unseen = unseen_test_rows(framing, frame, parted, (chosen.split,), artifacts=artifacts)
    rows = frame.iloc[parted.split.test][unseen]
    if rows.empty:
        raise InputRefused(
            "the chosen candidate has seen every test row, so no figure of it can be trusted",
            found=counted(unseen.size, "test row"),
            next_step="bring rows that it has not seen",
        )
    scorer = load_model(chosen.model, artifacts=artifacts)
    figures = figures_of(framing, framing.problem.answered(rows, scorer))
    naively = figures_of(framing, framing.problem.simplest(rows))
    return {
        "rows": len(rows),
        "rows_left_out_as_seen": int((~unseen).sum()),
        "kpi": plain(figures.kpi.to_json()),
        "naive": plain(naively.kpi.to_json()),
        "rule": _ruled(framing, rows),
        "metrics": plain(figures.metrics),
        "threshold": None if math.isnan(scorer.threshold) else scorer.threshold,
        "decided": plain(figures.counts),
        "learned_as_one": plain(scorer.encoding.rare),
        "read_as_one": plain(_read_as_one(scorer)),
    }


def _read_as_one(scorer: FittedModel) -> dict[str, float]:
    """Name the columns of which boosted trees confuse values in single precision, each with a share of rows."""
    return scorer.encoding.blurred if scorer.recipe.kind is RecipeKind.BOOSTED else {}


def _ruled(framing: Framing, rows: pd.DataFrame) -> Json:
    """Say what the business rule brings on the same rows, and in which words it stood; nothing where none decides."""
    if not set(rule_columns(framing.charter)) <= set(rows.columns):
        return None
    worth = rule_worth(framing.charter, framing.problem, [rows])
    return {"says": rule_in_words(framing.charter), "value": f"{worth.per_case:.6f}"} if worth else None


def keep_judged(judged: Judged, *, artifacts: Artifacts) -> Digest:
    """Keep scored rows as one table: the rows, and beside them what was true, said and earned."""
    beside: dict[str, Any] = {TRUTH: judged.truth, SAID: judged.said, DECIDED: judged.decided, MONEY: judged.money}
    return artifacts.put_frame(judged.frame.assign(**beside).reset_index(drop=True))


def read_judged(digest: Digest, *, artifacts: Artifacts) -> Judged:
    """Read what `keep_judged` kept."""
    table = artifacts.get_frame(digest)
    beside = [TRUTH, SAID, DECIDED, MONEY]
    return Judged(table.drop(columns=beside), *(table[name].to_numpy() for name in beside))


def reference_rows(dataset: Digest, learned: SplitFacts, *, artifacts: Artifacts) -> pd.DataFrame:
    """The rows that live traffic is held against, as they come: all that a version could learn from before its test.

    They are known by what was kept with the version, whatever the charter says of the split today.
    """
    frame = artifacts.get_frame(dataset)
    return frame[rows_before_test(frame, learned, artifacts=artifacts)]


@contextmanager
def reference_table(dataset: Digest, learned: SplitFacts, *, artifacts: Artifacts) -> Iterator[Table]:
    """Open the same rows, to be read a part at a time."""
    with artifacts.table(dataset) as table:
        is_chosen = rows_before_test(table, learned, artifacts=artifacts)
        rows = int(is_chosen.sum())
        yield table.only(lambda part, first: part[is_chosen[first : first + len(part)]], rows)


def unit_of(project: Project) -> str:
    """What money is counted for."""
    framing = Framing(project.charter)
    return f"{framing.unit} ({framing.currency})"


def _adopt(recipe: Recipe, framing: Framing, validation: pd.DataFrame, *, artifacts: Artifacts) -> FittedModel:
    """Take a model as it came; where its maker named no threshold, validation rows set it by money."""
    model = replace(load_model(Digest(str(recipe.settings["received"])), artifacts=artifacts), recipe=recipe)
    if recipe.settings["threshold"] != BY_MONEY:
        return model
    return framing.problem.cut(model, validation)
