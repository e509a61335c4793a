"""What pydantic says becomes a sentence with its key, what is allowed, and a guess at what was meant."""

import pytest
from pydantic import ValidationError

from flywheel.errors import Problem
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.mistakes import mistakes_of

START = {"name": "tiny", "title": "A tiny project", "owner": "ana@bank.example"}


def mistakes(**blocks: object) -> list[Problem]:
    with pytest.raises(ValidationError) as caught:
        Charter.model_validate(START | blocks)
    return [problem for _, problem in mistakes_of(caught.value, file="project.toml")]


def test_an_unknown_key_is_answered_with_the_known_ones() -> None:
    (problem,) = mistakes(delivery={"falback": ["previous"]})
    assert (problem.key, problem.allowed, problem.suggestion) == ("delivery.falback", "fallback, rule", "fallback")


def test_a_wrong_choice_is_answered_with_the_choices() -> None:
    (problem,) = mistakes(deliver_as=["apii"])
    assert (problem.key, problem.suggestion) == ("deliver_as[1]", "api")


def test_a_missing_key_says_what_it_may_be() -> None:
    problems = mistakes(risk={"regulated": True, "purpose": "insight"})
    assert [(problem.key, problem.what, problem.allowed) for problem in problems] == [
        ("risk.exposure", "is missing", "low, medium, high")
    ]


def test_a_bound_is_told() -> None:
    (problem,) = mistakes(research={"budget": {"minutes": -1}})
    assert (problem.key, problem.allowed) == ("research.budget.minutes", "above 0.0")


def test_branches_of_a_union_leave_no_trace_in_the_key() -> None:
    keys = {problem.key for problem in mistakes(research={"split": {"validation": [1]}})}
    assert keys == {"research.split.validation"}


def test_a_table_in_place_of_a_value_is_named() -> None:
    (problem,) = mistakes(monitoring=5)
    assert (problem.key, problem.allowed) == ("monitoring", "a table")
