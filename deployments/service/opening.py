"""Opens what a package holds: what whoever starts a server may choose, the proof, and the model behind it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from deployments.service.own_code import OwnCodeKeeper, stood_in_for
from deployments.service.proof import proven_contract
from deployments.service.respondent import Respondent
from deployments.service.scorers import bound_scorer, make_scorer
from flywheel.domain.conditions import conditions_from
from flywheel.errors import Refused, Tampered
from flywheel.project.contract import Mode

PACKAGE = Path(__file__).resolve().parents[3]
"""The folder that holds the manifest, and src/ with contract.json and model/."""
MODEL = PACKAGE / "src" / "model"

STARTED_WITH = "FLYWHEEL_ENDPOINT"
"""The one variable that is read, as JSON; BentoML's own arguments are fixed when a package is built."""


class Arguments(BaseModel):
    """What whoever starts the service may choose, such as FLYWHEEL_ENDPOINT='{"mode": "rule"}'."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_key: str = ""
    """Whose seal the package must bear: said by who starts it, never taken from the package; required."""
    package: str = ""
    """Which package it must be, by its digest; without it, any that bears the seal."""
    mode: Mode | None = None
    conditions: dict[str, Any] = {}
    predictions_root: Path = Path("predictions")
    ready_fd: int | None = None
    life_fd: int | None = None


def given_arguments() -> Arguments:
    """Read what this process was started with."""
    return Arguments.model_validate_json(os.environ.get(STARTED_WITH, "{}"))


def open_package(given: Arguments) -> Respondent:
    """Prove this package and open what answers by it, or refuse."""
    contract = proven_contract(PACKAGE, public_key=given.public_key, digest=given.package)
    mode = given.mode or contract.mode
    if mode is Mode.MODEL and contract.mode is Mode.RULE:
        raise Refused("this package holds a rule only", found=mode.value, allowed=contract.mode.value)
    keepers: list[OwnCodeKeeper] = []

    def runs(text: str) -> OwnCodeKeeper:
        if contract.own_code is None:
            raise Tampered("the model brings code of its own, and the contract names no terms for it")
        keepers.append(OwnCodeKeeper(contract.own_code, text))
        return keepers[-1]

    scorer = make_scorer(contract, mode, MODEL, runs)
    for keeper in keepers:
        keeper.open()
        scorer = stood_in_for(contract, scorer)
    if mode is Mode.MODEL:
        scorer = bound_scorer(contract, scorer, conditions_from(given.conditions))
    return Respondent(contract, mode, scorer, own_code=next(iter(keepers), None))
