"""A charter of amounts says what amounts ask for, and nothing that only yes or no knows."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from flywheel.project.charter.preflight import contradictions
from flywheel.project.loader import charter_from
from tests.factories.charters import ROOT

STOPS: dict[str, Any] = tomllib.loads((ROOT / "examples" / "stop_minutes" / "project.toml").read_text(encoding="utf-8"))
KPI = {"name": "good", "from": 0.5, "target": 0.8}
FAIR = {"groups": ["area"], "measure": "demographic_parity", "at_most": 0.1}
SIDES = {"column": "floor", "at_most": 2, "then": "positive", "missing": "negative"}
UNPRICED = {key: value for key, value in STOPS["value"].items() if key != "error_cost"}
PAYOFF = {"true_positive": 1, "false_positive": -1, "true_negative": 0, "false_negative": -1}


def problems(**changes: Any) -> list[str]:
    """What is wrong, by the place of each."""
    said = {**STOPS, **{key: value for key, value in changes.items() if value is not None}}
    return [problem.key for _, problem in contradictions(charter_from(said))]


def test_the_example_is_sound() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"decision": {"positive": "go"}}, "decision"),
        ({"data": STOPS["data"] | {"positive": 1}}, "data.positive"),
        ({"value": UNPRICED}, "value.error_cost"),
        ({"value": STOPS["value"] | {"payoff": PAYOFF}}, "value.payoff"),
        ({"validation": {"fairness": FAIR}}, "validation.fairness"),
        ({"data": STOPS["data"] | {"target": "area"}}, "data.columns.area.kind"),
        ({"delivery": {"fallback": ["rule"], "rule": SIDES}}, "delivery.rule.then"),
        ({"kpis": [KPI | {"measure": "AUC"}]}, "kpis[1].measure"),
        ({"kpis": [KPI | {"measure": "hit rate"}]}, "kpis[1].measure"),
        ({"research": STOPS["research"] | {"task": "binary"}}, "value.payoff"),
    ],
)
def test_what_its_kind_of_problem_does_not_know_is_named(changes: dict[str, Any], place: str) -> None:
    assert place in problems(**changes)


def test_an_amount_may_be_held_to_its_mean_error() -> None:
    assert problems(kpis=[KPI | {"measure": "mean absolute error"}]) == []
