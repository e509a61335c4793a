"""What a row is about is named by a name, never by when it happened."""

from __future__ import annotations

from collections import Counter

import pytest

from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.keys import keys_of
from flywheel.project.reading.text_form import TextForm

MOMENTS = {
    "seconds": [1_704_067_200 + 3_607 * n for n in range(300)],
    "milliseconds": [1_704_067_200_123 + 3_600_007 * n for n in range(300)],
    "microseconds": [1_704_067_200_123_456 + 3_600_007_001 * n for n in range(300)],
    "days of a spreadsheet": [45_292 + n for n in range(300)],
    "days of eight digits": [20_240_000 + 100 * (n % 12 + 1) + n // 12 + 1 for n in range(300)],
}


@pytest.mark.parametrize("name", ["created", "event_time", "ts", "signup_date"])
@pytest.mark.parametrize("values", list(MOMENTS.values()), ids=list(MOMENTS))
def test_no_count_of_time_names_what_a_row_is_about(name: str, values: list[int]) -> None:
    column = propose(name, name, Counter(map(str, values)), given=None, form=TextForm(), is_whole=True)
    assert keys_of([column], {name: {}}, target=None).entity is None


def test_a_number_of_its_own_still_names_what_a_row_is_about() -> None:
    values = Counter(str(1_704_067_200 + n) for n in range(300))
    column = propose("phone", "phone", values, given=None, form=TextForm(), is_whole=True)
    assert keys_of([column], {"phone": values}, target=None).entity == "phone"


@pytest.mark.parametrize(
    ("name", "first", "is_proposed"), [("geburt", 1975, False), ("opened", 1955, False), ("opened", 1975, True)]
)
def test_no_case_came_at_a_birth_or_before_computers_count_time(name: str, first: int, *, is_proposed: bool) -> None:
    days = Counter(f"{first + n % 30}-01-{n % 28 + 1:02d}" for n in range(200))
    column = propose(name, name, days, given=None, form=TextForm(), is_whole=True)
    keys = keys_of([column], {name: days}, target=None)
    assert (keys.time, keys.other_times) == ((name, ()) if is_proposed else (None, (name,)))
