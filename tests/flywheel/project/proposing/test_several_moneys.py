"""Amounts in several currencies are never told to be numbers once their signs are gone."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from flywheel.project.proposing.columns import propose
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm

WRITTEN = {
    "EUR": ("{} EUR", "€{}", "EUR {}", "{}€", "{} Euro"),
    "USD": ("{} USD", "US${}"),
    "GBP": ("£{}", "GBP {}"),
    "CAD": ("CA${}", "{} CAD"),
    "TRY": ("{} TL", "₺{}", "{} TRY"),
    "PLN": ("{} zł",),
    "SEK": ("SEK {}",),
    "XTZ": ("{} XTZ",),
}


def asked_of(column: list[str]) -> str:
    found = propose("paid", "paid", dict.fromkeys(column, 1), given=None, form=TextForm(), is_whole=True)
    assert found.kind is not Kind.NUMBER
    return "; ".join(found.decide)


@pytest.mark.parametrize(("one", "other"), [*combinations(WRITTEN, 2)])
def test_two_currencies_are_told_with_their_rows_and_a_cure_that_keeps_them_apart(one: str, other: str) -> None:
    for way, seldom, every in product(WRITTEN[one], WRITTEN[other], (2, 100)):
        said = asked_of([(way if n % every else seldom).format(f"{n * 7.37:.2f}") for n in range(1, 601)])
        assert "in several" in said
        assert f"in {600 // every} rows" in said
        assert "convert all of them into one" in said
        assert "leave the signs away" not in said
        assert "numbers alone" not in said


@pytest.mark.parametrize("money", [name for name, ways in WRITTEN.items() if len(ways) > 1])
def test_one_currency_in_several_writings_is_told_as_one(money: str) -> None:
    ways = WRITTEN[money]
    said = asked_of([ways[n % len(ways)].format(f"{n * 7.37:.2f}") for n in range(1, 601)])
    assert said.startswith(f"its amounts are in {money}, written in several ways (")


def test_a_sign_of_several_currencies_may_be_that_of_the_other() -> None:
    said = asked_of([f"{n * 7.37:.2f} {'kr' if n % 5 else 'SEK'}" for n in range(1, 601)])
    assert "(kr in 480 rows and SEK in 120 rows), or in one that is written in several ways" in said


def test_dollars_beside_euros_are_two_for_sure() -> None:
    said = asked_of([f"{'$' if n % 5 else '€'}{n * 7.37:.2f}" for n in range(1, 601)])
    assert "in several currencies ($ in 480 rows and EUR in 120 rows), and" in said


def test_amounts_without_a_sign_beside_those_of_two_currencies_settle_nothing() -> None:
    said = asked_of([f"{n * 7.37:.2f}{('', ' EUR', ' USD')[n % 3]}" for n in range(1, 601)])
    assert "in several currencies (EUR in 200 rows and USD in 200 rows)" in said


def test_dollars_that_name_their_country_behind_are_those() -> None:
    said = asked_of([f"${n * 7.37:.2f} {'CAD' if n % 5 else 'USD'}" for n in range(1, 601)])
    assert "in several currencies (CAD in 480 rows and USD in 120 rows), and" in said
