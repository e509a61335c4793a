"""A model of amounts walks its whole life: from two prices in a charter to an endpoint that answers with intervals."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.reproduction import ReproductionState
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.services.again import remaking
from flywheel.services.dossier import dossiers
from flywheel.services.dossier.page import render
from flywheel.services.serving import serving
from tests.scenarios.lab import Lab

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(600)]

PROJECT = "bikes"
VALIDATOR = "vera@city.example"
CHARTER = """name = "bikes"
title = "How many bicycles are rented each hour?"
owner = "ana@city.example"

[problem]
statement = "Too many bicycles stand about in cold hours, and too few in warm ones."
objective = "Set out as many bicycles as are asked for."
decision = "set out bicycles"
process = ["read the weather", "set out bicycles", "collect them"]

[risk]
exposure = "low"
purpose = "internal process"
regulated = false

[stakeholders]
validator = ["vera@city.example"]

[value]
unit = "hour"
volume_per_year = 8_760
error_cost = { over = 0.5, under = 2.0 }
loss_per_year = 700_000
improvement = { low = 0.1, likely = 0.3, high = 0.5 }
costs = { people_days = { analyst = 60 } }

[data]
target = "rented"
sources.hours = { uri = "hours.csv", purpose = "planning" }

[data.columns]
temp = { kind = "number", between = [-40, 60] }
wind = { kind = "number", between = [0, 200] }
hour = { kind = "integer", between = [0, 23] }
rented = { kind = "integer", between = [0, 5_000] }

[research]
task = "regression"
split = { validation = 0.2, test = 0.3 }
budget = { trials = 3 }

[delivery]
fallback = ["rule"]
rule = { column = "temp", at_least = 12.0, then = 250, otherwise = 120, missing = 180 }

[monitoring]
every = "1 week"
page = ["on-call"]
signals = [{ watch = "input", action = "fallback" }, { watch = "drift", action = "page" }]
"""
READ_BY_SIGNERS = (
    "each unit of “rented” too high",
    "-2.00 EUR",
    "It decides amounts: too high for",
    "Mean absolute error",
    "1 % less of its error, a year",
    "Pays its costs from a mean absolute error of",
    "250 where temp is at least 12, else 120; where it is missing or out of bounds 180",
)
WARM, COLD = {"temp": 24.0, "wind": 5.0, "hour": 17}, {"temp": -2.0, "wind": 30.0, "hour": 4}


def hours(rows: int = 4_000, *, seed: int = 3) -> pd.DataFrame:
    """Hours in which more is rented the warmer it is, most in the afternoon, and never as planned."""
    draw = np.random.default_rng(seed)
    temp, wind, hour = draw.normal(12, 8, rows).round(1), draw.gamma(2, 8, rows).round(1), draw.integers(0, 24, rows)
    mean = 60 + 8 * np.maximum(temp, 0) + 120 * np.exp(-(((hour - 17) / 4) ** 2)) - wind
    rented = draw.poisson(np.maximum(mean, 5) * draw.gamma(20, 1 / 20, rows))
    return pd.DataFrame({"temp": temp, "wind": wind, "hour": hour, "rented": rented})


def test_amounts_are_learned_signed_served_with_their_intervals_watched_and_decided_by_a_rule(
    lab: Lab, tmp_path: Path
) -> None:
    folder = tmp_path / PROJECT
    folder.mkdir()
    (folder / "project.toml").write_text(CHARTER, encoding="utf-8")
    hours().to_csv(folder / "hours.csv", index=False)
    record = lab.register(folder)
    lab.finished(lab.run("lifecycle", PROJECT, started_by=record.owner))
    version = lab.version_to_sign(PROJECT)
    assert remaking.reproduce(lab.bench, version=version).state is ReproductionState.PASSED
    page = unescape(render(dossiers.assemble(lab.bench.catalog, version=version), digest="sha256:0"))
    assert [words for words in READ_BY_SIGNERS if words not in page] == []

    lab.sign(version, person=VALIDATOR, role=Role.VALIDATOR)
    lab.until(lambda: lab.project(PROJECT).stage is Stage.MONITORING, "delivery")
    warm, cold = ask(lab, WARM, COLD)
    assert list(warm) == ["id", "amount", "low", "high", "flags"]
    assert all(one["low"] < one["amount"] < one["high"] for one in (warm, cold))
    assert cold["amount"] < 120 < 250 < warm["amount"]
    assert cold["low"] >= 0

    ask(lab, *serving.as_rows(hours(600, seed=5).drop(columns="rented").assign(temp=999.0)))
    run = lab.finished(lab.run("monitoring", PROJECT, early=True))
    assert run.state_name == "Completed", run.message
    told = lab.page_about(PROJECT)
    assert re.search(r"earns each day over the baseline: [\d,]+\.\d\d EUR", told["message"])
    answers = [(one["amount"], one["low"], one["high"]) for one in ask(lab, WARM, COLD)]
    assert answers == [(250.0, None, None), (120.0, None, None)], "the rule decides, and promises no interval"


def ask(lab: Lab, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """What the endpoint answers."""
    predictions: list[dict[str, Any]] = serving.ask(lab.endpoint_url(PROJECT), list(rows))["predictions"]
    return predictions
