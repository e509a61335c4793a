"""Figures as people read them."""

from __future__ import annotations

import pytest

from flywheel.domain.digests import Json
from flywheel.pages.figures import between, declared, estimated, figure, money, percent, ratio, words


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("5.070165", "5.07 EUR"), (-1234567, "-1,234,567 EUR"), (0.005, "0.0050 EUR"), ("0", "0.00 EUR")],
)
def test_money_has_two_decimals_or_those_that_tell_and_its_currency(amount: Json, shown: str) -> None:
    assert money(amount, "EUR") == shown


@pytest.mark.parametrize("amount", [None, True, "", "much", [], {}, "NaN", "Infinity"])
def test_what_is_no_amount_is_a_gap_and_not_zero(amount: Json) -> None:
    assert (money(amount, "EUR"), percent(amount), ratio(amount)) == ("—", "—", "—")
    assert between(amount, "1") == "—"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3278, "3,278"),
        (20.0, "20"),
        (0.788875, "0.7889"),
        (35312.9, "35,313"),
        (True, "yes"),
        (None, "—"),
        ("a", "a"),
        *((1e-6, "0.000001"), (0.000111, "0.000111"), (3e-9, "under 0.000001"), (-3e-9, "between -0.000001 and 0")),
        *(("2026-07-08T20:21:07.5+02:00", "2026-07-08 18:21 UTC"), ("2026-07-08 18:21:07", "2026-07-08 18:21 UTC")),
        *(("2026-99-08T18:21:00", "2026-99-08T18:21:00"), ("-1.579912", "-1.58"), ("2026-07-08", "2026-07-08")),
    ],
)
def test_figures_keep_the_digits_that_count(value: Json, shown: str) -> None:
    assert figure(value) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("1234.50", "1,234.50 EUR"), (5, "5.00 EUR"), ("120000", "120,000 EUR"), ("0.125", "0.125 EUR")],
)
def test_money_that_people_declared_stands_to_its_last_cent(amount: Json, shown: str) -> None:
    assert declared(amount, "EUR") == shown


def test_a_share_is_rounded_as_in_the_sentences_of_findings() -> None:
    for share in (0.0345, 0.0715, 0.1235, 0.0005):
        assert percent(share).replace(" ", "") == f"{share:.1%}"


def test_shares_are_percentages_and_keys_are_words() -> None:
    assert (percent(0.0596), percent("0.95", digits=0), ratio(0.5)) == ("6.0 %", "95 %", "0.500")
    assert words("gain_per_row") == "Gain per row"


def test_an_estimate_costs_where_it_surely_does_and_has_one_sign_with_its_interval_else() -> None:
    surely: dict[str, Json] = {"value": "-41.67", "low": "-52.1", "high": "-30.4"}
    assert estimated("earns", surely, "EUR") == ("costs", "41.67 EUR", "30.40 to 52.10")
    maybe: dict[str, Json] = {"value": "-0.49", "low": "-1.32", "high": "0.34"}
    assert estimated("earns", maybe, "EUR") == ("earns", "-0.49 EUR", "-1.32 to 0.34")
    assert estimated("earns", {"value": "5"}, "EUR") == ("earns", "5.00 EUR", "—")
