"""Refusals leave one after another: a few at once, then at a bounded rate, large ones later, none too late."""

from __future__ import annotations

from deployments.service.admission import LATEST_REFUSAL_SECONDS, REFUSALS_PER_SECOND, Refusals


def test_few_refusals_leave_at_once_and_very_many_at_a_bounded_rate() -> None:
    refusals = Refusals()
    waits = [refusals.wait_seconds(0, now=100.0) for _ in range(400)]
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert 2.5 < waits[-1] <= 400 / REFUSALS_PER_SECOND


def test_large_refused_body_waits_longer_than_a_small_one() -> None:
    refusals = Refusals()
    assert refusals.wait_seconds(4_000_000, now=0.0) > Refusals().wait_seconds(100, now=0.0)


def test_no_refusal_waits_longer_than_is_bearable_and_debts_are_forgotten() -> None:
    refusals = Refusals()
    assert max(refusals.wait_seconds(1_000_000, now=0.0) for _ in range(1_000)) == LATEST_REFUSAL_SECONDS
    assert refusals.wait_seconds(100, now=LATEST_REFUSAL_SECONDS + 2) == 0
