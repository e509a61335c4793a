"""Waits grow with every failure, have an end, and are spread."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flywheel.domain.backoff import wait_before


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 1), (2, 2), (5, 16), (10, 300), (10_000, 300)])
def test_wait_doubles_up_to_five_minutes(attempt: int, seconds: float) -> None:
    assert wait_before(attempt, chance=0.5) == timedelta(seconds=seconds)


def test_chance_spreads_the_wait_by_half_either_way() -> None:
    assert wait_before(2, chance=0.0) == timedelta(seconds=1)
    assert wait_before(2, chance=1.0) == timedelta(seconds=3)
