"""An amount names nothing, however it is written and even where each row has its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.keys import keys_of
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm

AMOUNTS = [(1_000 + 37 * n) / 100 * (1 if n % 4 else -1) for n in range(300)]
WRITTEN: dict[str, Callable[[float], str]] = {
    "minus behind": lambda one: f"{abs(one):.2f}{'-' if one < 0 else ''}",
    "in brackets": lambda one: f"({abs(one):,.2f})" if one < 0 else f"{one:,.2f}",
    "currency in brackets": lambda one: f"(${abs(one):,.2f})" if one < 0 else f"${one:,.2f}",
    "two currencies": lambda one: f"{abs(one):.2f} {'EUR' if one < 50 else 'USD'}",
    "currency before whole ones": lambda one: f"{'EUR' if one < 50 else 'USD'}{abs(one) * 100:.0f}",
    "debit and credit": lambda one: f"{abs(one):.2f} {'CR' if one < 0 else 'DR'}",
    "whole, some below nought": lambda one: f"{one * 100:.0f}",
    "thousands": lambda one: f"{abs(one) * 100_000:,.0f}",
}
NAMES: dict[str, Callable[[int], str]] = {
    "whole": lambda n: f"{100_003 + 7 * n}",
    "in groups": lambda n: f"12.{345 + n}.678",
    "groups with blanks": lambda n: f"732 {300 + n} 320",
    "with a check digit": lambda n: f"12.{345 + n}.678-{n % 10}",
    "a phone": lambda n: f"+49 151 12{300 + n}",
    "letters": lambda n: f"K{1_000 + n}",
    "a hash": lambda n: f"{(-1) ** n * (7_234_567_890_123_456 + n)}",
}


def column(values: list[str], name: str = "x", given: Kind | None = None) -> Proposed:
    return propose(name, name, Counter(values), given=given, form=TextForm(), is_whole=True)


@pytest.mark.parametrize("given", [None, Kind.TEXT])
@pytest.mark.parametrize("written", list(WRITTEN.values()), ids=list(WRITTEN))
def test_an_amount_is_no_name(written: Callable[[float], str], given: Kind | None) -> None:
    values = [written(one) for one in AMOUNTS]
    assert len(set(values)) == len(values)
    found = column(values, given=given)
    assert keys_of([found], {"x": Counter(values)}, target=None).entity is None
    assert "name" not in found.kept


@pytest.mark.parametrize("name", ["amount", "Betrag_EUR", "prix_total", "cena"])
def test_whole_amounts_are_told_by_their_header_and_stay_features(name: str) -> None:
    values = [f"{100_003 + 7 * n}" for n in range(300)]
    found = column(values, name)
    assert (keys_of([found], {name: Counter(values)}, target=None).entity, found.kept) == (None, "")


@pytest.mark.parametrize("written", list(NAMES.values()), ids=list(NAMES))
def test_a_name_in_digits_stays_a_name(written: Callable[[int], str]) -> None:
    values = [written(n) for n in range(300)]
    assert keys_of([column(values)], {"x": Counter(values)}, target=None).entity == "x"


@pytest.mark.parametrize("name", ["id", "payment_id", "sales_nr", "customer"])
def test_what_its_header_calls_a_name_is_one_with_thousands_too(name: str) -> None:
    values = [f"{1_000_003 + 7 * n:,}" for n in range(300)]
    assert keys_of([column(values, name)], {name: Counter(values)}, target=None).entity == name


def test_amounts_of_several_rows_are_nobodys_name() -> None:
    values = [f"{'EUR' if n % 2 else 'USD'}{1_000 + n % 200}" for n in range(600)]
    assert keys_of([column(values)], {"x": Counter(values)}, target=None).repeated == ()
