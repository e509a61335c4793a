"""Answers of an endpoint: decided, worded, logged, read back, and refused where they contradict themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flywheel.domain.digests import plain
from flywheel.errors import InputRefused
from flywheel.project.answer import AmountAnswer, Answer, ChanceAnswer, Decisions, Reach, read_answer, said_in
from flywheel.project.contract import read_contract
from tests.factories.serving import make_contract

CHANCE = ChanceAnswer("bad", "true", 0.25, Decisions("decline", "approve"))
AMOUNT = AmountAnswer("count", (Reach(10.0, 1.0, 2.0), Reach(20.0, 3.0, 4.0)))
REACH: list[dict[str, Any]] = [{"at": 10.0, "below": 1.0, "above": 2.0}, {"at": 20.0, "below": 3.0, "above": 4.0}]


@pytest.mark.parametrize("answer", [CHANCE, AMOUNT], ids=["chance", "amount"])
def test_an_answer_reads_back_as_it_was_written(answer: Answer) -> None:
    contract = make_contract(answer=answer, rule=None)
    assert read_contract(contract.to_json()) == contract


@pytest.mark.parametrize(("said", "word"), [(0.25, "decline"), (0.2499, "approve")])
def test_a_chance_is_worded_with_its_decision(said: float, word: str) -> None:
    (scored,) = CHANCE.scored([said])
    assert scored == (said, word)
    assert list(CHANCE.worded(scored).items()) == [("score", said), ("decision", word)]


def test_a_rule_decides_and_has_no_score() -> None:
    assert CHANCE.worded(CHANCE.ruled(True)) == {"score": None, "decision": "decline"}
    assert CHANCE.worded(CHANCE.ruled(False)) == {"score": None, "decision": "approve"}
    assert AMOUNT.worded(AMOUNT.ruled(80.5)) == {"amount": 80.5, "low": None, "high": None}


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [(-3.0, -4.0, -1.0), (10.0, 9.0, 12.0), (15.0, 13.0, 18.0), (20.0, 17.0, 24.0), (30.0, 25.0, 36.0)],
)
def test_an_amount_is_worded_with_the_interval_between_what_is_known(said: float, low: float, high: float) -> None:
    (scored,) = AMOUNT.scored([said])
    assert AMOUNT.worded(scored) == {"amount": said, "low": low, "high": high}


def test_no_interval_goes_below_what_is_the_least() -> None:
    answer = replace(AMOUNT, least=0.0)
    assert [answer.worded((said, ""))["low"] for said in (0.5, 1.0, 1.5)] == [0.0, 0.0, 0.5]


def test_the_log_keeps_what_was_said_and_what_was_decided_of_an_amount() -> None:
    said = 0.1 + 0.2
    ((score, decision),) = AMOUNT.scored([said])
    assert (score, float(decision)) == (said, said)
    assert AMOUNT.ruled(80.5) == (None, "80.5")


@pytest.mark.parametrize("answer", [CHANCE, AMOUNT], ids=["chance", "amount"])
def test_what_the_model_said_is_found_in_an_answer_of_any_kind(answer: Answer) -> None:
    assert said_in({"id": "A1", **answer.worded(answer.scored([0.5])[0]), "flags": []}) == 0.5


@pytest.mark.parametrize("answer", [CHANCE, AMOUNT], ids=["chance", "amount"])
def test_every_key_of_an_answer_is_described(answer: Answer) -> None:
    assert answer.describe().keys() == answer.worded(answer.scored([0.5])[0]).keys()


@pytest.mark.parametrize(("answer", "fits"), [(CHANCE, [True, False]), (AMOUNT, [80.0, 0.0])], ids=["chance", "amount"])
def test_a_rule_fits_that_answers_in_the_same_kind(answer: Answer, fits: list[bool | float]) -> None:
    outcomes: list[bool | float] = [True, False, 80.0, 0.0, float("nan")]
    assert [one for one in outcomes if answer.takes(one)] == fits


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "ranking"},
        {"threshold": float("inf")},
        {"threshold": "0.5"},
        {"threshold": True},
        {"target": ""},
        {"positive": 1},
        {"decisions": {"positive": "act", "negative": "act"}},
        {"decisions": {"positive": "act", "negative": ""}},
        {"decisions": {"positive": "act", "other": "leave"}},
        {"reach": REACH},
    ],
    ids=str,
)
def test_a_chance_that_is_unknown_or_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputRefused, match="contract"):
        read_contract(holding({**document_of(CHANCE), **changes}))


@pytest.mark.parametrize(
    "reach",
    [
        [],
        [REACH[1], REACH[0]],
        [REACH[0], REACH[0]],
        [REACH[0] | {"below": float("nan")}],
        [REACH[0] | {"above": float("inf")}],
        [REACH[0], REACH[1] | {"at": float("inf")}],
        [REACH[0] | {"below": -5.0, "above": 5.1}],
        [REACH[0] | {"below": None}],
        [{"below": 1.0, "above": 1.0}],
        [REACH[0] | {"width": 1.0}],
        "wide",
    ],
    ids=str,
)
def test_a_reach_that_does_not_hold_for_every_amount_is_refused(reach: Any) -> None:
    with pytest.raises(InputRefused, match="contract"):
        read_contract(holding({**document_of(AMOUNT), "reach": reach}))


@pytest.mark.parametrize("least", [float("inf"), "0", False])
def test_a_least_amount_that_is_no_number_is_refused(least: Any) -> None:
    with pytest.raises(InputRefused, match="contract"):
        read_contract(holding({**document_of(AMOUNT), "least": least}))


def test_an_answer_with_a_key_that_is_unknown_is_refused() -> None:
    with pytest.raises(InputRefused, match="contract"):
        read_contract(holding({**document_of(AMOUNT), "unit": "bikes"}))


def document_of(answer: Answer) -> dict[str, Any]:
    document = plain(answer)
    assert isinstance(document, dict)
    return dict(document)


def holding(document: dict[str, Any]) -> dict[str, Any]:
    """A contract with this answer."""
    return {**plain(make_contract()), "rule": None, "answer": document}  # type: ignore[dict-item]  # it is an object


def test_the_documents_above_are_read_where_nothing_is_wrong() -> None:
    assert read_answer(document_of(CHANCE)) == CHANCE
    assert read_answer({**document_of(AMOUNT), "reach": REACH}) == AMOUNT
