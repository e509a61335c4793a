"""What only an author can decide stands in the charter as a mark, and an answer takes its place."""

from __future__ import annotations

import tomllib

import pytest

from flywheel.errors import InputRefused
from flywheel.project.charter.marks import decided, open_marks

TEXT = """\
title = "a # decide: b"  # decide: which one?
owner = "ana@bank.example"  # the author
[value]
payoff = { true_positive = 1, "a#b" = 2 }   # decide: how much?
[data]
# time = ""  # decide: when? It may be seen, sent
words = '''
x = 1  # decide: no mark in a text
'''
people = ["a@b.example"]  # decide: who?
n = 10_000  # decide: how many?
"""


def test_marks_are_found_with_line_key_proposal_and_question() -> None:
    marks = open_marks(TEXT)
    assert [(m.line, m.key, m.proposed, m.question) for m in marks] == [
        (1, "title", '"a # decide: b"', "which one?"),
        (4, "value.payoff", '{ true_positive = 1, "a#b" = 2 }', "how much?"),
        (6, "data.time", "", "when? It may be seen, sent"),
        (10, "data.people", '["a@b.example"]', "who?"),
        (11, "data.n", "10_000", "how many?"),
    ]


def test_proposals_taken_one_by_one_leave_what_they_said_and_no_mark() -> None:
    text = TEXT
    while marks := open_marks(text):
        text = decided(text, marks[0])
    assert tomllib.loads(text) == tomllib.loads(TEXT)
    assert text.count("# decide:") == 2  # the two that stand in texts


@pytest.mark.parametrize(
    ("place", "answer", "key", "read"),
    [
        (0, 'say "yes"', "title", 'say "yes"'),
        (2, "sent", "time", "sent"),
        (3, "b@c.example, d@e.example", "people", ["b@c.example", "d@e.example"]),
        (4, "12.5", "n", 12.5),
    ],
)
def test_an_answer_is_written_as_its_place_wants_it(place: int, answer: str, key: str, read: object) -> None:
    text = decided(TEXT, open_marks(TEXT)[place], answer)
    written = tomllib.loads(text)
    assert {**written, **written["data"]}[key] == read
    assert len(open_marks(text)) == len(open_marks(TEXT)) - 1


def test_an_answer_for_one_part_of_a_table_is_added_to_it() -> None:
    text = decided(TEXT, open_marks(TEXT)[1], "permitted = false")
    assert tomllib.loads(text)["value"]["payoff"] == {"true_positive": 1, "a#b": 2, "permitted": False}


def test_an_answer_for_a_part_that_is_there_takes_its_place() -> None:
    text = decided(TEXT, open_marks(TEXT)[1], "true_positive = 3")
    assert tomllib.loads(text)["value"]["payoff"] == {"true_positive": 3, "a#b": 2}


@pytest.mark.parametrize(("place", "answer"), [(1, "much"), (4, "many"), (1, "no"), (1, "= 3")])
def test_what_cannot_stand_there_is_refused_and_nothing_is_written(place: int, answer: str) -> None:
    with pytest.raises(InputRefused):
        decided(TEXT, open_marks(TEXT)[place], answer)


ASKED = "do these codes mean missing? else missing = { at_most = 0.1 }; may it be decided on? else permitted = false"
TWO = f"""\
[value]
payoff = {{ true_positive = 0, false_positive = -10, false_negative = -34 }}  # decide: what does each cost?
[data.columns]
age = {{ kind = "integer", missing = {{ codes = [99] }} }}  # decide: {ASKED}
"""


def test_each_question_about_a_column_gets_an_answer_of_its_own() -> None:
    first = open_marks(TWO)[1]
    assert (first.question[:28], first.later) == (
        "do these codes mean missing?",
        ("may it be decided on? else permitted = false",),
    )
    text = decided(TWO, first, "no")
    (_, second) = open_marks(text)
    assert second.question == "may it be decided on? else permitted = false"
    age = tomllib.loads(decided(text, second, "no"))["data"]["columns"]["age"]
    assert age == {"kind": "integer", "missing": {"at_most": 0.1}, "permitted": False}
    kept = decided(TWO, first)
    taken = tomllib.loads(decided(kept, open_marks(kept)[1]))["data"]["columns"]["age"]
    assert taken == {"kind": "integer", "missing": {"codes": [99]}}


@pytest.mark.parametrize("answer", ["10; 67", "10;67", "10 67", "-10; -67", "10.0; 6_7"])
def test_the_two_costs_that_are_asked_for_may_be_answered_with_two_sums(answer: str) -> None:
    paid = tomllib.loads(decided(TWO, open_marks(TWO)[0], answer))["value"]["payoff"]
    assert (paid["false_positive"], paid["false_negative"], paid["true_positive"]) == (-10, -67, 0)


def test_a_pay_off_that_cannot_be_read_says_exactly_what_to_write() -> None:
    with pytest.raises(InputRefused, match="such as `10; 67`, or keys, such as false_positive = -10"):
        decided(TWO, open_marks(TWO)[0], "ten")


@pytest.mark.parametrize("answer", ["400; 1.100", "1.100; 400", "false_negative = -1.100", "2.500.000; 1"])
def test_a_sum_that_may_be_a_fraction_or_thousands_is_asked_for_again_with_both_readings(answer: str) -> None:
    """The class: no number that two countries read otherwise is taken for either."""
    with pytest.raises(InputRefused, match="may be one of two numbers") as refused:
        decided(TWO, open_marks(TWO)[0], answer)
    assert (
        "1.1000" in refused.value.allowed and "1_100" in refused.value.allowed
    ) or "2_500_000" in refused.value.allowed
    with pytest.raises(InputRefused, match="may be one of two numbers"):
        decided(TEXT, open_marks(TEXT)[4], "10.000")
    for plain in ("400; 1.1000", "400; 1_100", "0.125; 1100.5"):
        assert "payoff" in decided(TWO, open_marks(TWO)[0], plain)


def test_a_question_without_an_else_takes_no_no_and_says_what_it_takes() -> None:
    text = '[data.columns]\nage = { kind = "integer" }  # decide: k.A. among numbers: do they mean missing?\n'
    with pytest.raises(InputRefused) as refused:
        decided(text, open_marks(text)[0], "no")
    assert refused.value.allowed.startswith('yes, or what it is instead, as { kind = "integer" }')


def test_a_question_of_yes_and_no_says_so() -> None:
    text = "regulated = false  # decide: does the law watch?\n"
    with pytest.raises(InputRefused, match="maybe") as refused:
        decided(text, open_marks(text)[0], "maybe")
    assert refused.value.allowed.startswith("yes or no")
    assert decided(text, open_marks(text)[0], "yes") == "regulated = true\n"


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        ("yes", ["", "NA", "brak danych"]),
        ("no", [""]),
        ("brak danych", ["", "brak danych"]),
        ("NA, brak danych", ["", "NA", "brak danych"]),
        ('["x"]', ["x"]),
        ("", ["", "NA", "brak danych"]),
    ],
)
def test_words_for_missing_are_all_none_or_some_of_those_that_were_seen(answer: str, written: list[str]) -> None:
    text = '[data.sources.main]\nmissing = ["", "NA", "brak danych"]  # decide: does each of these mean missing?\n'
    (mark,) = open_marks(text)
    assert tomllib.loads(decided(text, mark, answer))["data"]["sources"]["main"]["missing"] == written


@pytest.mark.parametrize("answer", ["they all do", "NA, n/a"])
def test_a_word_for_missing_that_was_not_seen_is_refused(answer: str) -> None:
    text = '[data.sources.main]\nmissing = ["", "NA"]  # decide: does each of these mean missing?\n'
    (mark,) = open_marks(text)
    with pytest.raises(InputRefused, match="yes, no, some of these with commas, or a whole list in brackets"):
        decided(text, mark, answer)


@pytest.mark.parametrize("answer", ["700 000", "700\u202f000", "700'000", "700_000", "700000"])
@pytest.mark.parametrize("key", ["loss_per_year", "volume_per_year"])
def test_thousands_are_apart_as_people_write_them(key: str, answer: str) -> None:
    text = f"[value]\n{key} = 1  # decide: how much a year?\n"
    (mark,) = open_marks(text)
    assert tomllib.loads(decided(text, mark, answer))["value"][key] == 700_000
