"""Up to when traffic is judged, as a person types it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flywheel.errors import InputRefused
from tasks.due_windows import end_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["2026-01-05T10:00:00", "2026-01-05T10:00:00+00:00", "2026-01-05T12:00+02:00"])
def test_a_time_without_a_zone_is_meant_in_utc(typed: str) -> None:
    assert end_of(typed, now=NOW) == datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed", ["20260105", "0001-01-01", "1969-12-31", "yesterday", "2026-01-05T10:00+99:00", "1e9"]
)
def test_what_is_no_moment_is_refused_with_what_is_allowed(typed: str) -> None:
    with pytest.raises(InputRefused, match="not a moment") as refused:
        end_of(typed, now=NOW)
    assert "2026-01-31T15:20+02:00" in refused.value.sentence()


def test_nothing_typed_is_now() -> None:
    assert end_of("", now=NOW) == NOW
