"""Columns that say nothing but when a row came are features that no watch looks at, or are kept aside as periods."""

from __future__ import annotations

import csv
import random
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deployments.programs.check_data import judge_joined
from flywheel.domain.stages import Stage
from flywheel.project.charter.marks import open_marks
from flywheel.project.charter.preflight import preflight
from flywheel.project.loader import load_project, problems_in
from flywheel.project.proposing.deciding import settled
from flywheel.project.proposing.proposal import Proposal
from flywheel.services.data.data_check import check_data
from flywheel.services.data.proposals import write_proposed
from flywheel.settings import Settings

NAMES = ("id", "at", "monat", "month", "quarter", "year", "yyyymm", "weekday", "amount", "region", "y")
TODAY = date(2026, 11, 30)
pytestmark = pytest.mark.usefixtures("foreign_examiners")
MONTHS = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")


def rows(count: int, days: int, written: Callable[[datetime], str]) -> list[list[str]]:
    chance, first = random.Random(5), datetime(2025, 10, 1, tzinfo=UTC)
    moments = [first + timedelta(seconds=chance.randrange(days * 86_400)) for _ in range(count)]
    return [
        [
            f"C{place:05}",
            written(at),
            MONTHS[at.month - 1],
            str(at.month),
            f"Q{(at.month - 1) // 3 + 1}",
            str(at.year),
            f"{at:%Y%m}",
            f"{at:%A}",
            f"{chance.lognormvariate(4, 1):.2f}",
            chance.choice("NSOW"),
            chance.choice(("yes", "no", "no")),
        ]
        for place, at in enumerate(moments)
    ]


def proposed(folder: Path, table: list[list[str]], *, parquet: bool = False) -> tuple[Proposal, str]:
    file = folder / ("x.parquet" if parquet else "x.csv")
    if parquet:
        columns = [list(column) for column in zip(*table, strict=True)]
        typed = [pa.array(column) for column in columns]
        typed[1] = pa.array([datetime.fromisoformat(text) for text in columns[1]], type=pa.timestamp("ns"))
        for place in (3, 5, 6):
            typed[place] = pa.array([int(text) for text in columns[place]])
        pq.write_table(pa.table(typed, names=list(NAMES)), file)
    else:
        with file.open("w", newline="", encoding="utf-8") as target:
            csv.writer(target).writerows([NAMES, *table])
    proposal = write_proposed("shop", folder / "shop", file, target="y", owner="ana@bank.example", today=TODAY)
    return proposal, (folder / "shop" / "project.toml").read_text(encoding="utf-8")


def after_enter(text: str) -> str:
    """Take what is proposed at every question."""
    while marks := open_marks(text):
        text = settled(text, marks[0])
    return text


def follows(proposal: Proposal) -> dict[str, str]:
    return {one.name: one.follows for one in proposal.columns if one.follows}


WRITTEN: dict[str, Callable[[datetime], str]] = {
    "moments": lambda at: f"{at:%Y-%m-%d %H:%M:%S}",
    "days": lambda at: f"{at:%Y-%m-%d}",
    "days of its own format": lambda at: f"{at:%d.%m.%Y}",
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize(("count", "days"), [(800, 370), (4_000, 500)])
def test_columns_of_the_calendar_are_left_alone_by_sentinels_and_drift(
    tmp_path: Path, count: int, days: int, written: Callable[[datetime], str]
) -> None:
    proposal, text = proposed(tmp_path, rows(count, days, written))
    assert follows(proposal) == {"monat": "month", "month": "month", "quarter": "quarter"}
    assert {one.name for one in proposal.columns if one.is_period} == {"year", "yyyymm"}
    assert [one.name for one in proposal.amounts] == ["amount"]
    (tmp_path / "shop" / "project.toml").write_text(after_enter(text), encoding="utf-8")
    charter = load_project(tmp_path / "shop").charter
    assert charter.monitoring is not None
    exempt = {one.watch.value: one.exempt for one in charter.monitoring.signals}
    aside = ("monat", "month", "quarter")
    assert exempt == {"input": (), "sentinels": aside, "drift": aside}
    assert [problem for stage in Stage for problem in preflight(charter, stage)] == []


def test_a_table_of_parquet_shows_the_same(tmp_path: Path) -> None:
    proposal, _ = proposed(tmp_path, rows(900, 400, lambda at: at.isoformat()), parquet=True)
    assert set(follows(proposal)) == {"monat", "month", "quarter"}


def test_a_no_keeps_the_column_aside_and_the_plan_may_go_on_naming_it(tmp_path: Path) -> None:
    _, text = proposed(tmp_path, rows(900, 400, WRITTEN["moments"]))
    (mark,) = (one for one in open_marks(text) if one.key == "data.columns.monat")
    assert "it says no more than the month of at, of which each week holds a part" in mark.question
    charter = tomllib.loads(after_enter(settled(text, mark, "no")))
    assert charter["data"]["columns"]["monat"]["role"] == "kept"
    assert "monat" in charter["monitoring"]["signals"][1]["exempt"]
    assert [one.what for one in problems_in(after_enter(settled(text, mark, "no")))] == []


def test_without_a_time_or_with_columns_that_chance_made_nothing_is_left_alone(tmp_path: Path) -> None:
    table = rows(900, 400, WRITTEN["moments"])
    without = [[*row[:1], str(place % 7), *row[2:]] for place, row in enumerate(table)]
    proposal, text = proposed(tmp_path, without)
    assert follows(proposal) == {}
    assert "exempt" not in text


def test_a_check_of_the_data_notes_what_follows_the_calendar_and_is_watched(tmp_path: Path) -> None:
    _, text = proposed(tmp_path, rows(900, 400, WRITTEN["moments"]))
    charter = tmp_path / "shop" / "project.toml"

    def noted(text: str) -> dict[str, str]:
        charter.write_text(text, encoding="utf-8")
        settings = Settings.load(home=tmp_path, environ={})
        found = check_data(load_project(charter.parent), settings=settings, judge=judge_joined)
        return {one.column: one.cure for one in found.notes if "it says no more than" in one.what}

    settled_text = after_enter(text)
    assert noted(settled_text) == {}
    watched = re.sub(r"(?m)^exempt = .*\n", "", settled_text)
    assert noted(watched).keys() == {"monat", "month", "quarter"}
    assert noted(watched)["monat"].startswith('exempt = ["monat"] under the signals sentinels and drift')
