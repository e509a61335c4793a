"""What is proposed reads every date as it was written, or a question is open and the dates are not read."""

from __future__ import annotations

import tempfile
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel.errors import InputRefused
from flywheel.project.charter.marks import open_marks
from flywheel.project.loader import problems_in
from flywheel.project.proposing.deciding import settled
from flywheel.project.reading.moments import moment_of
from flywheel.services.data.proposals import write_proposed

KEY = "data.sources.main.date_format"
BY_SIGN = {
    "/": ("%d/%m/%Y", "%m/%d/%Y"),
    "-": ("%d-%m-%Y", "%m-%d-%Y"),
    "/y": ("%d/%m/%y", "%m/%d/%y"),
    "-y": ("%d-%m-%y", "%m-%d-%y", "%y-%m-%d"),
    "clock": ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"),
    ".": ("%d.%m.%Y", "%d.%m.%Y"),
}
START = date(2001, 1, 1)
DAYS = {
    "any": st.integers(0, 9_000).map(lambda n: START + timedelta(n)),
    "first of month": st.integers(0, 200).map(lambda n: date(2001 + n // 12, n % 12 + 1, 1)),
    "first twelve": st.integers(0, 2_000).map(lambda n: date(2001 + n // 144, n // 12 % 12 + 1, n % 12 + 1)),
}


def proposed(written: dict[str, list[str]]) -> str:
    """Propose a charter for columns of texts beside a target, and give its text."""
    with tempfile.TemporaryDirectory() as folder:
        rows = zip(*written.values(), strict=True)
        lines = [",".join((*row, str(n % 2))) for n, row in enumerate(rows)]
        (Path(folder) / "x.csv").write_text("\n".join([",".join((*written, "churn")), *lines, ""]))
        write_proposed("churn", Path(folder) / "churn", Path(folder) / "x.csv", target="churn")
        return (Path(folder) / "churn" / "project.toml").read_text(encoding="utf-8")


def read_wrongly(text: str, written: dict[str, list[str]], meant: dict[str, list[date]]) -> list[str]:
    """Name the columns of times of which a value is read as another day; what is not read is told when it is."""
    data = tomllib.loads(text)["data"]
    formats = data["sources"]["main"].get("date_format", [])
    times = [name for name in written if data["columns"][name]["kind"] == "time"]
    read = {name: [moment_of(value, formats) for value in written[name]] for name in times}
    return [
        name
        for name in times
        if any(one is not None and one.date() != day for one, day in zip(read[name], meant[name], strict=True))
    ]


@st.composite
def files(draw: st.DrawFn) -> tuple[dict[str, list[str]], dict[str, list[date]], int]:
    """Several columns of dates that one person writes in one order, each in some way and from some days."""
    order = draw(st.integers(0, 1))
    written, meant = {}, {}
    for place in range(draw(st.integers(1, 4))):
        form = BY_SIGN[draw(st.sampled_from(sorted(BY_SIGN)))][order]
        days = draw(st.lists(DAYS[draw(st.sampled_from(sorted(DAYS)))], min_size=12, max_size=12))
        meant[f"day_{place}"] = days
        written[f"day_{place}"] = [f"{day:{form}}" for day in days]
    return written, meant, order


@settings(max_examples=60)
@given(files())
def test_dates_of_one_order_are_read_as_written_or_not_until_a_question_is_answered(
    file: tuple[dict[str, list[str]], dict[str, list[date]], int],
) -> None:
    """The class: never silently wrong; and the answer that is true settles every column."""
    written, meant, order = file
    text = proposed(written)
    assert read_wrongly(text, written, meant) == []
    assert [one for one in problems_in(text) if "decide" not in one.what] == []
    mark = next((one for one in open_marks(text) if one.key == KEY), None)
    unread = [name for name, values in written.items() if any(_reading(text, value) is None for value in values)]
    assert bool(unread) == (mark is not None)
    if mark is not None:
        after = settled(text, mark, ("day", "month first")[order])
        assert KEY not in {one.key for one in open_marks(after)}
        assert read_wrongly(after, written, meant) == []
        assert [
            name for name, values in written.items() if any(_reading(after, value) is None for value in values)
        ] == []


def _reading(text: str, value: str) -> datetime | None:
    return moment_of(value, tomllib.loads(text)["data"]["sources"]["main"].get("date_format", []))


YEAR = [START + timedelta(7 * n) for n in range(50)]
FIRSTS = [day.replace(day=1) for day in YEAR]


def test_what_one_column_shows_reads_the_others_and_is_told() -> None:
    meant = {"start": FIRSTS, "applied": YEAR}
    written = {name: [f"{day:%d/%m/%Y}" for day in days] for name, days in meant.items()}
    text = proposed(written)
    line = next(line for line in text.splitlines() if line.startswith("date_format"))
    assert line == (
        'date_format = ["%d/%m/%Y"]  # 15/01/2001 in applied shows that the day comes first; start is read so too'
    )
    assert read_wrongly(text, written, meant) == []


def test_columns_of_both_orders_are_never_both_times() -> None:
    meant = {"ours": YEAR, "theirs": YEAR, "start": FIRSTS}
    forms = {"ours": "%d/%m/%Y", "theirs": "%m/%d/%Y", "start": "%d/%m/%Y"}
    written = {name: [f"{day:{forms[name]}}" for day in days] for name, days in meant.items()}
    text = proposed(written)
    data = tomllib.loads(text)["data"]
    assert [data["columns"][name]["kind"] for name in meant] == ["time", "text", "text"]
    asked = {one.key: one.question for one in open_marks(text)}
    assert all("write them in one way" in asked[f"data.columns.{name}"] for name in ("theirs", "start"))


@pytest.mark.parametrize("answer", ["", "-"])
def test_without_an_answer_no_day_is_read(answer: str) -> None:
    text = proposed({"day": [f"{day:%d/%m/%Y}" for day in FIRSTS]})
    mark = next(one for one in open_marks(text) if one.key == KEY)
    assert "random" in next(line for line in text.splitlines() if line.startswith("split"))
    assert "date_format" not in tomllib.loads(settled(text, mark, answer))["data"]["sources"]["main"]


def test_an_answer_that_is_no_format_is_refused_with_the_answers() -> None:
    text = proposed({"day": [f"{day:%d/%m/%Y}" for day in FIRSTS]})
    mark = next(one for one in open_marks(text) if one.key == KEY)
    with pytest.raises(InputRefused, match="day or month or formats"):
        settled(text, mark, "yes")
    with pytest.raises(InputRefused, match="two different times"):
        settled(text, mark, '["%d/%m/%Y", "%m/%d/%Y"]')
