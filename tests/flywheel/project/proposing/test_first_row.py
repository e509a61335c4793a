"""Whether a first row names the columns is told from the rows, and asked where they do not show it."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.project.proposing.first_row import first_row_of

Cells = Callable[[random.Random, int], str]

COLUMNS: dict[str, Cells] = {
    "names": lambda _, row: f"C{row:05}",
    "people": lambda chance, row: f"{chance.choice(('Ann', 'Jo Ella', 'Kim'))} {chance.choice(('Lee', 'Ray'))}{row}",
    "regions": lambda chance, _: chance.choice("NSEW"),
    "plans": lambda chance, _: chance.choice(("basic", "gold", "extra plus")),
    "answers": lambda chance, _: chance.choice(("yes", "no", "no")),
    "counts": lambda chance, _: str(chance.randrange(900)),
    "few counts": lambda chance, _: str(chance.randrange(4)),
    "flags": lambda chance, _: chance.choice("01"),
    "amounts": lambda chance, _: f"{chance.lognormvariate(4, 1):.2f}",
    "changes": lambda chance, _: f"{chance.gauss(0, 1):.3f}",
    "days": lambda chance, _: f"2023-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
    "years": lambda chance, _: str(chance.randrange(1990, 2024)),
    "codes": lambda chance, _: f"{chance.choice('ABC')}{chance.randrange(1_000, 9_999)}",
}
WORDS = ("customer", "region_id", "Plan", "Betrag", "opened at", "CHURNED", "x1", "Q1", "place", "n", "kind")
SERIES: dict[str, Callable[[int], str]] = {
    "years": lambda place: str(2019 + place),
    "places from 0": str,
    "places from 1": lambda place: str(place + 1),
    "bounds": lambda place: str((30, 60, 90, 180, 360, 720, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000)[place]),
    "days": lambda place: f"2024-01-{place + 1:02}",
}


def _table(kinds: list[str], seed: int, rows: int = 300) -> list[list[str]]:
    chance = random.Random(seed)
    return [[COLUMNS[kind](chance, row) for kind in kinds] for row in range(rows)]


@given(kinds=st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, max_size=8), seed=st.integers(0, 10_000))
def test_rows_without_a_header_are_cases_or_it_is_asked(kinds: list[str], seed: int) -> None:
    found = first_row_of(_table(kinds, seed))
    assert not found.is_header or found.asked


@given(
    kinds=st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, max_size=8),
    series=st.sampled_from(sorted(SERIES)),
    named=st.lists(st.booleans(), min_size=8, max_size=8),
    seed=st.integers(0, 10_000),
)
def test_no_header_becomes_a_case_unasked(kinds: list[str], series: str, named: list[bool], seed: int) -> None:
    """The class: names that are numbers, all or some of them, in whatever order, over whatever columns."""
    header = [WORDS[place] if named[place] else SERIES[series](place) for place in range(len(kinds))]
    found = first_row_of([header, *_table(kinds, seed)])
    assert found.is_header or found.asked


@given(kinds=st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, max_size=8), seed=st.integers(0, 10_000))
def test_a_header_of_words_is_one_and_not_asked(kinds: list[str], seed: int) -> None:
    found = first_row_of([list(WORDS[: len(kinds)]), *_table(kinds, seed)])
    assert (found.is_header, found.asked) == (True, "")


@pytest.mark.parametrize(
    ("header", "kinds"),
    [
        (["customer", "region", "2019", "2020", "2021", "churned"], ["names", "regions", *["counts"] * 3, "answers"]),
        (["id", "2019", "2020", "2021", "y"], ["names", "amounts", "counts", "few counts", "answers"]),
        (["0", "1", "2", "3", "4"], ["amounts", "few counts", "changes", "changes", "flags"]),
        (["", "0", "1", "2", "target"], ["counts", "amounts", "few counts", "regions", "answers"]),
        (["sample", "400.0", "402.5", "405.0", "kind"], ["names", "amounts", "changes", "amounts", "plans"]),
        (["id", "30", "60", "90", "churned"], ["names", "counts", "counts", "counts", "answers"]),
    ],
)
def test_numbers_that_name_columns_are_proposed_as_names(header: list[str], kinds: list[str]) -> None:
    found = first_row_of([header, *_table(kinds, 7)])
    assert found.is_header
    assert ", ".join(header[1:4]) in found.asked


@pytest.mark.parametrize(
    "kinds",
    [
        ["amounts", "changes", "flags"],
        ["names", "amounts", "counts", "answers"],
        ["regions", "counts", "answers"],
        ["days", "counts", "amounts", "flags"],
    ],
)
def test_usual_rows_without_a_header_ask_nothing(kinds: list[str]) -> None:
    asked = [first_row_of(_table(kinds, seed)) for seed in range(20)]
    assert [one for one in asked if one.is_header or one.asked] == []


def test_a_header_that_stands_again_among_the_rows_is_still_one() -> None:
    header = ["region", "plan", "y"]
    rows = _table(["regions", "plans", "answers"], 7)
    found = first_row_of([header, *rows[:100], header, *rows[100:]])
    assert (found.is_header, found.asked) == (True, "")


def test_words_that_stand_in_other_rows_too_are_a_case_and_asked() -> None:
    found = first_row_of(_table(["regions", "plans", "answers"], 7))
    assert not found.is_header
    assert found.asked.startswith("does the first row (")
