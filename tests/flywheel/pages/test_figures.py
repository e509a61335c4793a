"""Figures as people read them."""

from __future__ import annotations

import pytest

from flywheel.domain.digests import Json
from flywheel.pages.figures import between, figure, money, percent, ratio, words


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("5.070165", "5.07 EUR"), (-1234567, "-1,234,567.00 EUR"), (0.005, "0.0050 EUR"), ("0", "0.00 EUR")],
)
def test_money_has_two_decimals_or_those_that_tell_and_its_currency(amount: Json, shown: str) -> None:
    assert money(amount, "EUR") == shown


@pytest.mark.parametrize("amount", [None, True, "", "much", [], {}, "NaN", "Infinity"])
def test_what_is_no_amount_is_a_gap_and_not_zero(amount: Json) -> None:
    assert (money(amount, "EUR"), percent(amount), ratio(amount)) == ("—", "—", "—")
    assert between(amount, "1") == "—"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(3278, "3,278"), (20.0, "20"), (0.788875, "0.7889"), (35312.9, "35,313"), (True, "yes"), (None, "—"), ("a", "a")],
)
def test_figures_keep_the_digits_that_count(value: Json, shown: str) -> None:
    assert figure(value) == shown


def test_shares_are_percentages_and_keys_are_words() -> None:
    assert (percent(0.0596), percent("0.95", digits=0), ratio(0.5)) == ("6.0 %", "95 %", "0.500")
    assert words("gain_per_row") == "Gain per row"
