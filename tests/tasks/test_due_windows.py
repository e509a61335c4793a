"""Up to when traffic is judged, as a person types it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasks.due_windows import end_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["2026-01-05T10:00:00", "2026-01-05T10:00:00+00:00", "2026-01-05T12:00:00+02:00"])
def test_a_time_without_a_zone_is_meant_in_utc(typed: str) -> None:
    assert end_of(typed, now=NOW) == datetime(2026, 1, 5, 10, tzinfo=UTC)


def test_nothing_typed_is_now() -> None:
    assert end_of("", now=NOW) == NOW
