"""No text is read for ever, or as anything but an expression."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.project.expressions.misread import Misread
from flywheel.project.expressions.parsing import parse
from flywheel.project.expressions.tree import Call, Constant


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "says nothing"),
        ("a = 3", "`=` is no sign of an expression"),
        ("a & b", "`&` is no sign of an expression"),
        ("a.b", "`.` is no sign of an expression"),
        ("a[0]", "`[` is no sign of an expression"),
        ("__import__", "`_` is no sign of an expression"),
        ("a < b < c", "`<` cannot stand here"),
        ("(a", "`)` is missing here"),
        ("log(a", "`)` is missing here"),
        ("if a then b", "`else` is missing here"),
        ("a b", "`b` cannot stand here"),
        ("1e999", "the number is too large"),
        ("lookup(a, b)", "`{` is missing here"),
        ("lambda: 1", "`:` cannot stand here"),
        ("a +", "the end cannot stand here"),
        ("(" * 31 + "a" + ")" * 31, "is more than 30 levels deep"),
        ("-" * 40 + "a", "is more than 30 levels deep"),
        ("not " * 40 + "a", "is more than 30 levels deep"),
        ("+".join("a" * 150), "has more than 200 parts"),
        ("a" * 1_001, "is longer than 1,000 signs"),
    ],
)
def test_what_is_no_expression_is_refused(text: str, what: str) -> None:
    with pytest.raises(Misread) as refused:
        parse(text)
    assert refused.value.what == what


@given(st.text(max_size=200) | st.text("ab(){},:+-*/<>=!'\"12. \n", max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        end = parse(text).span.end
    except Misread as refused:
        end = len(text) if refused.pointed_at(text).count("\n") == 1 else -1
    assert 0 <= end <= len(text)


def test_products_bind_more_strongly_than_sums_and_from_left_to_right() -> None:
    assert _written(parse("a - b - c * d")) == "((a - b) - (c * d))"
    assert _written(parse("not a < b and c or d")) == "(((not (a < b)) and c) or d)"


def test_a_sign_before_a_number_is_part_of_it() -> None:
    tree = parse("-2.5")
    assert isinstance(tree, Constant)
    assert tree.value == -2.5


def _written(tree: object) -> str:
    if isinstance(tree, Call):
        of = [_written(one) for one in tree.operands]
        return f"({tree.function} {of[0]})" if len(of) == 1 else f"({of[0]} {tree.function} {of[1]})"
    return str(getattr(tree, "name", tree))
