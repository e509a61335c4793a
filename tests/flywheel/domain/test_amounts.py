"""Amounts as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.amounts import NOTHING, as_money, written_out


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1234.56, "1,235"),
        (999.994, "999.99"),
        (999.996, "1,000"),
        (-4_000.4, "-4,000"),
        (-0.004, "-0.0040"),
        (0.003, "0.0030"),
        (Decimal("0.0000312"), "0.000031"),
        (0.0, "0.00"),
        (-0.0, "0.00"),
        (-1e-12, "0.00"),
        (0.01, "0.01"),
        (-2.345, "-2.35"),
    ],
)
def test_an_amount_is_written_so_that_it_tells(value: float, words: str) -> None:
    assert as_money(value) == words


@given(st.floats(min_value=NOTHING, max_value=1e9))
def test_what_is_there_is_never_written_as_nothing_and_a_loss_never_as_a_gain(value: float) -> None:
    assert float(as_money(value).replace(",", "")) > 0
    assert as_money(-value) == f"-{as_money(value)}"


@pytest.mark.parametrize(
    ("value", "words"),
    [(1e-6, "0.000001"), (1_234_567.0, "1234567"), (99.0, "99"), (0.1 + 0.2, "0.3"), (13.25, "13.25")],
)
def test_a_number_is_written_out_as_it_is(value: float, words: str) -> None:
    assert written_out(value) == words
