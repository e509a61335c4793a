"""Days that stand for none are asked as missing, and days of cases are days."""

from __future__ import annotations

from collections import Counter

import pytest

from flywheel.project.proposing.columns import propose
from flywheel.project.text_form import TextForm

DAYS = [f"20{10 + n % 15}-{n % 12 + 1:02d}-{n % 28 + 1:02d}" for n in range(200)]
BIRTHS = [f"{1900 + n % 100}-01-01" for n in range(200)]


@pytest.mark.parametrize(
    ("days", "codes"),
    [
        ([*DAYS, "9999-12-31"], ("9999-12-31",)),
        ([*DAYS, *["1900-01-01"] * 40, "9999-12-31"], ("1900-01-01", "9999-12-31")),
        ([*DAYS, "2999-12-31 00:00:00"], ("2999-12-31 00:00:00",)),
        ([*(f"{day[8:]}.{day[5:7]}.{day[:4]}" for day in DAYS), "31.12.9999"], ("31.12.9999", "9999-12-31")),
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
