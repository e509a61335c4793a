"""A waiver that has ended and a watch without anything to compare are told; what acts is not."""

from datetime import date
from pathlib import Path

from flywheel.project.charter.spent import spent_words
from flywheel.project.loader import load_project

CHARTER = """
name = "churn"
title = "Churn"
owner = "ana@bank.example"
[stakeholders]
validator = ["val@bank.example"]
[data]
target = "y"
sources.main = { uri = "x.csv" }
[data.columns]
x = { kind = "number" }
[[data.waivers]]
check = "DATA-001"
column = "x"
owner = "val@bank.example"
reason = "the source is mended in May"
until = 2026-05-31
[monitoring]
every = "1 week"
page = ["on-call"]
[[monitoring.signals]]
watch = "WATCH"
action = "page"
"""


def words(folder: Path, *, watch: str, today: date) -> list[str]:
    (folder / "project.toml").write_text(CHARTER.replace("WATCH", watch), encoding="utf-8")
    return list(spent_words(load_project(folder).charter, today=today))


def test_a_waiver_that_has_ended_is_told_from_the_day_after(tmp_path: Path) -> None:
    assert words(tmp_path, watch="input", today=date(2026, 5, 31)) == []
    (told,) = words(tmp_path, watch="input", today=date(2026, 6, 1))
    assert told.startswith("data.waivers[0]: the waiver of DATA-001 for x ended on 2026-05-31, and its finding counts")


def test_a_parity_watch_is_told_what_it_compares(tmp_path: Path) -> None:
    (told,) = words(tmp_path, watch="parity", today=date(2026, 5, 1))
    assert told.startswith("monitoring.signals[0]: parity asks the golden rows of a model behind an address again")
