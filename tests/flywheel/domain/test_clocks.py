"""Clocks: which of them are believed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from flywheel.domain.clocks import SLACK, Times

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONG, SHORT = timedelta(days=400), SLACK - timedelta(seconds=1)


@pytest.mark.parametrize(
    "times",
    [
        Times(NOW, NOW, NOW),
        Times(NOW, NOW, NOW - LONG),
        Times(NOW, NOW, datetime.min.replace(tzinfo=UTC)),
        Times(NOW - SHORT, NOW - SHORT, NOW),
        Times(NOW, NOW + SHORT, NOW),
        Times(NOW, NOW - SHORT, NOW),
    ],
)
def test_time_that_goes_on_is_believed(times: Times) -> None:
    assert times.trouble(SLACK) == ""


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (Times(NOW - LONG, NOW - LONG, NOW), "the clock runs back.*400 days later"),
        (Times(NOW - LONG, NOW, NOW), "the clock runs back"),
        (Times(NOW, NOW - LONG, NOW), "two clocks disagree.*400 days apart"),
        (Times(NOW, NOW + LONG, NOW), "two clocks disagree"),
        (Times(NOW + LONG, NOW, NOW), "two clocks disagree"),
        (Times(NOW, NOW + 2 * SLACK, NOW), "120 s apart"),
    ],
)
def test_a_step_is_told_with_its_length(times: Times, words: str) -> None:
    assert re.search(words, times.trouble(SLACK))
