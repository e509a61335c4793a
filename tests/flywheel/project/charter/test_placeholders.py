"""What repeats a key, its question or the example is no answer, whichever key it is typed for."""

from __future__ import annotations

import pytest

from flywheel.project.charter.marks import open_marks
from flywheel.project.charter.placeholders import examples_in, is_example, why_empty
from flywheel.project.charter.starter import read_template
from flywheel.project.charter.toml_text import parse

ASKED = {mark.key: mark for mark in open_marks(read_template())}
IN_WORDS = ("title", "problem.statement", "problem.objective")


@pytest.mark.parametrize("key", IN_WORDS)
@pytest.mark.parametrize("answer", ["objective", "Purpose", "problem statement", "todo", "???", "test", "example text"])
def test_words_of_the_charter_itself_are_no_answer(key: str, answer: str) -> None:
    assert why_empty(key, ASKED[key].question, answer)


@pytest.mark.parametrize("key", IN_WORDS)
def test_the_question_and_the_example_are_no_answer(key: str) -> None:
    for repeated in (ASKED[key].question, ASKED[key].proposed, key):
        assert why_empty(key, ASKED[key].question, repeated)


@pytest.mark.parametrize("key", IN_WORDS)
@pytest.mark.parametrize("answer", ["8 % of loans default", "Fewer wasted visits for the field", "12 \u6b21"])
def test_own_words_are_an_answer(key: str, answer: str) -> None:
    assert why_empty(key, ASKED[key].question, answer) == ""


def test_only_what_a_person_alone_can_say_is_an_example() -> None:
    """A tier, a number of decisions or a column may well be as proposed."""
    shown = {key for key, mark in ASKED.items() if is_example(key, mark.question, mark.proposed)}
    assert shown == {*IN_WORDS, "owner", "stakeholders.business", "stakeholders.validator"}
    assert is_example("data.sources.main.purpose", "why may these data be used?", '"why these data may be used"')
    assert not is_example("title", ASKED["title"].question, '"Foresee whether churn is yes"')


def test_a_charter_names_every_key_that_still_says_the_example() -> None:
    template = parse(read_template(), file="project.toml")
    assert set(examples_in(template)) == {
        *(key for key, mark in ASKED.items() if is_example(key, mark.question, mark.proposed)),
        "problem.decision",
        "problem.process",
        "data.sources.cases.purpose",
    }
    assert examples_in({"title": "Churn", "owner": "ana@bank.example", "problem": {"process": ["arrive", "pay"]}}) == ()
    own = {"process": ["visit", "decide", "exchange"], "decision": "decide"}
    assert examples_in({"title": "Churn", "problem": own}) == (), "a step of one's own may have the example's name"
