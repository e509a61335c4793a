"""Whatever way people write days, a column is read or asked about, and the cure that is named reads it."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from flywheel.adapters.sources.sources import Ground
from flywheel.project.charter.marks import Mark, open_marks
from flywheel.project.loader import load_project
from flywheel.project.proposing.deciding import settled
from flywheel.project.proposing.seeming import seeming
from flywheel.services.data.proposals import write_proposed
from tests.factories.sources import read_whole

DAYS = [date(2024, 1, 1) + timedelta(n) for n in range(0, 360, 3)]
FULL = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "de short": "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
}
MONTHS = {language: words.split() for language, words in FULL.items()}
WRITTEN = {
    "1. Januar 2024": lambda day: f"{day.day}. {MONTHS['de'][day.month - 1]} {day.year}",
    "01. Jan. 2024": lambda day: f"{day.day:02}. {MONTHS['de short'][day.month - 1]} {day.year}",
    "1. Jan. 2024": lambda day: f"{day.day}. {MONTHS['de short'][day.month - 1]} {day.year}",
    "1 janvier 2024": lambda day: f"{day.day} {MONTHS['fr'][day.month - 1]} {day.year}",
    "1er janvier 2024": lambda day: f"{day.day}{'er' * (day.day == 1)} {MONTHS['fr'][day.month - 1]} {day.year}",
    "1 de enero de 2024": lambda day: f"{day.day} de {MONTHS['es'][day.month - 1]} de {day.year}",
    "1 stycznia 2024": lambda day: f"{day.day} {MONTHS['pl'][day.month - 1]} {day.year}",
    "1 Ocak 2024": lambda day: f"{day.day} {MONTHS['tr'][day.month - 1]} {day.year}",
    "2024年1月1日": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "2024년 1월 1일": lambda day: f"{day.year}년 {day.month}월 {day.day}일",
    "01012024": lambda day: f"{day:%d%m%Y}",
    "01012024 as codes": lambda day: f"{day:%d%m%Y}",
    "Mo, 01.01.2024": lambda day: f"{('Mo', 'Di', 'Mi', 'Do', 'Fr', 'Sa', 'So')[day.weekday()]}, {day:%d.%m.%Y}",
    "01.01.2024 and 2024/01/01": lambda day: f"{day:%d.%m.%Y}" if day.month % 2 else f"{day:%Y/%m/%d}",
    "1st January 2024": lambda day: f"{day.day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(day.day, 'th') } {day:%B %Y}",
}
READ_AT_ONCE = (
    "1. Januar 2024",
    "01. Jan. 2024",
    "1. Jan. 2024",
    "1 janvier 2024",
    "1 de enero de 2024",
    "2024年1月1日",
    "2024년 1월 1일",
    "01012024",
)


def table(folder: Path, name: str, texts: list[str], *, header: str = "datum") -> Path:
    rows = "".join(f"{n};{text};{'yes' if n % 3 else 'no'}\n" for n, text in enumerate(texts))
    (folder / f"{name}.csv").write_text(f"id;{header};churn\n{rows}", encoding="utf-8")
    write_proposed(name, folder / name, folder / f"{name}.csv", target="churn")
    return folder / name


def days_read(project: Path, column: str) -> list[date]:
    data = load_project(project).charter.data
    assert data is not None
    read = read_whole(data.sources["main"], Ground(project), data=data).column(column).to_pylist()
    return [one.date() for one in read]


def asked_of(project: Path, column: str) -> Mark | None:
    text = (project / "project.toml").read_text(encoding="utf-8")
    return next((one for one in open_marks(text) if one.key == f"data.columns.{column}"), None)


@pytest.mark.parametrize("way", WRITTEN)
def test_days_are_read_or_asked_about_and_the_named_cure_reads_them(tmp_path: Path, way: str) -> None:
    texts, column = [WRITTEN[way](day) for day in DAYS], "batch" if "codes" in way else "datum"
    project = table(tmp_path, "first", texts, header=column)
    mark, file = asked_of(project, column), project / "project.toml"
    assert (mark is None) == (way in READ_AT_ONCE)
    if mark is not None and "date_format = " in mark.question:
        said = mark.question.partition("date_format = ")[2].partition(" under the source")[0]
        formats = tomllib.loads(f"x = {said}")["x"]
        file.write_text(
            settled(file.read_text(encoding="utf-8"), mark, f'"{formats}"' if isinstance(formats, str) else said),
            encoding="utf-8",
        )
    elif mark is not None:
        assert "write them as 2024-12-31" in mark.question
        project = table(tmp_path, "second", [day.isoformat() for day in DAYS])
        assert asked_of(project, column) is None
    assert days_read(project, column) == DAYS


def test_words_that_are_no_days_are_not_asked_about_as_such() -> None:
    for words in (("Zimmer", "Räume"), tuple(f"name{n}" for n in range(40))):
        asked = seeming({f"{n % 28 + 1} {words[n % len(words)]} {1990 + n % 30}": 1 for n in range(90)})
        assert "times" not in asked


def test_a_word_among_days_is_told_as_missing() -> None:
    asked = seeming({**{f"{day:%d.%m.%Y}": 1 for day in DAYS}, "offen": 5})
    assert "date_format = \"%d.%m.%Y\" under the source, and 'offen' to missing.codes" in asked
