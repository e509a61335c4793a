"""A fitted model: encoding, estimator and answers in one value, saved as an MLflow folder, loaded only verified."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from flywheel.domain.digests import Digest, Json, canonical_json
from flywheel.domain.own_code import HOOKS_FILE
from flywheel.errors import InputRefused
from flywheel.project.expressions.derivation import NOTHING_DERIVED, Derivation
from flywheel.project.tabular.answering import Answering, read_answering
from flywheel.project.tabular.encoding import Encoding
from flywheel.project.tabular.estimators import ESTIMATOR_FILE, Boosted, Estimator, Linear, Naive, read_estimator
from flywheel.project.tabular.external.estimator import External, read_external
from flywheel.project.tabular.external.terms import FILES, NEEDS, Form, Terms
from flywheel.project.tabular.flavors import as_yaml, said_to_mlflow
from flywheel.project.tabular.folder import folder_digest, read_verified
from flywheel.project.tabular.goal import Goal
from flywheel.project.tabular.own import Runs, form_of, read_derivation
from flywheel.project.tabular.race import Part, Trial, fit_booster, run_race
from flywheel.project.tabular.recipe import UNKEPT, ColumnFacts, Recipe, RecipeKind
from flywheel.project.tabular.unkept import UNKEPT_FILE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from flywheel.project.scorer import Decided, Said
    from flywheel.project.tabular.external.http_model import Ask

FORMAT = 2
OWN_FILE = "flywheel.json"
SIDE_FILES = frozenset({"MLmodel", "requirements.txt", "python_env.yaml", OWN_FILE})
REQUIRED = {
    RecipeKind.NAIVE: ("numpy",),
    RecipeKind.LINEAR: ("numpy", "scikit-learn", "skops"),
    RecipeKind.BOOSTED: ("numpy", "xgboost-cpu"),
    RecipeKind.OWN: ("numpy",),
}


@dataclass(frozen=True)
class FittedModel:
    """What answers: says something of each row, such as a chance or an amount, and decides by it."""

    recipe: Recipe
    encoding: Encoding
    estimator: Estimator
    answering: Answering
    target: str

    @property
    def threshold(self) -> float:
        """From which chance on the answer is yes; not a number where amounts are said."""
        return self.answering.threshold

    def said(self, frame: pd.DataFrame) -> Said:
        """What is said of each row of a frame."""
        return self.said_of(self.encoding.matrix(frame))

    def said_of(self, matrix: NDArray[np.float64]) -> Said:
        """What is said of each row of an encoded matrix: the short way of serving."""
        return self.answering.said(self.estimator.output(matrix))

    def decided(self, said: Said) -> Decided:
        """What follows from what was said."""
        return self.answering.decided(said)

    def beyond_derivation(self) -> FittedModel:
        """The same model for rows that hold its derived features already."""
        return replace(self, encoding=replace(self.encoding, derivation=NOTHING_DERIVED))


@dataclass(frozen=True)
class Fitted:
    """A model and the candidates that were tried on the way to it."""

    model: FittedModel
    trials: tuple[Trial, ...] = ()
    is_cut_short: bool = False


def fit(
    recipe: Recipe,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    *,
    columns: Sequence[ColumnFacts],
    goal: Goal,
    derivation: Derivation = NOTHING_DERIVED,
    threads: int = 1,
) -> Fitted:
    """Fit a recipe on training rows; validation rows choose among candidates, and set what is made of outputs."""
    ready = ready_to_fit(recipe, train, validation, columns=columns, goal=goal, derivation=derivation)
    made = _fit(ready.recipe, ready.encoding, ready.learn, ready.check, goal=goal, threads=threads)
    return ready.fitted(made.recipe, made.estimator, goal=goal, trials=made.trials, is_cut_short=made.is_cut_short)


@dataclass(frozen=True)
class Ready:
    """Encoded rows to learn from and to choose by, and what they were encoded with."""

    recipe: Recipe
    encoding: Encoding
    learn: Part
    check: Part

    def fitted(
        self,
        recipe: Recipe,
        estimator: Estimator,
        *,
        goal: Goal,
        trials: tuple[Trial, ...] = (),
        is_cut_short: bool = False,
    ) -> Fitted:
        """Make a model of what was fitted; the rows to choose by set what is made of its outputs."""
        answering = goal.answering(self.check.truth, estimator.output(self.check.matrix))
        return Fitted(FittedModel(recipe, self.encoding, estimator, answering, goal.target), trials, is_cut_short)


def ready_to_fit(
    recipe: Recipe,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    *,
    columns: Sequence[ColumnFacts],
    goal: Goal,
    derivation: Derivation,
) -> Ready:
    """Encode both parts as a recipe asks for; refuse columns that it may not use, and rows that teach nothing."""
    facts = {column.name: column for column in columns if column.is_usable and column.name != goal.target}
    if barred := [name for name in recipe.features if name not in facts]:
        raise InputRefused("a recipe uses columns that are not permitted", found=barred, allowed=", ".join(facts))
    truth = goal.truth(train)
    if truth.min() == truth.max():
        raise InputRefused("training rows hold one answer only", found=truth[0].item(), allowed="at least two")
    derivation = derivation.only(recipe.features)
    learned = Encoding.fit(derivation.widen(train), [facts[name] for name in recipe.features], truth=truth)
    encoding = replace(learned, derivation=derivation)
    recipe = replace(recipe, derived=tuple(sorted(derivation.texts.items())), reads=derivation.inputs)
    learn, check = Part(encoding.matrix(train), truth), Part(encoding.matrix(validation), goal.truth(validation))
    return Ready(recipe, encoding, learn, check)


def save(model: FittedModel, folder: Path) -> Digest:
    """Write the model as an MLflow model folder and return its digest: the same model gives the same digest."""
    folder.mkdir(parents=True, exist_ok=False)
    needs = [f"{name}=={version(name)}" for name in needs_of(model.recipe)]
    estimator = model.estimator.content()
    own: dict[str, Any] = {
        "format": FORMAT,
        "recipe": model.recipe.to_json(),
        "encoding": model.encoding.to_json(),
        "answering": model.answering.to_json(),
        "target": model.target,
    }
    if model.encoding.derivation:
        own["derivation"] = model.encoding.derivation.to_json()
    if model.encoding.derivation.own:
        (folder / HOOKS_FILE).write_text(model.encoding.derivation.own.text, encoding="utf-8")
    if isinstance(model.estimator, External):
        own["external"] = model.estimator.terms.to_json()
    (folder / file_of(model.recipe)).write_bytes(estimator)
    (folder / OWN_FILE).write_text(canonical_json(own), encoding="utf-8")
    (folder / "requirements.txt").write_text("\n".join([*needs, ""]), encoding="utf-8")
    env: dict[str, Json] = {"python": platform.python_version(), "dependencies": ["-r requirements.txt"]}
    (folder / "python_env.yaml").write_text(as_yaml(env), encoding="utf-8")
    (folder / "MLmodel").write_text(
        as_yaml(said_to_mlflow(model.recipe.kind, file_of(model.recipe), len(estimator))), encoding="utf-8"
    )
    return folder_digest(folder)


def load_verified(
    folder: Path, digest: Digest, *, threads: int = 1, ask: Ask | None = None, runs: Runs | None = None
) -> FittedModel:
    """Load a model whose every byte is what was approved; nothing is parsed before that is known.

    `ask` is the way to an address, for a model that is behind one; `runs` gives a text of the project's own code to
    what runs it.
    """
    return _parse(read_verified(folder, digest), _Means(threads, ask, runs))


def load_derivation(folder: Path, digest: Digest, *, runs: Runs | None = None) -> Derivation:
    """Load what a model computes on the way in, and nothing else of it; verified like the model."""
    contents = read_verified(folder, digest)
    with _told_as_no_model():
        return read_derivation(json.loads(contents[OWN_FILE]), contents, runs)


def needs_of(recipe: Recipe) -> tuple[str, ...]:
    """Name the packages that a recipe's model takes to be asked."""
    return NEEDS[Form(form_of(recipe))] if _has_form(recipe) else REQUIRED[recipe.kind]


def file_of(recipe: Recipe) -> str:
    """Name the file that holds the estimator."""
    if _has_form(recipe):
        return FILES[Form(form_of(recipe))]
    return UNKEPT_FILE if recipe.kind is RecipeKind.OWN else ESTIMATOR_FILE[recipe.kind]


@dataclass(frozen=True)
class _Outcome:
    recipe: Recipe
    estimator: Estimator
    trials: tuple[Trial, ...] = ()
    is_cut_short: bool = False


def _fit(recipe: Recipe, encoding: Encoding, train: Part, validation: Part, *, goal: Goal, threads: int) -> _Outcome:
    match recipe.kind:
        case RecipeKind.NAIVE:
            return _Outcome(recipe, Naive(goal.constant(train.truth)))
        case RecipeKind.LINEAR:
            return _Outcome(recipe, _fit_linear(goal, recipe, encoding, train, threads))
        case RecipeKind.BOOSTED if "rounds" in recipe.settings:
            booster = fit_booster(recipe, train.in_single(encoding), objective=goal.objective, threads=threads)
            return _Outcome(recipe, Boosted(booster, encoding))
        case RecipeKind.EXTERNAL | RecipeKind.OWN:
            raise InputRefused("this model is not fitted by us", found=recipe.kind.value)
    both = (train.in_single(encoding), validation.in_single(encoding))
    race = run_race(recipe, *both, goal=goal, threads=threads)
    return _Outcome(race.winner, Boosted(race.booster, encoding), race.trials, race.is_cut_short)


def _fit_linear(goal: Goal, recipe: Recipe, encoding: Encoding, train: Part, threads: int) -> Linear:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # shipped without types

    with threadpool_limits(limits=threads):
        fitted = goal.linear(recipe.settings).fit(encoding.design(train.matrix), train.truth)
    return Linear(fitted, encoding)


@dataclass(frozen=True)
class _Means:
    """What a model may need beside its files."""

    threads: int
    ask: Ask | None
    runs: Runs | None


@contextmanager
def _told_as_no_model() -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, BadZipFile) as error:
        raise InputRefused(f"not a model folder: {type(error).__name__} in one of its files") from error


def _parse(contents: Mapping[str, bytes], means: _Means) -> FittedModel:
    with _told_as_no_model():
        return _read(contents, means)


def _read(contents: Mapping[str, bytes], means: _Means) -> FittedModel:
    own = json.loads(contents[OWN_FILE])
    if own["format"] != FORMAT:
        raise InputRefused("not a model folder of this version", found=own["format"], allowed=f"format {FORMAT}")
    recipe = Recipe.from_json(own["recipe"])
    file = file_of(recipe)
    derivation = read_derivation(own, contents, means.runs)
    expected = SIDE_FILES | {file} | ({HOOKS_FILE} if derivation.own else set())
    if set(contents) != expected:
        raise InputRefused("a model folder holds other files than a model's", found=sorted(set(contents) ^ expected))
    encoding = replace(Encoding.from_json(own["encoding"]), derivation=derivation)
    estimator: Estimator
    if _has_form(recipe):
        terms = Terms.from_json(own["external"])
        estimator = read_external(contents[file], terms, encoding, threads=means.threads, ask=means.ask)
    else:
        estimator = read_estimator(recipe, contents[file], encoding, threads=means.threads)
    return FittedModel(recipe, encoding, estimator, read_answering(own["answering"]), str(own["target"]))


def _has_form(recipe: Recipe) -> bool:
    """Whether the model's file is in one of the forms that others make."""
    is_own = recipe.kind is RecipeKind.OWN and form_of(recipe) != UNKEPT
    return is_own or recipe.kind is RecipeKind.EXTERNAL
