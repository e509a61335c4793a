"""Values in a charter mean one thing or are refused."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from flywheel.project.charter.fields import Bound, Channel, Code, Duration, Email, Flag, Line, Money, Share, Span, Unit


@given(st.integers(1, 99_999), st.sampled_from(Unit))
def test_a_duration_is_read_back_as_it_is_written(amount: int, unit: Unit) -> None:
    assert Duration.parse(str(Duration(amount, unit))) == Duration(amount, unit)


@pytest.mark.parametrize("text", ["", "soon", "0 days", "-1 day", "1day", "1 fortnight", "1.5 hours", "999999 days", 7])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValidationError, match="not a duration"):
        TypeAdapter(Span).validate_python(text)


def test_durations_have_a_length() -> None:
    assert Duration.parse("30 minutes").length == timedelta(minutes=30)
    assert Duration.parse("1 month").length == timedelta(days=30)


def test_money_is_exact() -> None:
    assert TypeAdapter(Money).validate_python(0.1) == Decimal("0.1")
    assert TypeAdapter(Money).validate_python(-2100) == Decimal(-2100)


@pytest.mark.parametrize("amount", ["10", True, float("nan"), float("inf"), 1e13, None])
def test_what_is_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(ValidationError, match="amount of money"):
        TypeAdapter(Money).validate_python(amount)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Flag, "yes"),
        (Flag, 1),
        (Share, 1.5),
        (Share, "0.5"),
        (Share, True),
        (Line, ""),
        (Line, "a\nb"),
        (Line, "x" * 201),
        (Line, "a\x07b"),
        (Email, "ana"),
        (Email, "ana@bank"),
        (Email, "ana@bank.example\nBcc: x@y.example"),
        (Channel, "https://hooks.example/x"),
        (Channel, "json://169.254.169.254/"),
        (Channel, "slack://a/b"),
        (Code, True),
        (Code, float("nan")),
        (Bound, True),
        (Bound, "yesterday"),
    ],
)
def test_values_that_only_look_right_are_refused(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


def test_text_keeps_its_letters_and_loses_its_outer_spaces() -> None:
    assert TypeAdapter(Line).validate_python("Größe der Schäden – naïve") == "Größe der Schäden – naïve"


def test_whole_codes_stay_whole() -> None:
    assert repr(TypeAdapter(Code).validate_python(999)) == "999"
