"""Contracts, models and requests of a small endpoint."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flywheel.adapters.bentoml import Package, package
from flywheel.domain.digests import Digest
from flywheel.domain.value import Payoff
from flywheel.project.answer import ChanceAnswer, Decisions
from flywheel.project.contract import Contract, Feature, Limits, Mode
from flywheel.project.problems.binary import Binary
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.model import FittedModel, fit, save
from flywheel.project.tabular.recipe import Budget, ColumnFacts, ladder
from flywheel.services.record.sealing import Seal

FEATURES = (
    Feature("bureau", Kind.NUMBER, between=(300, 850), missing_codes=(-1,)),
    Feature("age", Kind.INTEGER, nullable=False, between=(18, 100)),
    Feature("channel", Kind.CATEGORY, categories=("shop", "web")),
)
RULE = {
    "column": "bureau",
    "at_least": 600,
    "then": "negative",
    "otherwise": "positive",
    "missing": "positive",
    "between": [300, 850],
    "missing_codes": [-1],
}
SEAL = Seal(Ed25519PrivateKey.from_private_bytes(b"\x11" * 32))
"""Whose seal the packages of tests bear."""
PAYOFF = Payoff(Decimal(1900), Decimal(-140), Decimal(0), Decimal(-2100))


def make_contract(**changes: Any) -> Contract:
    """A contract of three features, an id and a time."""
    contract = Contract(
        project="card-default",
        version="card-default:3",
        mode=Mode.MODEL,
        features=FEATURES,
        answer=by_chance(),
        model_digest=Digest("sha256:" + "0" * 64),
        entity="id",
        time="at",
        rule=RULE,
        limits=Limits(max_rows=2_000, slots=4),
    )
    return replace(contract, **changes)


def by_chance(threshold: float = 0.5) -> ChanceAnswer:
    """Decline from a threshold on."""
    return ChanceAnswer("bad", "true", threshold, Decisions("decline", "approve"))


def make_row(**changes: Any) -> dict[str, Any]:
    """One good row."""
    return {"bureau": 640.5, "age": 41, "channel": "web", "id": "A1", "at": "2026-01-05T10:00:00Z", **changes}


def body_of(*rows: Any) -> bytes:
    """A request of rows."""
    return json.dumps({"rows": rows}).encode()


def make_frame(rows: int = 600, seed: int = 7) -> pd.DataFrame:
    """Applications whose risk falls with the bureau's score."""
    random = np.random.default_rng(seed)
    bureau = random.normal(620, 80, rows)
    frame = pd.DataFrame({"bureau": bureau, "age": random.integers(18, 80, rows)})
    frame["channel"] = random.choice(["shop", "web"], rows)
    frame["bad"] = random.random(rows) < 1 / (1 + np.exp((bureau - 540) / 40))
    return frame


def make_model(kind: str) -> FittedModel:
    """A model fitted in a moment: naive, linear or boosted."""
    columns = [
        ColumnFacts("bureau", Kind.NUMBER, missing_codes=(-1,)),
        ColumnFacts("age", Kind.INTEGER),
        ColumnFacts("channel", Kind.CATEGORY),
    ]
    steps = {step.kind.value: step for step in ladder([c.name for c in columns], seed=1, budget=Budget(2, 0.1))}
    frame = make_frame()
    fitted = fit(steps[kind], frame[:450], frame[450:], columns=columns, goal=Binary("bad", True, PAYOFF))
    return fitted.model


@cache
def built_package() -> tuple[Package, FittedModel, Contract]:
    """One boosted model's package, built once and for all tests."""
    root = Path(tempfile.mkdtemp(prefix="fw-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    model, contract = save_model(root / "model")
    built = package(
        model_folder=root / "model",
        model_digest=contract.model_digest,
        contract=contract,
        signer=SEAL,
        target=root / "bento",
        logs=root / "logs",
    )
    return built, model, contract


def save_model(folder: Path, kind: str = "boosted") -> tuple[FittedModel, Contract]:
    """A model in a folder, and the contract that names its digest."""
    model = make_model(kind)
    digest = save(model, folder)
    return model, make_contract(model_digest=digest, answer=by_chance(model.threshold))
