"""The business rule answers the same row by row and for a whole frame, and takes the unknown for unknown."""

import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.errors import InputRefused
from flywheel.project.loader import load_project
from flywheel.project.rule import Rule, decide, decide_all, read_rule, rule_in_words, rule_of
from tests.factories.charters import MINIMAL, ROOT, changed, whole, write

SCORE = Rule("score", at_least=640.0, missing_codes=(-1.0,), between=(300.0, 850.0))

WHOLE: dict[str, object] = {
    "column": "score",
    "at_least": 1,
    "then": "negative",
    "otherwise": "positive",
    "missing": "positive",
}

numbers = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.integers(-5, 1_000).map(float))
AMOUNTS = Rule("temp", at_least=5.0, then=120.0, otherwise=80.0, missing=100.0, between=(-40.0, 50.0))
sides = st.tuples(st.booleans(), st.booleans()).map(lambda one: (one[0], not one[0], one[1]))
amounts = st.tuples(*[st.floats(-1e9, 1e9)] * 3)
rules = st.builds(
    lambda limit, upward, answers, between: Rule(
        "score",
        at_least=limit if upward else None,
        at_most=None if upward else limit,
        then=answers[0],
        otherwise=answers[1],
        missing=answers[2],
        missing_codes=(-1.0, 999.0),
        between=(300.0, 850.0) if between else None,
    ),
    st.floats(300, 850),
    st.booleans(),
    st.one_of(sides, amounts),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("value", "is_within"),
    [
        (640, True),
        (850, True),
        (639.9, False),
        (None, False),
        (math.nan, False),
        (-1, False),
        (999, False),
        ("700", False),
    ],
)
def test_only_what_is_known_to_lie_within_the_limit_is_answered_so(value: object, is_within: bool) -> None:
    assert decide(SCORE, {"score": value}) is not is_within


def test_a_rule_fits_a_decision_whose_positive_side_is_the_good_one() -> None:
    call = Rule("score", at_least=640.0, then=True, otherwise=False, missing=False)
    assert [decide(call, {"score": value}) for value in (640, 639, None)] == [True, False, False]


def test_a_value_beyond_the_declared_range_is_missing_and_not_splendid() -> None:
    lenient = Rule("score", at_least=640.0, between=(300.0, 850.0), missing=False)
    assert decide(lenient, {"score": 299}) is False
    assert decide(lenient, {"score": 301}) is True


def test_a_rule_of_amounts_answers_each_of_its_three() -> None:
    assert [decide(AMOUNTS, {"temp": value}) for value in (5, 4.9, None, -99, 60)] == [120.0, 80.0, 100.0, 100.0, 100.0]


@given(rules, st.lists(numbers, min_size=1, max_size=20))
def test_row_by_row_and_whole_frames_agree(rule: Rule, values: list[float | None]) -> None:
    frame = pd.DataFrame({"score": pd.array(values, dtype="object")})
    assert decide_all(rule, frame).tolist() == [decide(rule, {"score": value}) for value in values]


@given(rules)
def test_a_rule_survives_the_contract(rule: Rule) -> None:
    assert read_rule(rule.to_json()) == rule


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"column": "score"},
        {"column": "score", "at_least": 1, "then": "negative"},
        WHOLE | {"at_most": 2},
        WHOLE | {"at_least": math.nan},
        WHOLE | {"then": "maybe"},
        WHOLE | {"then": True},
        WHOLE | {"otherwise": 80.0},
        WHOLE | {"then": 120.0, "otherwise": 80.0, "missing": math.inf},
        WHOLE | {"code": "import os"},
        WHOLE | {"between": [1]},
    ],
)
def test_a_rule_that_says_nothing_definite_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(InputRefused):
        read_rule(broken)


def test_a_frame_without_the_column_is_refused() -> None:
    with pytest.raises(InputRefused, match="column is missing"):
        decide_all(SCORE, pd.DataFrame({"other": [1]}))


def test_the_charter_gives_the_rule_its_codes_and_range(tmp_path: Path) -> None:
    rule = rule_of(load_project(write(tmp_path, whole())).charter)
    assert rule == Rule("bureau_score", at_least=640.0, missing_codes=(-1.0,), between=(300.0, 850.0))


def test_a_charter_without_a_rule_gives_none(tmp_path: Path) -> None:
    assert rule_of(load_project(write(tmp_path, MINIMAL)).charter) is None


def test_the_sides_are_the_charters_and_said_in_its_words(tmp_path: Path) -> None:
    text = changed('missing = "positive" ', 'missing = "negative" ').replace('then = "negative" ', 'then = "positive" ')
    charter = load_project(write(tmp_path, text)).charter
    rule = rule_of(charter)
    assert rule is not None
    assert (rule.then, rule.missing) == (True, False)
    assert rule_in_words(charter) == (
        "“decline” where bureau_score is at least 640, else “approve”; where it is missing or out of bounds “approve”"
    )


def test_a_rule_of_amounts_is_the_charters_and_said_in_numbers(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "stop_minutes" / "project.toml").read_text(encoding="utf-8")
    charter = load_project(write(tmp_path, text.replace("missing = 6.5", "missing = 1_500.5"))).charter
    rule = rule_of(charter)
    assert rule is not None
    assert rule.outcomes == (5.5, 8.5, 1500.5)
    assert rule_in_words(charter) == (
        "5.5 where floor is at most 2, else 8.5; where it is missing or out of bounds 1,500.5"
    )
