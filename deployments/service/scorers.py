"""Turns read rows into scores: by the verified model, or by the business rule that stands in for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from deployments.service.requests import Row
from flywheel.adapters.predictions.log import OUTSIDE
from flywheel.adapters.remote_model import ask_address
from flywheel.domain.conditions import Conditions
from flywheel.errors import Refused, Tampered
from flywheel.project.answer import Scored
from flywheel.project.contract import Contract, Mode
from flywheel.project.rule import decide, read_rule
from flywheel.project.tabular.external.terms import FILES, Form

if TYPE_CHECKING:
    from flywheel.project.tabular.model import FittedModel
    from flywheel.project.tabular.own import Runs

Scorer = Callable[[Sequence[Row]], list[Scored]]

BOOSTER_FILE = "model.json"


def make_scorer(contract: Contract, mode: Mode, model_folder: Path, runs: Runs | None = None) -> Scorer:
    """Make the scorer of a mode; a model is opened only after its bytes are proven to be the approved ones."""
    if mode is Mode.RULE:
        return rule_scorer(contract)
    if contract.model_digest is None:
        raise Tampered("the contract names no model digest", next_step="package the version again")
    from flywheel.project.tabular.model import load_verified  # heavy, and not needed to serve a rule

    with without("sklearn", "pandas") if (model_folder / BOOSTER_FILE).is_file() else nullcontext():
        model = load_verified(model_folder, contract.model_digest, ask=ask_address, runs=runs)
    if (texts := model.encoding.derivation.texts) != dict(contract.derived):
        raise Tampered("the contract derives other features than the model", found=contract.derived, allowed=str(texts))
    return model_scorer(contract, model)


def model_scorer(contract: Contract, model: FittedModel) -> Scorer:
    """Score by a model, straight from the rows: a data frame would cost more than the model itself."""
    answer = contract.answer
    time = contract.time if contract.time in model.encoding.inputs else None

    def score(rows: Sequence[Row]) -> list[Scored]:
        values = [row.values | {time: row.event_at} for row in rows] if time else [row.values for row in rows]
        matrix = model.encoding.rows(values)
        return answer.scored(model.said_of(matrix).tolist())

    return score


def is_remote(scorer_folder: Path) -> bool:
    """Whether the model in a folder is behind an address, so that asking it is waiting."""
    return (scorer_folder / FILES[Form.HTTP]).is_file()


def rule_scorer(contract: Contract) -> Scorer:
    """Decide by the declared rule alone."""
    rule, answer = read_rule(contract.rule or {}), contract.answer

    def score(rows: Sequence[Row]) -> list[Scored]:
        return [answer.ruled(decide(rule, row.values)) for row in rows]

    return score


def bound_scorer(contract: Contract, scorer: Scorer, conditions: Conditions) -> Scorer:
    """Keep to the conditions of the approvals: cases that are not for the model are decided by the rule, and marked."""
    if not conditions.limits_traffic:
        return scorer
    if contract.rule is None:
        raise Refused("the approvals leave cases to a rule that this package lacks", found=conditions.sentence())
    by_rule = rule_scorer(contract)

    def score(rows: Sequence[Row]) -> list[Scored]:
        inside = [conditions.permits(f"{contract.project}:{row.entity}", row.values) for row in rows]
        for row, is_inside in zip(rows, inside, strict=True):
            if not is_inside:
                row.flags.append(OUTSIDE)
        chosen = [row for row, is_inside in zip(rows, inside, strict=True) if is_inside]
        others = [row for row, is_inside in zip(rows, inside, strict=True) if not is_inside]
        scored = iter(scorer(chosen) if chosen else ())
        decided = iter(by_rule(others))
        return [next(scored) if is_inside else next(decided) for is_inside in inside]

    return score


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """Let optional imports of these modules fail: xgboost takes in scikit-learn if it can, for 4 to 7 s and no use."""
    absent = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is how Python marks a module as barred
    try:
        yield
    finally:
        for name in absent:
            if sys.modules[name] is None:
                del sys.modules[name]
