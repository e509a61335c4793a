"""Work of one kind is done at a bounded pace: a little at once, then piece after piece, large later, none too late."""

from __future__ import annotations

from deployments.service.admission import MOST_CREDIT, MOST_CREDITORS, Credit, pace_of_large_bodies, pace_of_refusals


def test_few_refusals_leave_at_once_and_very_many_at_a_bounded_rate() -> None:
    refusals = pace_of_refusals()
    waits = [refusals.wait_seconds(0, now=100.0) for _ in range(400)]
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert 2.5 < waits[-1] <= 400 / refusals.per_second


def test_large_refused_body_waits_longer_than_a_small_one() -> None:
    refusals = pace_of_refusals()
    assert refusals.wait_seconds(4_000_000, now=0.0) > pace_of_refusals().wait_seconds(100, now=0.0)


def test_no_refusal_waits_longer_than_is_bearable_and_debts_are_forgotten() -> None:
    refusals = pace_of_refusals()
    assert max(refusals.wait_seconds(1_000_000, now=0.0) for _ in range(1_000)) == refusals.latest_seconds
    assert refusals.wait_seconds(100, now=refusals.latest_seconds + 2) == 0


def test_large_bodies_are_taken_in_faster_than_their_rows_are_answered_and_no_faster() -> None:
    pace, now = pace_of_large_bodies(), 0.0
    for _ in range(640):
        now += pace.wait_seconds(65_536, now=now)
    assert 2.0 < now < 4.0, "40 MB"


def test_a_caller_earns_a_few_refusals_and_those_that_earned_last_are_remembered() -> None:
    credit = Credit()
    for _ in range(100):
        credit.earn("busy")
    assert [credit.spend("busy") for _ in range(MOST_CREDIT + 1)] == [*[True] * MOST_CREDIT, False]
    assert not credit.spend("nobody")
    credit.earn("early")
    for other in range(MOST_CREDITORS):
        credit.earn(other)
    assert not credit.spend("early")
    assert credit.spend(0)
