"""Whatever is proposed from a table holds: the charter loads, and the table has no fault by it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flywheel.project.charter.marks import open_marks
from flywheel.project.loader import load_project
from flywheel.project.proposing.deciding import settled
from flywheel.services.data.data_check import check_data
from flywheel.services.data.proposals import write_proposed
from flywheel.settings import Settings

ROWS = 300
Cells = Callable[[random.Random, int], str]


def _day(chance: random.Random, years: range) -> dt.date:
    return dt.date(chance.choice(years), chance.randrange(1, 13), chance.randrange(1, 29))


def _typed(chance: random.Random) -> str:
    day = _day(chance, range(2021, 2025))
    return str(day.replace(year=day.year + chance.choice((100, 200, 1_000))) if chance.random() < 0.3 else day)


UGLY: dict[str, Cells] = {
    "days of the Buddhist calendar": lambda chance, _: f"{_day(chance, range(2560, 2568)):%d/%m/%Y}",
    "such days by ISO": lambda chance, _: str(_day(chance, range(2560, 2568))),
    "such days of births": lambda chance, _: str(_day(chance, range(2460, 2550))),
    "far days": lambda chance, _: str(_day(chance, range(2030, 2900))),
    "far days alone": lambda chance, _: f"{_day(chance, range(2300, 9_999)):%d.%m.%Y}",
    "mistyped years": lambda chance, _: _typed(chance),
    "old days": lambda chance, _: str(_day(chance, range(1000, 1800))),
    "days of none": lambda chance, row: f"{(1900, 2999, 9999)[row % 3]}-01-01" if row % 4 else str(dt.date(2024, 1, 2)),
    "several far days": lambda chance, _: chance.choice([f"{year}-12-31" for year in (2023, 2024, 9999, 2999, 2500)]),
    "times of many ways": lambda chance, row: (
        f"{_day(chance, range(2020, 2025)):%d.%m.%Y}{(' 09:15', ' 9h15', ' 9h', ' 9.15 Uhr', '')[row % 5]}"
    ),
    "limits": lambda chance, row: f"<{chance.randrange(90)}" if row % 6 == 0 else str(chance.randrange(900)),
    "words among numbers": lambda chance, row: chance.choice(("k.A.", "-", "nil")) if row % 7 == 0 else str(row),
    "many words among numbers": lambda chance, row: f"w{chance.randrange(99)}" if row % 7 == 0 else str(row * 3),
    "codes": lambda chance, row: str(chance.choice((999, -999, 9_999, -1)) if row % 5 == 0 else chance.randrange(90)),
    "many codes": lambda chance, row: str(10**6 + row if row % 3 == 0 else chance.randrange(90)),
    "words of all sorts": lambda chance, _: chance.choice(('a"b', "c\\d", "e, f", "g; h", "'i'", "# j", " ", "k\tl")),
    "words with line breaks": lambda chance, _: chance.choice(("a\nb", "c", "")),
    "long words": lambda chance, _: chance.choice(("x" * 250, "y")),
    "two digits of a year": lambda chance, _: f"{_day(chance, range(1920, 2010)):%d.%m.%y}",
    "amounts": lambda chance, _: chance.choice(("1,234.50", "-2.5", "(3.10)", "4.20-", "")),
    "percent": lambda chance, _: f"{chance.randrange(100)} %",
    "durations": lambda chance, _: f"{chance.randrange(9)}:{chance.randrange(60):02}",
    "seconds": lambda chance, _: f"{chance.randrange(1_600_000_000, 1_700_000_000)}",
    "noughts before": lambda chance, _: f"{chance.randrange(10**5):05}",
    "powers": lambda chance, _: f"{chance.randrange(90)}E{chance.randrange(9)}",
    "nothing": lambda *_: "",
    "whole with a point": lambda chance, _: chance.choice(("1.0", "2.0", "3.0", "")),
    "truths": lambda chance, _: chance.choice(("TRUE", "false", "")),
    "parts of a second": lambda chance, _: (
        f"2024-03-{chance.randrange(1, 29):02} 10:11:12.{chance.randrange(10**9):09}"
    ),
    "lakhs": lambda chance, _: chance.choice(("1,23,456.78", "12,34,567", "98.50", "1,234.5")),
    "powers with a comma": lambda chance, _: f"{chance.randrange(900) / 100:.2f}E+05".replace(".", ","),
    "half of limits": lambda chance, row: ">150" if row % 2 else str(chance.randrange(150)),
    "uncertain numbers": lambda chance, _: f"{chance.randrange(900) / 100:.2f} \u00b1 0.1",
    "months of years": lambda chance, row: f"{2021 + row % 3}{chance.randrange(1, 13):02}",
    "two numbers in quotes": lambda chance, _: f"{chance.randrange(90)},{chance.randrange(1, 60)}",
    "noughts for missing": lambda chance, row: "0000" if row % 9 == 0 else str(chance.randrange(1, 3_000)),
    "noughts among codes": lambda chance, row: "000" if row % 9 == 0 else str(chance.randrange(100, 900)),
    "the end of a day": lambda _, row: f"2024-03-01 {row % 24 + 1:02}:00",
    "thirds of missing words": lambda _, row: ("NA", "?", "-")[row % 3],
    "numbers behind a word": lambda chance, _: f"No. {chance.randrange(900)}",
    "numbers of which some are rough": lambda chance, row: f"{'' if row % 3 else 'ca. '}{chance.randrange(900)}",
    "rupees": lambda chance, _: f"Rs. {chance.randrange(90_000):,}",
    "prices without cents": lambda chance, _: chance.choice(
        (f"{chance.randrange(900)}.-", f"{chance.randrange(9)}.50")
    ),
    "digits with lines": lambda chance, _: f"{chance.randrange(1_000, 99_999):_}",
    "weights and a word": lambda chance, row: f"{chance.randrange(9_00) / 100} kg" if row % 9 else "b.d.",
    "numbers": lambda chance, _: f"{chance.gauss(100, 20):.3f}",
    "counts": lambda chance, _: str(chance.randrange(60)),
    "telephones": lambda chance, _: f"+49{chance.randrange(10**9, 10**10)}",
    "the header again": lambda chance, row: "COLUMN" if row % 90 == 0 else str(chance.randrange(60)),
    "zones by name": lambda chance, _: f"2024-03-{chance.randrange(1, 29):02} 10:11:12 Europe/Berlin",
}
NAMED = (
    *("column", "tel", "age", "sex", "birthdate", "e-mail", "customer_id", "kunde_nr", "weight", "sample_weight"),
    *("price", "amount", "date", "created_at", "updated", "month", "year", "week", "split", "fold", "name", "iban"),
    *("zip_code", "postcode", "city", "status", "region", "index", "key", "ref", "no", "default", "target", "Kod"),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.load(home=tmp_path_factory.mktemp("home"), environ={})


def _faults(kinds: list[str], seed: int, home: Settings, *, named: Sequence[str] = (), is_denied: bool = False) -> str:
    """Propose a table of such columns, answer each question with Enter or with what it calls a no, and check it."""
    chance, text = random.Random(seed), io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    names = named or [f"column {place}" for place in range(len(kinds))]
    rows.writerow(["id", *names, "left"])
    for row in range(ROWS):
        cells = [UGLY[kind](chance, row) for kind in kinds]
        rows.writerow(
            [name.upper() for name in ("id", *names, "left")]
            if "COLUMN" in cells
            else [f"K{row:04}", *cells, "yes" if row % 3 else "no"]
        )
    with TemporaryDirectory() as scratch:
        file, folder = Path(scratch) / "ugly.csv", Path(scratch) / "ugly"
        file.write_text(text.getvalue(), encoding="utf-8")
        write_proposed("ugly", folder, file, today=dt.date(2026, 11, 30))
        charter = folder / "project.toml"
        load_project(folder)
        while marks := open_marks(charter.read_text(encoding="utf-8")):
            said = charter.read_text(encoding="utf-8")
            is_of_a_column = is_denied and marks[0].key.startswith("data.columns.") and " else " in marks[0].question
            charter.write_text(settled(said, marks[0], "no" if is_of_a_column else ""), encoding="utf-8")
        found = check_data(load_project(folder), settings=home).faults
        return "\n".join(fault.sentence() for fault in found if "the header, and" not in fault.sentence())


@pytest.mark.parametrize("kind", sorted(UGLY))
def test_what_is_proposed_of_an_ugly_column_holds(kind: str, home: Settings) -> None:
    assert _faults([kind], 7, home) == ""


@given(kinds=st.lists(st.sampled_from(sorted(UGLY)), min_size=2, max_size=8), seed=st.integers(0, 999))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_proposed_of_ugly_columns_beside_one_another_holds(kinds: list[str], seed: int, home: Settings) -> None:
    assert _faults(kinds, seed, home) == ""


@given(
    columns=st.lists(
        st.tuples(st.sampled_from(NAMED), st.sampled_from(sorted(UGLY))), max_size=6, unique_by=lambda one: one[0]
    ),
    seed=st.integers(0, 999),
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_proposed_holds_whatever_columns_are_called(
    columns: list[tuple[str, str]], seed: int, home: Settings
) -> None:
    assert _faults([kind for _, kind in columns], seed, home, named=[name for name, _ in columns]) == ""


def test_no_rule_decides_by_what_tells_who_somebody_is(home: Settings) -> None:
    assert _faults(["telephones"], 1, home, named=["tel"]) == ""


@pytest.mark.parametrize("kind", ["numbers behind a word", "numbers of which some are rough"])
def test_numbers_beside_a_word_are_read_where_that_is_wanted(kind: str, home: Settings) -> None:
    assert _faults([kind], 1, home, is_denied=True) == ""
