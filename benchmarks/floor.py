"""The floor: a bare script with pandas, scikit-learn and xgboost that does the modelling of one lifecycle and no more.

`python benchmarks/floor.py PLAN.json FOLDER` reads, joins, splits by time, fits the three rungs, cuts by money, scores,
and prints its figures and CPU seconds as JSON. It imports nothing of Flywheel: that is the point.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

Floats = NDArray[np.float64]
RESAMPLES = 1_000


@dataclass(frozen=True)
class Part:
    """Rows with their labels."""

    frame: pd.DataFrame
    labels: NDArray[np.uint8]


def main(arguments: list[str]) -> None:
    """Do it all and say what it cost."""
    imported = time.process_time()
    plan = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    frame = read(Path(arguments[1]), plan)
    train, validation, test = split(frame, plan)
    features = [*plan["numbers"], *plan["categories"]]
    figures = {}
    for name, fit in {"naive": fit_naive, "linear": fit_linear, "boosted": fit_boosted}.items():
        chances = fit(train, validation, features, plan)
        threshold = best_threshold(validation.labels, chances(validation.frame), plan)
        figures[name] = score(test.labels, chances(test.frame), threshold, plan)
    used = time.process_time()
    print(json.dumps({"figures": figures, "imports": imported, "work": used - imported, "seconds": used}))


def read(folder: Path, plan: dict[str, Any]) -> pd.DataFrame:
    """Read both sources, join them and keep the table, as the lifecycle does."""
    applications = pd.concat([pd.read_parquet(path) for path in sorted((folder / "applications").glob("*.parquet"))])
    frame = applications.merge(pd.read_parquet(folder / "bureau.parquet"), on=plan["entity"], validate="one_to_one")
    frame.to_parquet(folder / "joined.parquet", index=False)
    for name in plan["categories"]:
        frame[name] = frame[name].astype("category")
    return frame


def split(frame: pd.DataFrame, plan: dict[str, Any]) -> tuple[Part, Part, Part]:
    """The last three months are the test, the three before them validation."""
    moments = frame[plan["time"]]
    test_from = moments.max() - pd.DateOffset(months=3)
    validation_from = test_from - pd.DateOffset(months=3)
    masks = (moments <= validation_from, (moments > validation_from) & (moments <= test_from), moments > test_from)
    parts = [Part(frame[mask], frame.loc[mask, plan["target"]].to_numpy(dtype=np.uint8)) for mask in masks]
    return parts[0], parts[1], parts[2]


def fit_naive(train: Part, validation: Part, features: list[str], plan: dict[str, Any]) -> Any:
    """Say the training rate for everybody."""
    del validation, features, plan
    rate = float(train.labels.mean())
    return lambda frame: np.full(len(frame), rate)


def fit_linear(train: Part, validation: Part, features: list[str], plan: dict[str, Any]) -> Any:
    """Fit a logistic regression over standardised amounts and one-hot categories."""
    del validation
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    columns = ColumnTransformer(
        [
            ("numbers", numbers, plan["numbers"]),
            ("categories", OneHotEncoder(handle_unknown="ignore"), plan["categories"]),
        ]
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=300)).fit(train.frame[features], train.labels)
    return lambda frame: model.predict_proba(frame[features])[:, 1]


def fit_boosted(train: Part, validation: Part, features: list[str], plan: dict[str, Any]) -> Any:
    """Race the candidates on one matrix: a third goes on at each rung, at least two."""
    matrix = _numbers(train.frame, features)
    data = xgboost.QuantileDMatrix(matrix, label=train.labels, max_bin=plan["max_bin"], nthread=1)
    checked = _numbers(validation.frame, features)
    fixed = {"objective": "binary:logistic", "tree_method": "hist", "max_bin": plan["max_bin"], "nthread": 1}
    field = [xgboost.Booster({**fixed, **params, "verbosity": 0}, [data]) for params in plan["candidates"]]
    best: tuple[float, Any] = (float("inf"), None)
    for rung in plan["rungs"]:
        losses = []
        for booster in field:
            for iteration in range(booster.num_boosted_rounds(), rung):
                booster.update(data, iteration)
            chances = booster.inplace_predict(checked)
            losses.append(float(log_loss(validation.labels, chances)))
            best_threshold(validation.labels, chances, plan)
            roc_auc_score(validation.labels, chances)
            best = min(best, (losses[-1], booster[:rung]), key=lambda pair: pair[0])
        places = np.argsort(losses)[: max(2, -(-len(losses) // 3))]
        field = [field[place] for place in places]
    return lambda frame: best[1].inplace_predict(_numbers(frame, features))


def best_threshold(labels: NDArray[np.uint8], chances: Floats, plan: dict[str, Any]) -> float:
    """Cut where validation rows bring the most money."""
    order = np.argsort(-chances, kind="stable")
    hits = np.concatenate(([0], np.cumsum(labels[order])))
    yes = np.arange(len(hits))
    pay, positives = plan["payoff"], hits[-1]
    money = hits * pay["true_positive"] + (yes - hits) * pay["false_positive"]
    money = money + (positives - hits) * pay["false_negative"]
    best = int(np.argmax(money))
    return float(chances[order[best - 1]]) if best else 1.1


def score(labels: NDArray[np.uint8], chances: Floats, threshold: float, plan: dict[str, Any]) -> dict[str, float]:
    """Money a row with its interval, and the usual figures."""
    pay, said = plan["payoff"], chances >= threshold
    gains = np.where(
        said,
        np.where(labels == 1, pay["true_positive"], pay["false_positive"]),
        np.where(labels == 1, pay["false_negative"], pay["true_negative"]),
    )
    levels, sizes = np.unique(gains, return_counts=True)
    draw = np.random.default_rng(0)
    means = draw.multinomial(gains.size, sizes / gains.size, size=RESAMPLES) @ levels / gains.size
    low, high = np.quantile(means, [0.05, 0.95])
    return {
        "kpi": float(gains.mean()),
        "kpi_low": float(low),
        "kpi_high": float(high),
        "auc": float(roc_auc_score(labels, chances)),
        "brier": float(brier_score_loss(labels, chances)),
        "log_loss": float(log_loss(labels, chances)),
    }


def _numbers(frame: pd.DataFrame, features: list[str]) -> NDArray[np.float32]:
    columns = [frame[name].cat.codes if frame[name].dtype == "category" else frame[name] for name in features]
    return np.column_stack([column.to_numpy(dtype=np.float32) for column in columns])


if __name__ == "__main__":
    main(sys.argv[1:])
