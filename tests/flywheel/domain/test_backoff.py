"""Waiting between tries: longer each time, never for ever, never all at the same moment."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.backoff import FIRST_SECONDS, LONGEST_SECONDS, wait_before


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_wait_stays_within_bounds(attempt: int, chance: float) -> None:
    wait = wait_before(attempt, chance=chance)
    assert timedelta(seconds=FIRST_SECONDS / 2) <= wait <= timedelta(seconds=LONGEST_SECONDS * 1.5)


@given(st.integers(1, 100))
def test_later_tries_never_wait_shorter(attempt: int) -> None:
    assert wait_before(attempt, chance=0.5) <= wait_before(attempt + 1, chance=0.5)


def test_wait_doubles_at_first() -> None:
    assert [wait_before(n, chance=0.5).total_seconds() for n in (1, 2, 3, 4)] == [1, 2, 4, 8]
