"""Scorers: the same figures as in training, and a rule that needs no model."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from deployments.service.requests import RequestReader
from deployments.service.scorers import Scorer, bound_scorer, model_scorer, rule_scorer, without
from flywheel.adapters.predictions.log import OUTSIDE
from flywheel.domain.conditions import NONE, Conditions
from flywheel.errors import Refused
from flywheel.project.answer import AmountAnswer, Reach, Scored
from flywheel.project.contract import Contract
from tests.factories.serving import RULE, body_of, by_chance, make_contract, make_frame, make_model, make_row

CHANNELS = ("web", "branch")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def by_rule(bureau: float | None, **rule: Any) -> Scored:
    contract = make_contract(rule={**RULE, **rule})
    rows = RequestReader(contract).read(body_of(make_row(bureau=bureau)), NOW)
    return rule_scorer(contract)(rows)[0]


def test_a_rule_approves_from_its_limit_on_and_gives_no_score() -> None:
    assert by_rule(600) == (None, "approve")
    assert by_rule(599.9) == (None, "decline")


@pytest.mark.parametrize("bureau", [None, -1, 999])
def test_a_rule_takes_null_a_missing_code_and_an_impossible_value_as_missing(bureau: float | None) -> None:
    assert by_rule(bureau, missing="positive") == (None, "decline")
    assert by_rule(bureau, missing="negative") == (None, "approve")


def test_a_rule_of_amounts_answers_one_without_an_interval() -> None:
    answer = AmountAnswer("count", (Reach(100.0, 5.0, 7.0),))
    contract = make_contract(answer=answer, rule={**RULE, "then": 120.0, "otherwise": 80.0, "missing": 100.0})
    rows = RequestReader(contract).read(body_of(*(make_row(bureau=value) for value in (600, 599, None))), NOW)
    scored = rule_scorer(contract)(rows)
    assert scored == [(None, "120.0"), (None, "80.0"), (None, "100.0")]
    assert answer.worded(scored[0]) == {"amount": 120.0, "low": None, "high": None}


@pytest.mark.parametrize("kind", ["naive", "boosted"])
def test_served_scores_equal_the_models_own_over_a_frame(kind: str) -> None:
    model, frame = make_model(kind), make_frame(100, seed=3).drop(columns="bad")
    frame.loc[:4, "bureau"] = -1
    frame.loc[5:9, "channel"] = "fax"
    rows = [{**record, "id": "A", "at": None} for record in frame.to_dict("records")]
    contract: Contract = make_contract(answer=by_chance(model.threshold))
    served = model_scorer(contract, model)(RequestReader(contract).read(body_of(*rows), NOW))
    scores = model.said(frame).tolist()
    assert [score for score, _ in served] == scores
    assert [word for _, word in served] == ["decline" if s >= model.threshold else "approve" for s in scores]


def test_cases_beyond_the_conditions_are_decided_by_the_rule_and_marked() -> None:
    contract = make_contract(rule=RULE)
    rows = RequestReader(contract).read(
        body_of(
            *({**make_row(bureau=650), "id": f"A{n}", "channel": channel} for n in range(40) for channel in CHANNELS)
        ),
        NOW,
    )
    model: Scorer = lambda given: [(0.5, "decline")] * len(given)  # noqa: E731  a model of one word
    scored = bound_scorer(contract, model, Conditions(traffic_share=0.5, only={"channel": ("web",)}))(rows)
    by_model = [row for row, (score, _) in zip(rows, scored, strict=True) if score is not None]
    assert {row.values["channel"] for row in by_model} == {"web"}
    assert 10 < len(by_model) < 30
    assert all((OUTSIDE in row.flags) == (score is None) for row, (score, _) in zip(rows, scored, strict=True))
    assert {word for score, word in scored if score is None} == {"approve"}


def test_conditions_need_a_rule_for_the_rest_and_none_changes_nothing() -> None:
    bare = make_contract(rule=None)
    model: Scorer = lambda given: [(0.5, "decline")] * len(given)  # noqa: E731  a model of one word
    assert bound_scorer(bare, model, NONE) is model
    with pytest.raises(Refused, match="a rule that this package lacks"):
        bound_scorer(bare, model, Conditions(traffic_share=0.5))


def test_a_module_is_barred_only_while_it_is_asked_for() -> None:
    sys.modules.pop("this", None)
    with without("this"), pytest.raises(ImportError):
        __import__("this")
    assert "this" not in sys.modules
