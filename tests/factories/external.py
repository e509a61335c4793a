"""Models as another team would hand them over: made with their own code, exported, signed and tried there."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from flywheel.project.external.receiving import receive
from flywheel.project.framing import Framing
from flywheel.project.tabular.model import FittedModel
from tests.factories.examples import card_default

CODES = {"web": 3.0, "branch": 1.0, "partner": 7.0}
UNKNOWN, MISSING = 9.0, -1.0
NUMBERS = ("bureau_score", "age")
TARGET = "default_12m"
GOLDEN_ROWS = 12

Chances = Callable[[pd.DataFrame], Any]


def hand_over(form: str, folder: Path, frame: pd.DataFrame, **changes: Any) -> Path:
    """Write a foreign model of a form, its golden rows and its signature; `changes` spoil the signature."""
    folder.mkdir(parents=True, exist_ok=True)
    known = frame[frame[TARGET].notna()]
    makers = {"xgboost": _xgboost, "skops": _skops, "onnx": _onnx, "onnx by column": _onnx_by_column}
    signature, chances = makers[form](folder, known)
    tried = known.groupby("channel").head(GOLDEN_ROWS // 3)
    write_golden(folder / "golden.csv", tried, chances(tried))
    return sign(folder, signature | changes)


@cache
def received(form: str) -> FittedModel:
    """A foreign model that was taken in, once for all tests."""
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        ground = card_default(Path(folder), rows=600)
        frame = ground.artifacts.get_frame(ground.prepared().digest)
        return receive(hand_over(form, Path(folder) / "maker", frame), Framing(ground.project.charter))


def sign(folder: Path, signature: dict[str, Any]) -> Path:
    """Write a signature."""
    common = {"maker": "Scores Ltd", "release": "CS-7 2.1", "golden": "golden.csv"}
    path = folder / "signature.toml"
    path.write_text(toml(common | signature), encoding="utf-8")
    return path


def write_golden(path: Path, frame: pd.DataFrame, chances: Any) -> None:
    """Write golden rows as a maker would: plain columns, nothing where nothing is known."""
    columns = [*NUMBERS, "channel"]
    frame[columns].assign(expected=np.asarray(chances, dtype=float)).to_csv(path, index=False)


def inputs(*, is_text: bool = False) -> list[dict[str, Any]]:
    """The three inputs of these models."""
    channel: dict[str, Any] = {"column": "channel"}
    if not is_text:
        channel |= {"codes": CODES, "unknown": UNKNOWN, "missing": UNKNOWN}
    return [{"column": "bureau_score", "missing": MISSING}, {"column": "age"}, channel]


def matrix_of(frame: pd.DataFrame) -> Any:
    """The maker's own encoding, written without ours."""
    bureau = frame["bureau_score"].astype(float).replace(-1, np.nan).fillna(MISSING)
    channel = frame["channel"].astype(object).map(CODES).fillna(UNKNOWN)
    return np.column_stack([bureau, frame["age"].astype(float), channel.astype(float)]).astype(np.float32)


def toml(values: dict[str, Any]) -> str:
    """Write a flat document with a list of inputs."""
    lists = values.get("inputs", [])
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items() if key != "inputs" and key not in tables]
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    for one in lists:
        lines += ["[[inputs]]", *(f"{key} = {_inline(value)}" for key, value in one.items())]
    return "\n".join([*lines, ""])


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)


def _labels(frame: pd.DataFrame) -> Any:
    return frame[TARGET].astype(bool).astype(int)


def _xgboost(folder: Path, frame: pd.DataFrame) -> tuple[dict[str, Any], Chances]:
    import xgboost

    model = xgboost.XGBClassifier(n_estimators=12, max_depth=3, n_jobs=1)
    model.fit(matrix_of(frame), _labels(frame))
    model.save_model(folder / "score.json")
    signature = {"form": "xgboost", "file": "score.json", "inputs": inputs()}
    return signature, lambda rows: model.predict_proba(matrix_of(rows))[:, 1]


def _skops(folder: Path, frame: pd.DataFrame) -> tuple[dict[str, Any], Chances]:
    import skops.io

    model = _forest(frame)
    skops.io.dump(model, folder / "score.skops")
    signature = {"form": "skops", "file": "score.skops", "inputs": inputs()}
    return signature, lambda rows: model.predict_proba(matrix_of(rows))[:, 1]


def _onnx(folder: Path, frame: pd.DataFrame) -> tuple[dict[str, Any], Chances]:
    from skl2onnx import to_onnx

    model = _forest(frame)
    graph = to_onnx(model, matrix_of(frame)[:1], options={"zipmap": False})
    (folder / "score.onnx").write_bytes(graph.SerializeToString())
    signature = {"form": "onnx", "file": "score.onnx", "inputs": inputs(), "tolerance": 1e-4}
    return signature, lambda rows: model.predict_proba(matrix_of(rows))[:, 1]


def _onnx_by_column(folder: Path, frame: pd.DataFrame) -> tuple[dict[str, Any], Chances]:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    def asked(rows: pd.DataFrame) -> pd.DataFrame:
        matrix = matrix_of(rows)
        return pd.DataFrame(
            {"score": matrix[:, 0], "age": matrix[:, 1], "way": rows["channel"].astype(object).to_numpy()}
        )

    encode = ColumnTransformer(
        [("n", StandardScaler(), ["score", "age"]), ("c", OneHotEncoder(handle_unknown="ignore"), ["way"])]
    )
    model = make_pipeline(encode, LogisticRegression()).fit(asked(frame), _labels(frame))
    kinds = [
        ("score", FloatTensorType([None, 1])),
        ("age", FloatTensorType([None, 1])),
        ("way", StringTensorType([None, 1])),
    ]
    graph = to_onnx(model, initial_types=kinds, options={"zipmap": False})
    (folder / "score.onnx").write_bytes(graph.SerializeToString())
    named = [one | {"name": name} for one, name in zip(inputs(is_text=True), ("score", "age", "way"), strict=True)]
    signature = {"form": "onnx", "file": "score.onnx", "inputs": named, "tolerance": 1e-4}
    return signature, lambda rows: model.predict_proba(asked(rows))[:, 1]


def _forest(frame: pd.DataFrame) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(8, max_depth=4, random_state=1, n_jobs=1)
    return model.fit(matrix_of(frame), _labels(frame))
