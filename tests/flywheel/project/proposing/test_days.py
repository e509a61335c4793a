"""Days that stand for none are asked as missing, and days of cases are days."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.keys import keys_of
from flywheel.project.reading.text_form import TextForm

DAYS = [f"20{10 + n % 15}-{n % 12 + 1:02d}-{n % 28 + 1:02d}" for n in range(200)]
BIRTHS = [f"{1900 + n % 100}-01-01" for n in range(200)]


@pytest.mark.parametrize(
    ("days", "codes"),
    [
        ([*DAYS, "9999-12-31"], ("9999-12-31",)),
        ([*DAYS, *["1900-01-01"] * 40, "9999-12-31"], ("1900-01-01", "9999-12-31")),
        ([*DAYS, "2999-12-31 00:00:00"], ("2999-12-31 00:00:00",)),
        ([*(f"{day[8:]}.{day[5:7]}.{day[:4]}" for day in DAYS), "31.12.9999"], ("31.12.9999", "9999-12-31")),
        (["9999-12-31"] * 50, ("9999-12-31",)),
        ([*["9999-12-31"] * 50, "2024-01-01", "2024-01-02"], ("9999-12-31",)),
        (["9999-12-31T00:00:00", "2500-01-01T00:00:00", *DAYS], ("9999-12-31T00:00:00", "2500-01-01T00:00:00")),
        (DAYS, ()),
        (BIRTHS, ()),
        (["1970-01-01", "1971-05-05", *DAYS], ()),
    ],
)
def test_a_day_far_from_all_others_that_says_none_is_asked(days: list[str], codes: tuple[str, ...]) -> None:
    found = propose("day", "day", Counter(days), given=None, form=TextForm(), is_whole=True)
    assert set(found.codes) == set(codes)
    assert bool(found.decide) is bool(codes)
    assert (found.missing_share > 0) is bool(codes)


@pytest.mark.parametrize(
    ("days", "meant"),
    [(["9999-12-31"], "for ever"), (["1900-01-01"], "unknown"), (["1900-01-01", "9999-12-31"], "for ever or unknown")],
)
def test_the_question_says_what_such_a_day_means(days: list[str], meant: str) -> None:
    found = propose("day", "day", Counter([*DAYS, *days]), given=None, form=TextForm(), is_whole=True)
    assert found.decide[-1].endswith(f"far from all other days: does that say {meant}, and so missing?")


def test_a_column_of_for_ever_is_no_time_of_a_case() -> None:
    found = propose(
        "valid_until", "valid_until", Counter(["9999-12-31"] * 50), given=None, form=TextForm(), is_whole=True
    )
    assert keys_of([found], {"valid_until": {}}, target=None).time is None


@pytest.mark.parametrize("mistyped", ["2024-12-01", "2026-05-01", "2202-05-01"])
def test_one_mistyped_day_is_not_where_the_days_end(mistyped: str) -> None:
    days = [(date(2022, 1, 1) + timedelta(days=7 * n % 700)).isoformat() for n in range(300)]
    found = propose("day", "day", Counter([*days, mistyped]), given=None, form=TextForm(), is_whole=True)
    assert found.span == (date(2022, 1, 1), date.fromisoformat(max(days)))
