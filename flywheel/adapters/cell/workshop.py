"""Inside a cell: the candidates that a project's hook offers, fitted one by one, and written in forms without code."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
MOST_CANDIDATES = 20
LONGEST_REASON = 200
XGBOOST, ONNX_SINGLE, ONNX_DOUBLE = "xgboost", "onnx, single", "onnx, double"
"""The forms in which a fitted candidate may leave, in the order in which they are tried."""


class Unfit(Exception):
    """What a candidate is not fit for, in words for its author."""

    def __init__(self, words: str, next_step: str = "") -> None:
        self.words, self.next_step = words, next_step
        super().__init__(words)


class Workshop:
    """The candidates of one text, the rows that they learn from, and the one that was fitted last."""

    def __init__(self, module: Any, *, says_amounts: bool) -> None:
        self._says_amounts = says_amounts
        self._offered = _offered(module.candidates(), says_amounts=says_amounts)
        self._rows: tuple[Any, Any, Any] | None = None
        self._fitted: Any = None

    def listed(self) -> list[list[Any]]:
        """Name the candidates, each with how many ways of its parameters there are; none where they are endless."""
        return [[name, _ways(space)] for name, (_, space) in self._offered.items()]

    def take_rows(self, question: Mapping[str, Any], values: memoryview) -> None:
        """Keep the rows that are learned from and their truth, and those that are answered."""
        rows, check, width = (int(question[name]) for name in ("rows", "check", "width"))
        all_values = np.frombuffer(values, dtype=np.float64)
        matrix, truth, others = np.split(all_values, [rows * width, rows * width + rows])
        self._rows = (
            matrix.reshape(rows, width),
            truth if self._says_amounts else truth.astype(np.int64),
            others.reshape(check, width),
        )

    def tried(self, question: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        """Fit a candidate with the parameters of a trial, or with those that were chosen; give what it says."""
        assert self._rows is not None, "rows come first"
        name, seed = str(question["name"]), int(question["seed"])
        if name not in self._offered:
            raise Unfit(f"offers no {name} any more", "`flywheel run` plans research anew")
        template, space = self._offered[name]
        chosen = question["chosen"]
        params = _drawn(space, int(question["trial"]), seed) if chosen is None else chosen
        model = _made(template, params, seed, name)
        matrix, truth, others = self._rows
        self._fitted = None
        try:
            model.fit(matrix, truth)
            said = np.asarray((model.predict if self._says_amounts else model.predict_proba)(others), dtype=np.float64)
        except (MemoryError, SystemExit, KeyboardInterrupt):
            raise
        except Exception as error:
            raise Unfit(f"{name} cannot be fitted: {type(error).__name__}: {error}", _cure(error)) from error
        wanted, what = ((len(others),), "amount") if self._says_amounts else ((len(others), 2), "two chances")
        if said.shape != wanted:
            raise Unfit(f"{name} gives no {what} for each row, but an array of the form {said.shape}")
        if not np.isfinite(said).all():
            cure = "look at its scaling, or at what it divides by"
            raise Unfit(f"{name} gives {'amounts' if self._says_amounts else 'chances'} that are no numbers", cure)
        self._fitted = model
        return {str(key): _plain(value, name) for key, value in params.items()}, said if said.ndim == 1 else said[:, 1]

    def written(self, form: str) -> bytes:
        """Write what was fitted last in one of the forms."""
        try:
            return _WRITERS[form](self._fitted, self._rows)
        except (MemoryError, SystemExit, KeyboardInterrupt):
            raise
        except Exception as error:
            said = str(error).strip().splitlines() or [""]
            raise Unfit(f"{type(error).__name__}: {said[0][:LONGEST_REASON]}") from error


def _offered(given: object, *, says_amounts: bool) -> dict[str, tuple[Any, dict[str, Any]]]:
    if not isinstance(given, Mapping) or not given:
        raise Unfit("gives no candidates", 'return {"forest": RandomForestClassifier(), ...}')
    if len(given) > MOST_CANDIDATES:
        raise Unfit(f"gives {len(given)} candidates", f"at most {MOST_CANDIDATES}")
    found = {}
    for name, one in given.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise Unfit(f"gives a candidate whose name is none: {name!r}", "a to z, 0 to 9, - and _, at most 40 long")
        estimator, space = one if isinstance(one, tuple) and len(one) == 2 else (one, None)
        _must_be_an_estimator(name, estimator, says_amounts=says_amounts)
        found[name] = (estimator, _space(name, estimator, space))
    return found


def _must_be_an_estimator(name: str, estimator: Any, *, says_amounts: bool) -> None:
    if isinstance(estimator, type) or not (hasattr(estimator, "fit") and hasattr(estimator, "get_params")):
        said = "a class, and not an estimator" if isinstance(estimator, type) else type(estimator).__name__
        raise Unfit(f"{name} is {said}", "an estimator of scikit-learn's kind, or a pair of one and its parameters")
    if says_amounts and (not hasattr(estimator, "predict") or hasattr(estimator, "predict_proba")):
        raise Unfit(f"{name} predicts no amounts", "a regressor, such as RandomForestRegressor()")
    if not says_amounts and not hasattr(estimator, "predict_proba"):
        cure = "take one that has predict_proba, or wrap it into CalibratedClassifierCV"
        raise Unfit(f"{name} gives no chances (predict_proba)", cure)


def _space(name: str, estimator: Any, space: object) -> dict[str, Any]:
    if space is None:
        return {}
    if not isinstance(space, Mapping) or not space:
        raise Unfit(f"{name} has an empty space of parameters", "name some, or give the estimator alone")
    known = estimator.get_params(deep=True)
    for key, values in space.items():
        if key not in known:
            raise Unfit(f"{name} has no parameter {key}", f"one of {', '.join(sorted(map(str, known))[:20])}")
        if not hasattr(values, "rvs") and not (isinstance(values, Sequence) and not isinstance(values, str) and values):
            raise Unfit(f"{name}: {key} has no values to choose from", "a list, or a distribution of scipy.stats")
    return dict(space)


def _ways(space: Mapping[str, Any]) -> int | None:
    if any(hasattr(values, "rvs") for values in space.values()):
        return None
    return 1 + math.prod(len(values) for values in space.values()) if space else 1


def _drawn(space: Mapping[str, Any], trial: int, seed: int) -> dict[str, Any]:
    """Draw the parameters of a trial; the first takes the estimator as it was given."""
    if trial == 0 or not space:
        return {}
    from sklearn.model_selection import ParameterSampler

    most = _ways(space)
    drawn = list(ParameterSampler(dict(space), trial if most is None else min(trial, most - 1), random_state=seed))
    return dict(drawn[trial - 1])


def _made(template: Any, params: Mapping[str, Any], seed: int, name: str) -> Any:
    """Make an estimator anew, whose chance begins at our seed wherever its author named none."""
    from sklearn.base import clone

    try:
        model = clone(template).set_params(**params)
        own = model.get_params(deep=True)
        chance = {
            key: seed for key, value in own.items() if key.rpartition("__")[2] == "random_state" and value is None
        }
        return model.set_params(**chance)
    except (TypeError, ValueError) as error:
        raise Unfit(f"{name} cannot be made anew: {error}") from error


def _plain(value: Any, name: str) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    if plain is None or isinstance(plain, bool | int | float | str):
        return plain
    if isinstance(plain, list | tuple) and all(isinstance(one, bool | int | float | str) for one in plain):
        return list(plain)
    what = f"{name} has a parameter that cannot be written down: {type(plain).__name__}"
    raise Unfit(what, "numbers, texts, true and false, None, or lists of them")


def _cure(error: Exception) -> str:
    missing = "NaN" in str(error)
    return "what is missing reaches an estimator as NaN: let a pipeline begin with SimpleImputer" if missing else ""


def _xgboost(model: Any, _: Any) -> bytes:
    if not hasattr(model, "get_booster"):
        raise TypeError("these are no trees of xgboost")
    return bytes(model.get_booster().save_raw(raw_format="json"))


def _onnx(model: Any, rows: Any, *, is_double: bool) -> bytes:
    # what writes graphs, in the cell alone
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    kind = (DoubleTensorType if is_double else FloatTensorType)([None, rows[0].shape[1]])
    options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
    graph = convert_sklearn(model, name="candidate", initial_types=[("matrix", kind)], options=options)
    return bytes(graph.SerializeToString(deterministic=True))


_WRITERS: Mapping[str, Callable[[Any, Any], bytes]] = {
    XGBOOST: _xgboost,
    ONNX_DOUBLE: lambda model, rows: _onnx(model, rows, is_double=True),
    ONNX_SINGLE: lambda model, rows: _onnx(model, rows, is_double=False),
}
