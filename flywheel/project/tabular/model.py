"""A fitted model: encoding, estimator and threshold in one value, saved as an MLflow folder, loaded only verified."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from flywheel.domain.digests import Digest, Json, canonical_json
from flywheel.errors import InputRefused
from flywheel.project.expressions.derivation import NOTHING_DERIVED, Derivation
from flywheel.project.tabular.encoding import Encoding
from flywheel.project.tabular.estimators import ESTIMATOR_FILE, Boosted, Estimator, Linear, Naive, read_estimator
from flywheel.project.tabular.external.estimator import External, read_external
from flywheel.project.tabular.external.terms import FILES, NEEDS, Form, Terms
from flywheel.project.tabular.folder import folder_digest, read_verified
from flywheel.project.tabular.race import Part, Trial, fit_booster, run_race
from flywheel.project.tabular.recipe import ColumnFacts, Recipe, RecipeKind, Scalar
from flywheel.project.tabular.scoring import best_cut

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from flywheel.domain.value import Payoff
    from flywheel.project.tabular.external.http_model import Ask

FORMAT = 1
OWN_FILE = "flywheel.json"
SIDE_FILES = frozenset({"MLmodel", "requirements.txt", "python_env.yaml", OWN_FILE})
REQUIRED = {
    RecipeKind.NAIVE: ("numpy",),
    RecipeKind.LINEAR: ("numpy", "scikit-learn", "skops"),
    RecipeKind.BOOSTED: ("numpy", "xgboost-cpu"),
}


@dataclass(frozen=True)
class FittedModel:
    """What answers: a chance of the positive answer for each row, and yes at or above the threshold."""

    recipe: Recipe
    encoding: Encoding
    estimator: Estimator
    threshold: float
    target: str
    positive: Scalar

    def said(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Chance of the positive answer for each row of a frame."""
        return self.said_of(self.encoding.matrix(frame))

    def said_of(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chance of the positive answer for each row of an encoded matrix: the short way of serving."""
        return self.estimator.chances(matrix)

    def decided(self, said: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Yes at or above the threshold."""
        return said >= self.threshold

    def beyond_derivation(self) -> FittedModel:
        """The same model for rows that hold its derived features already."""
        return replace(self, encoding=replace(self.encoding, derivation=NOTHING_DERIVED))

    def with_threshold(self, threshold: float) -> FittedModel:
        """The same model that says yes elsewhere."""
        return replace(self, threshold=threshold)


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
    target: str,
    positive: Scalar,
    payoff: Payoff,
    derivation: Derivation = NOTHING_DERIVED,
    threads: int = 1,
) -> Fitted:
    """Fit a recipe on training rows; validation rows choose among candidates and set the threshold by money."""
    facts = {column.name: column for column in columns if column.is_usable and column.name != target}
    if barred := [name for name in recipe.features if name not in facts]:
        raise InputRefused("a recipe uses columns that are not permitted", found=barred, allowed=", ".join(facts))
    labels = labels_of(train, target=target, positive=positive)
    if labels.min() == labels.max():
        raise InputRefused("training rows hold one answer only", found=bool(labels[0]), allowed="both answers")
    derivation = derivation.only(recipe.features)
    learned = Encoding.fit(derivation.widen(train), [facts[name] for name in recipe.features], labels=labels)
    encoding = replace(learned, derivation=derivation)
    texts = tuple(sorted((one.name, one.text) for one in derivation.definitions))
    recipe = replace(recipe, derived=texts, reads=derivation.inputs)
    learn = Part(encoding.matrix(train), labels)
    check = Part(encoding.matrix(validation), labels_of(validation, target=target, positive=positive))
    fitted = _fit(recipe, encoding, learn, check, payoff=payoff, threads=threads)
    model = FittedModel(fitted.recipe, encoding, fitted.estimator, 0.5, target, positive)
    cut = best_cut(check.labels, model.said_of(check.matrix), payoff=payoff)
    return Fitted(model.with_threshold(cut.threshold), fitted.trials, fitted.is_cut_short)


def labels_of(frame: pd.DataFrame, *, target: str, positive: Scalar) -> NDArray[np.uint8]:
    """Turn the target into ones and zeros; refuse rows without an answer and targets with more than two."""
    if target not in frame.columns:
        raise InputRefused("the data lacks the target", found=target, allowed=", ".join(map(str, frame.columns)))
    column = frame[target]
    if not len(column) or column.isna().any():
        raise InputRefused(f"target {target} is not known for every row", found=int(column.isna().sum()))
    seen = list(column.unique()[:3])
    if len(seen) > 2 or (len(seen) == 2 and positive not in seen):
        raise InputRefused(
            f"target {target} is not a yes or no with {positive!r} as yes",
            found=seen,
            allowed="two values, one positive",
        )
    return np.asarray((column == positive).to_numpy(dtype=bool), dtype=np.uint8)


def save(model: FittedModel, folder: Path) -> Digest:
    """Write the model as an MLflow model folder and return its digest: the same model gives the same digest."""
    folder.mkdir(parents=True, exist_ok=False)
    needs = [f"{name}=={version(name)}" for name in needs_of(model.recipe)]
    estimator = model.estimator.content()
    own: dict[str, Any] = {
        "format": FORMAT,
        "recipe": model.recipe.to_json(),
        "encoding": model.encoding.to_json(),
        "threshold": model.threshold,
        "target": model.target,
        "positive": model.positive,
    }
    if model.encoding.derivation:
        own["derivation"] = model.encoding.derivation.to_json()
    if isinstance(model.estimator, External):
        own["external"] = model.estimator.terms.to_json()
    (folder / file_of(model.recipe)).write_bytes(estimator)
    (folder / OWN_FILE).write_text(canonical_json(own), encoding="utf-8")
    (folder / "requirements.txt").write_text("\n".join([*needs, ""]), encoding="utf-8")
    env: dict[str, Json] = {"python": platform.python_version(), "dependencies": ["-r requirements.txt"]}
    (folder / "python_env.yaml").write_text(_yaml(env), encoding="utf-8")
    (folder / "MLmodel").write_text(_yaml(_mlmodel(model.recipe, len(estimator))), encoding="utf-8")
    return folder_digest(folder)


def load_verified(folder: Path, digest: Digest, *, threads: int = 1, ask: Ask | None = None) -> FittedModel:
    """Load a model whose every byte is what was approved; nothing is parsed before that is known.

    `ask` is the way to an address, for a model that is behind one.
    """
    return _parse(read_verified(folder, digest), threads=threads, ask=ask)


def needs_of(recipe: Recipe) -> tuple[str, ...]:
    """Name the packages that a recipe's model takes to be asked."""
    return NEEDS[_form(recipe)] if recipe.kind is RecipeKind.EXTERNAL else REQUIRED[recipe.kind]


def file_of(recipe: Recipe) -> str:
    """Name the file that holds the estimator."""
    return FILES[_form(recipe)] if recipe.kind is RecipeKind.EXTERNAL else ESTIMATOR_FILE[recipe.kind]


@dataclass(frozen=True)
class _Outcome:
    recipe: Recipe
    estimator: Estimator
    trials: tuple[Trial, ...] = ()
    is_cut_short: bool = False


def _fit(
    recipe: Recipe, encoding: Encoding, train: Part, validation: Part, *, payoff: Payoff, threads: int
) -> _Outcome:
    match recipe.kind:
        case RecipeKind.NAIVE:
            return _Outcome(recipe, Naive(float(train.labels.mean())))
        case RecipeKind.LINEAR:
            return _Outcome(recipe, Linear(_fit_logistic(recipe, encoding, train, threads), encoding))
        case RecipeKind.BOOSTED if "rounds" in recipe.settings:
            booster = fit_booster(recipe, train.in_single(encoding), threads=threads)
            return _Outcome(recipe, Boosted(booster, encoding))
        case RecipeKind.EXTERNAL:
            raise InputRefused("a model from elsewhere is not fitted here", found=recipe.settings.get("maker"))
    both = (train.in_single(encoding), validation.in_single(encoding))
    race = run_race(recipe, *both, payoff=payoff, threads=threads)
    return _Outcome(race.winner, Boosted(race.booster, encoding), race.trials, race.is_cut_short)


def _fit_logistic(recipe: Recipe, encoding: Encoding, train: Part, threads: int) -> Any:
    # scikit-learn costs a second to import and only linear models need it
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # shipped without types

    settings = recipe.settings
    model = LogisticRegression(C=float(settings["c"]), max_iter=int(settings["max_iter"]))
    with threadpool_limits(limits=threads):
        return model.fit(encoding.design(train.matrix), train.labels)


def _parse(contents: Mapping[str, bytes], *, threads: int, ask: Ask | None) -> FittedModel:
    try:
        return _read(contents, threads=threads, ask=ask)
    except (ValueError, KeyError, TypeError, AttributeError, BadZipFile) as error:
        raise InputRefused(f"not a model folder: {type(error).__name__} in one of its files") from error


def _read(contents: Mapping[str, bytes], *, threads: int, ask: Ask | None) -> FittedModel:
    own = json.loads(contents[OWN_FILE])
    if own["format"] != FORMAT:
        raise InputRefused("not a model folder of this version", found=own["format"], allowed=f"format {FORMAT}")
    recipe = Recipe.from_json(own["recipe"])
    file = file_of(recipe)
    expected = SIDE_FILES | {file}
    if set(contents) != expected:
        raise InputRefused("a model folder holds other files than a model's", found=sorted(set(contents) ^ expected))
    encoding = Encoding.from_json(own["encoding"])
    if "derivation" in own:
        encoding = replace(encoding, derivation=Derivation.from_json(own["derivation"]))
    estimator: Estimator
    if recipe.kind is RecipeKind.EXTERNAL:
        terms = Terms.from_json(own["external"])
        estimator = read_external(contents[file], terms, encoding, threads=threads, ask=ask)
    else:
        estimator = read_estimator(recipe, contents[file], encoding, threads=threads)
    return FittedModel(recipe, encoding, estimator, float(own["threshold"]), str(own["target"]), own["positive"])


def _form(recipe: Recipe) -> Form:
    return Form(str(recipe.settings["form"]))


def _mlmodel(recipe: Recipe, size: int) -> dict[str, Json]:
    """What MLflow reads: a flavour without python_function, so that no MLmodel of ours names a loader to run."""
    file = file_of(recipe)
    flavors: dict[RecipeKind, dict[str, Json]] = {
        RecipeKind.NAIVE: {"flywheel": {"data": file}},
        RecipeKind.LINEAR: {
            "sklearn": {
                "pickled_model": file,
                "serialization_format": "skops",
                "sklearn_version": version("scikit-learn"),
                "skops_trusted_types": [],
                "code": None,
            }
        },
        RecipeKind.BOOSTED: {
            "xgboost": {
                "data": file,
                "model_class": "xgboost.core.Booster",
                "model_format": "json",
                "xgb_version": version("xgboost-cpu"),
                "code": None,
            }
        },
    }
    return {
        "flavors": flavors.get(recipe.kind, {"flywheel": {"data": file}}),
        "model_size_bytes": size,
        "utc_time_created": "2000-01-01 00:00:00",
    }


def _yaml(document: Json) -> str:
    return json.dumps(document, indent=1, sort_keys=True) + "\n"  # JSON is YAML, without a dialect
