"""What several rows are about is found by its header or by its values; amounts and groups are no names."""

from __future__ import annotations

import random
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from flywheel.project.charter.column_names import words_of
from flywheel.project.charter.marks import open_marks
from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.keys import keys_of
from flywheel.project.proposing.shared_names import may_name_several
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm
from flywheel.services.data.proposals import write_proposed

ROWS = 3_000
CHANCE = random.Random(5)
NUMBERS = CHANCE.sample(range(10_000, 99_999), 900)
NAMED: dict[str, Sequence[object]] = {
    "N° machine": [CHANCE.choice(NUMBERS) for _ in range(ROWS)],
    "Machine No.": [CHANCE.randint(1, 900) for _ in range(ROWS)],
    "matricule": [CHANCE.randint(1, 900) for _ in range(ROWS)],
    "where": [CHANCE.choice(NUMBERS) for _ in range(ROWS)],
    "unit": [f"mx-{CHANCE.choice(NUMBERS)}-b" for _ in range(ROWS)],
    "e_mail": [f"p{CHANCE.choice(NUMBERS)}@bank.example" for _ in range(ROWS)],
}
OTHERS: dict[str, Sequence[object]] = {
    "amount": [int(CHANCE.lognormvariate(8, 1)) for _ in range(ROWS)],
    "salary": [100 * CHANCE.randint(100, 900) for _ in range(ROWS)],
    "price": [1_000 + 10 * CHANCE.randint(0, 400) + 9 for _ in range(ROWS)],
    "visits": [CHANCE.randint(0, 400) for _ in range(ROWS)],
    "metres": [CHANCE.randint(1_000, 9_999) for _ in range(ROWS)],
    "zip": [CHANCE.choice(NUMBERS) for _ in range(ROWS)],
    "no_of_calls": [CHANCE.randint(0, 400) for _ in range(ROWS)],
    "job": [f"Job of {CHANCE.randint(0, 400)} words" for _ in range(ROWS)],
    "group_id": [CHANCE.randint(0, 9) for _ in range(ROWS)],
}


def kind_of(values: Iterable[object]) -> Kind:
    return Kind.INTEGER if all(isinstance(value, int) for value in values) else Kind.TEXT


@pytest.mark.parametrize("header", [*NAMED, *OTHERS])
def test_names_that_rows_share_are_told_from_amounts_and_groups(header: str) -> None:
    held = (NAMED | OTHERS)[header]
    said = may_name_several([words_of(header)], kind_of(held), Counter(map(str, held)), rows=ROWS)
    assert said is (header in NAMED)


@pytest.mark.parametrize("has_time", [True, False])
def test_what_is_called_a_name_is_the_entity_unless_a_time_might_part_its_rows(*, has_time: bool) -> None:
    """By time an entity counts in one period alone, so that there its author decides."""
    tables = {"N_machine": Counter(map(str, NAMED["N° machine"]))}
    if has_time:
        tables["seen"] = Counter(f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in range(ROWS))
    columns = [
        propose(name, "N° machine" if name == "N_machine" else name, values, given=None, form=TextForm(), is_whole=True)
        for name, values in tables.items()
    ]
    keys = keys_of(columns, tables, target=None)
    assert (keys.entity, keys.other_entities) == ((None, ("N_machine",)) if has_time else ("N_machine", ()))


@pytest.mark.parametrize("absent", [0, 1, 20])
@pytest.mark.parametrize("again", [0, 1, 20, 200])
@pytest.mark.parametrize("header", ["kunden_id", "ref"])
def test_rows_that_share_a_name_are_counted_among_those_that_have_one(
    tmp_path: Path, header: str, again: int, absent: int
) -> None:
    names = [f"K{n:04}" for n in range(500 - again)] + [f"K{n:04}" for n in range(again)] + [""] * absent
    rows = "".join(f"{name};{n % 37},5;{'ja' if n % 3 else 'nein'}\n" for n, name in enumerate(names))
    (tmp_path / "x.csv").write_text(f"{header};betrag;ziel\n{rows}", encoding="utf-8")
    write_proposed("odd", tmp_path / "odd", tmp_path / "x.csv")
    text = (tmp_path / "odd" / "project.toml").read_text(encoding="utf-8")
    asked = {mark.key: mark.question for mark in open_marks(text)}
    said = f"{asked.get('data.entity', '')} {asked.get(f'data.columns.{header}', '')}"
    assert "1.0 rows each" not in text
    assert ("1.7 rows each" in said) == (again == 200)
    assert (f"one row each but for {again} row" in said) == (again in {1, 20})
    assert ("rows each" in said or "row each" in said) == bool(again)
    if not again:
        held = tomllib.loads(text)["data"]["columns"][header]
        assert held.get("role") == "kept" or tomllib.loads(text)["data"].get("entity") == header
