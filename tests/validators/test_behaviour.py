"""The behaviour diff: flips counted, money with its interval, losing segments asked about, nobody named."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.examination import Answered
from flywheel.project.reading.kinds import Kind
from validators import behaviour
from validators.specs import ColumnRole, ColumnRule, Worth

ROWS = 4_000
SWING = (20.0, -20.0)
GROUND = behaviour.Ground(SWING)
RULES = (
    ColumnRule("age", Kind.NUMBER),
    ColumnRule("region", Kind.CATEGORY),
    ColumnRule("note", Kind.TEXT),
    ColumnRule("customer", Kind.TEXT, role=ColumnRole.ENTITY),
)


@pytest.fixture
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "age": draw.uniform(18, 80, ROWS),
            "region": draw.choice(["north", "south", "east", "west"], ROWS),
            "note": [f"call Mr {number}" for number in range(ROWS)],
            "customer": [f"C{number}" for number in range(ROWS)],
        }
    )


def answered(name: str, chances: np.ndarray, labels: np.ndarray) -> Answered:
    decisions = chances >= 0.5
    return Answered(name, chances, decisions, np.where(decisions == labels, 10.0, -10.0))


@pytest.fixture
def labels(frame: pd.DataFrame) -> np.ndarray:
    return np.random.default_rng(4).random(ROWS) < 0.5


def chances_of(labels: np.ndarray, *, seed: int, quality: float = 0.8) -> np.ndarray:
    """Right in a share of the rows."""
    draw = np.random.default_rng(seed)
    is_right = draw.random(ROWS) < quality
    return np.where(is_right == labels, 0.7, 0.3) + draw.uniform(-0.1, 0.1, ROWS)


def test_the_same_answers_change_nothing(frame: pd.DataFrame, labels: np.ndarray) -> None:
    same = answered("card:1", chances_of(labels, seed=1), labels)
    result = behaviour.check(frame, same, same, rules=RULES, ground=GROUND).result
    assert result.verdict is Verdict.PASSED
    assert (result.figures["flip_share"], result.figures["gain_per_row"]) == (0.0, 0.0)


def test_flips_are_counted_in_both_directions_and_money_is_their_sum(frame: pd.DataFrame, labels: np.ndarray) -> None:
    before = chances_of(labels, seed=1)
    after = before.copy()
    after[:100], after[100:130] = 0.9, 0.1
    ours, theirs = answered("card:2", after, labels), answered("card:1", before, labels)
    figures = behaviour.check(frame, ours, theirs, rules=RULES, ground=GROUND).result.figures
    assert figures["to_yes"] == int((before[:100] < 0.5).sum())
    assert figures["to_no"] == int((before[100:130] >= 0.5).sum())
    assert figures["gain_per_row"] == pytest.approx(float((ours.money - theirs.money).mean()))
    assert figures["gain_per_row_low"] <= figures["gain_per_row"] <= figures["gain_per_row_high"]  # type: ignore[operator]


def test_a_segment_that_loses_is_a_question_and_named(frame: pd.DataFrame, labels: np.ndarray) -> None:
    before = chances_of(labels, seed=1)
    after = before.copy()
    worse = (frame["region"] == "south").to_numpy()
    after[worse] = 1 - after[worse]
    result = behaviour.check(
        frame, answered("card:2", after, labels), answered("card:1", before, labels), rules=RULES, ground=GROUND
    ).result
    questions = [finding.what for finding in result.findings if finding.severity is Severity.QUESTION]
    assert result.is_only_asking
    assert "region" in questions[0]
    assert "south" in questions[0]


def test_without_a_model_in_use_it_does_not_apply(frame: pd.DataFrame, labels: np.ndarray) -> None:
    ours = answered("card:1", chances_of(labels, seed=1), labels)
    assert behaviour.check(frame, ours, None, rules=RULES, ground=GROUND).result.verdict is Verdict.NOT_APPLICABLE


def test_too_few_or_other_rows_are_no_pass(frame: pd.DataFrame, labels: np.ndarray) -> None:
    ours = answered("card:1", chances_of(labels, seed=1), labels)
    few = frame.head(20)
    assert behaviour.check(few, ours, ours, rules=RULES, ground=GROUND).result.verdict is Verdict.FAILED


def test_examples_show_what_the_model_decides_by_and_nothing_that_names_a_person(
    frame: pd.DataFrame, labels: np.ndarray
) -> None:
    before = chances_of(labels, seed=1)
    ours, theirs = answered("card:2", 1 - before, labels), answered("card:1", before, labels)
    page, document = behaviour.check(frame, ours, theirs, rules=RULES, ground=GROUND).reports
    examples = json.loads(document.content)["examples"]
    assert len(examples) == 20
    assert {"age", "region"} <= examples[0].keys()
    assert not {"note", "customer"} & examples[0].keys()
    assert b"Mr " not in page.content
    assert {row["decided now"] for row in examples} <= {"yes", "no"}


@pytest.mark.parametrize(("code", "column"), [(99, "age"), ("none", "region")])
def test_a_declared_code_is_shown_as_missing_as_what_is_not_there(
    frame: pd.DataFrame, labels: np.ndarray, code: int | str, column: str
) -> None:
    before = chances_of(labels, seed=1)
    ours, theirs = answered("card:2", 1 - before, labels), answered("card:1", before, labels)
    coded = frame.assign(**{column: frame[column].where(np.arange(ROWS) % 2 == 0, code)})
    rules = [replace(rule, missing_codes=(code,)) if rule.name == column else rule for rule in RULES]
    _, document = behaviour.check(coded, ours, theirs, rules=rules, ground=GROUND).reports
    shown = {row[column] for row in json.loads(document.content)["examples"]}
    assert "missing" in shown
    assert not {code, float(code) if isinstance(code, int) else code} & shown


def test_rows_that_either_version_has_seen_are_not_compared(frame: pd.DataFrame, labels: np.ndarray) -> None:
    unseen = np.arange(ROWS) >= 3_000
    ours, theirs = (answered(f"card:{seed}", chances_of(labels, seed=seed), labels) for seed in (2, 1))
    whole = behaviour.check(frame[unseen], ours.only(unseen), theirs.only(unseen), rules=RULES, ground=GROUND).result
    result = behaviour.check(frame, ours, theirs, rules=RULES, ground=GROUND, unseen=unseen).result
    assert result.figures == {**whole.figures, "rows_left_out_as_seen": 3_000}


def test_where_too_few_unseen_rows_are_left_people_are_asked(frame: pd.DataFrame, labels: np.ndarray) -> None:
    one = answered("card:1", chances_of(labels, seed=1), labels)
    checked = behaviour.check(frame, one, one, rules=RULES, ground=GROUND, unseen=np.arange(ROWS) < 10)
    assert (checked.result.verdict, checked.result.is_only_asking, checked.reports) == (Verdict.WARNED, True, ())
    assert "only 10 are unseen by card:1" in checked.result.questions[0]


def test_of_amounts_it_is_said_from_where_on_a_decision_is_another_one(frame: pd.DataFrame) -> None:
    before = np.linspace(10.0, 90.0, ROWS)
    after = before + np.where(np.arange(ROWS) % 4 == 0, 3.0, 0.5)
    ours, theirs = (Answered(name, said, said, -said) for name, said in (("stops:2", after), ("stops:1", before)))
    ground = behaviour.Ground(None, noticeable=1.5, worth=Worth(positive="more", negative="less"))
    result = behaviour.check(frame, ours, theirs, rules=RULES, ground=ground).result
    assert result.figures["flip_share"] == 0.25
    assert "by more than 1.5, half of all errors; 1,000 to “more”" in result.findings[0].what
