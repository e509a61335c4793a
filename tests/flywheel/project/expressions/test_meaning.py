"""What makes no sense is told before anything is computed: at its place, with what is allowed and what is meant."""

from __future__ import annotations

import pytest

from flywheel.project.expressions.definitions import Definition
from flywheel.project.expressions.derivation import derivation_of
from tests.factories.expressions import KNOWN, intakes, mistakes


@pytest.mark.parametrize(
    ("text", "what", "at", "suggestion"),
    [
        ("loan / incme", "`incme` is no known column", "incme", "income"),
        ("loan + weight", "`loan` is in EUR, and `weight` in kg", "loan + weight", ""),
        ("loan / income > weight", "`loan / income` is in a ratio without unit, and `weight` in kg", None, ""),
        ("paid / loan", "`paid` is the target, which is not known at the decision", "paid", ""),
        ("loan / 0", "divides by zero, whatever the row", "0", ""),
        ("loan / (2 - 2)", "divides by zero, whatever the row", "2 - 2", ""),
        ("loan + log(0)", "`log(0)` has no answer, whatever the row", "log(0)", ""),
        ('region > "north"', "`region` is a category, which has no order", None, ""),
        ('region == "nord"', '`"nord"` is none of the declared categories', '"nord"', "north"),
        ('lookup(region, {"nord": 1})', '"nord" is none of the declared categories', '"nord"', "north"),
        ('lookup(region, {"north": 1, "north": 2})', '"north" stands in the table twice', None, ""),
        ("ln(loan)", "there is no function `ln`", "ln", "log"),
        ("lgo(loan)", "there is no function `lgo`", "lgo", "log"),
        ("log", "`log` is a function, and lacks its brackets", "log", ""),
        ("min(loan)", "`min` does not take 1 value", None, ""),
        ("if loan then 1 else 2", "`loan` is a number, and a condition, true or false is needed here", "loan", ""),
        ('if owns then 1 else "a"', '`1` is a number, and `"a"` is a text', None, ""),
        ("owns + 1", None, "owns", ""),
        ("opened - asked", "times are not subtracted", None, ""),
        ('days_between("2020-13-01", asked)', '`"2020-13-01"` is no time', '"2020-13-01"', ""),
        ("bucket(age, 30, 18)", "the edges are not in rising order", "18", ""),
        ("bucket(age, loan)", "an edge is the same in every row", "loan", ""),
        ("is_missing(3)", "a constant is never missing", "3", ""),
        ("5", "is the same in every row", "5", ""),
        ("opened", "gives a time, which is no amount", None, ""),
        ("note", "gives a text", None, ""),
    ],
)
def test_a_mistake_is_told_at_its_place(text: str, what: str | None, at: str | None, suggestion: str) -> None:
    mistake = mistakes(x=text)["x"]
    assert what is None or mistake.what == what
    if at is not None:
        assert text[mistake.span.start : mistake.span.end] == at
    assert mistake.suggestion == suggestion
    assert mistake.allowed or suggestion


def test_the_place_is_pointed_at() -> None:
    assert mistakes(x="loan / incme")["x"].pointed_at("loan / incme") == "loan / incme\n       ^^^^^"


def test_the_place_in_a_long_text_is_pointed_at() -> None:
    text = "loan + " * 30 + "incme"
    shown, caret = mistakes(x=text)["x"].pointed_at(text).split("\n")
    assert shown[caret.index("^") : caret.rindex("^") + 1] == "incme"


def test_a_quotient_of_two_units_has_a_name() -> None:
    texts = {"rate": "loan / months", "total": "loan + income", "area": "loan * weight", "one": "loan / income"}
    meanings = derivation_of([Definition(*one) for one in texts.items()], KNOWN, intakes())[1]
    names = {name: one.measure.name for name, one in meanings.items()}
    assert names == {"rate": "EUR/months", "total": "EUR", "area": "EUR*kg", "one": ""}


@pytest.mark.parametrize(
    ("unit", "what"),
    [
        ("EUR/month", None),
        ("€/months", None),
        ("EUR", "is in EUR/months, and not in EUR"),
        ("EUR per month", "the unit `EUR per month` cannot be read"),
    ],
)
def test_a_stated_unit_is_held_against_the_expression(unit: str, what: str | None) -> None:
    wrong = derivation_of([Definition("rate", "loan / months", unit)], KNOWN, intakes())[2]
    assert [one.what for one in wrong.values()] == ([what] if what else [])


def test_features_in_a_circle_are_told_once_with_their_way() -> None:
    found = mistakes(a="b + 1", b="c", c="a", d="a + 1")
    assert len(found) == 1
    (mistake,) = found.values()
    assert mistake.what.startswith("is made of itself: ")


def test_what_is_made_of_a_wrong_feature_is_not_told_too() -> None:
    assert set(mistakes(wrong="paid * 2", after="wrong + 1", right="loan * 2")) == {"wrong"}
