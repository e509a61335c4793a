"""Whole columns and single rows: one meaning, to the bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flywheel.project.expressions.definitions import Definition
from flywheel.project.expressions.derivation import Derivation, derivation_of
from flywheel.project.expressions.program import BLOCK_ROWS
from tests.factories.expressions import KNOWN, ROWS, derived, frame_of, intakes, is_same, numbers, truths, words


def differing(made: Derivation, given_rows: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Name each row and feature of which the two ways give different values."""
    columns = made.columns(frame_of(given_rows))
    singly = [made.row(row) for row in given_rows]
    return [
        (place, name)
        for name in made.wanted
        for place, (one, row) in enumerate(zip(columns[name], singly, strict=True))
        if not is_same(one, row[name])
    ]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.one_of(numbers(3), truths(3), words(3)), st.lists(ROWS, min_size=1, max_size=12))
def test_columns_and_rows_agree_to_the_bit(text: str, given_rows: list[dict[str, Any]]) -> None:
    made, _, wrong = derivation_of((Definition("x", text),), KNOWN, intakes())
    assume(not wrong)
    assert differing(made, given_rows) == []


def random_rows(count: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(7)
    empty = dict.fromkeys(one.name for one in KNOWN)
    return [empty | {"loan": float(value)} for value in rng.lognormal(3, 4, count)]


def test_logarithms_agree_over_many_values_and_several_blocks() -> None:
    made = derived(x="log(loan) * 3 - exp(-loan)")
    assert differing(made, random_rows(BLOCK_ROWS * 2 + 17)) == []


def test_words_agree_over_several_blocks() -> None:
    made = derived(
        x='if owns then coalesce(region, bucket(loan, 1, 10)) else lookup(region, {"north": "up"}, "down")',
        y='if region == "south" or note == region then 1 else lookup(note, {"a": 2.5}, loan)',
    )
    choice = np.random.default_rng(5)
    words, notes, truths_of_rows = ["north", "south", "east", None], ["a", "north", None], [True, False, None]
    given_rows = [
        row
        | {
            "region": words[choice.integers(4)],
            "note": notes[choice.integers(3)],
            "owns": truths_of_rows[choice.integers(3)],
        }
        for row in random_rows(BLOCK_ROWS + 500)
    ]
    assert differing(made, given_rows) == []


def test_one_other_bit_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a logarithm that is one bit off in the rows alone is found."""
    made = derived(x="log(loan)")
    monkeypatch.setattr(np, "log", lambda value: math.nextafter(math.log(value), math.inf))
    assert len(differing(made, random_rows(200))) > 150


def test_the_exponential_of_python_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why rows use numpy's: where numpy has its own (AVX-512), that of `math` differs in some 5 % of the values."""
    made, given_rows = derived(x="exp(loan / 100)"), random_rows(2_000)
    values = np.array([row["loan"] / 100 for row in given_rows if row["loan"] < 70_000])
    if (np.exp(values) == [math.exp(value) for value in values]).all():
        pytest.skip("numpy and math share one exponential on this processor")
    monkeypatch.setattr(np, "exp", lambda value: math.exp(value) if value < 700 else math.inf)
    assert differing(made, given_rows)


def test_a_shared_part_is_computed_once() -> None:
    program = derived(a="log(loan / income) + 1", b="log(loan / income) * 2").program
    assert sum("log" in repr(step.op.value) for step in program.steps) == 1


def test_a_feature_is_made_of_another_whatever_their_order() -> None:
    made = derived(double="share * 2", share="loan / income")
    row = dict.fromkeys(one.name for one in KNOWN) | {"loan": 3.0, "income": 4.0}
    assert made.row(row) == {"double": 1.5, "share": 0.75}


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("loan / income", {"loan": 1.0, "income": 0.0}, None),
        ("loan + income", {"loan": 1.0}, None),
        ("log(loan)", {"loan": 0.0}, None),
        ("sqrt(loan)", {"loan": -1.0}, None),
        ("exp(loan)", {"loan": 800.0}, None),
        ("loan * 1e308", {"loan": 1e10}, None),
        ("if loan > 1 then 1 else 0", {}, 0.0),
        ("if not (loan > 1) then 1 else 0", {}, 0.0),
        ("loan > 1", {}, None),
        ("loan > 1 or true", {}, 1.0),
        ("loan > 1 and false", {}, 0.0),
        ("coalesce(loan, income, 5)", {"income": 2.0}, 2.0),
        ("is_missing(loan)", {}, 1.0),
        ("age", {"age": 999}, None),
        ("min(loan, income)", {"loan": 1.0}, None),
        ('lookup(region, {"north": 1}, 7)', {}, None),
        ('lookup(region, {"north": 1}, 7)', {"region": "west"}, 7.0),
        ('lookup(region, {"north": 1})', {"region": "west"}, None),
        ("bucket(loan, 10, 20)", {"loan": 10.0}, "10 to below 20"),
        ("days_between(opened, asked)", {"opened": "2024-02-28", "asked": "2024-03-01T12:00:00Z"}, 2.5),
        ("year(opened) * 100 + month(opened)", {"opened": "2024-02-29T23:59:59Z"}, 202402.0),
        ("weekday(opened) * 100 + hour(opened)", {"opened": "1969-12-31T23:00:00Z"}, 323.0),
        ("quarter(opened) * 100 + day(opened)", {"opened": "2000-12-31"}, 431.0),
    ],
)
def test_what_is_missing_and_what_has_no_answer(text: str, row: dict[str, Any], expected: object) -> None:
    made, whole = derived(x=text), dict.fromkeys(one.name for one in KNOWN) | row
    assert is_same(made.row(whole)["x"], expected)
    assert is_same(made.columns(frame_of([whole]))["x"][0], expected)
