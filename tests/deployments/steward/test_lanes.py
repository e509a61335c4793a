"""Lanes: what hangs in one holds up no other, and a lane is carried by one thread at a time."""

from __future__ import annotations

import threading

from deployments.steward.lanes import Lanes

PATIENCE_SECONDS = 20.0


def test_a_slow_channel_delays_no_other_and_is_not_carried_twice_at_once() -> None:
    released, fast, slow_begun = threading.Event(), threading.Semaphore(0), threading.Semaphore(0)

    def carry(lane: str) -> None:
        if lane == "page:slow":
            slow_begun.release()
            released.wait(PATIENCE_SECONDS)
        else:
            fast.release()

    lanes = Lanes(lambda: ("page:slow", "page:mail", "start_stage"), carry, failed=lambda lane, error: None)
    for _ in range(3):
        lanes.look()
        lanes.finish(within_seconds=0.05)
        for _ in ("page:mail", "start_stage"):
            assert fast.acquire(timeout=PATIENCE_SECONDS)
    assert slow_begun.acquire(timeout=PATIENCE_SECONDS)
    assert not slow_begun.acquire(blocking=False), "one lane, one thread"
    released.set()
    lanes.finish(within_seconds=PATIENCE_SECONDS)


def test_a_lane_that_fails_is_told_and_carried_again() -> None:
    told: list[tuple[str, str]] = []

    def carry(lane: str) -> None:
        raise ConnectionError(lane)

    lanes = Lanes(lambda: ("page:mail",), carry, failed=lambda lane, error: told.append((lane, str(error))))
    for _ in range(2):
        lanes.look()
        lanes.finish(within_seconds=PATIENCE_SECONDS)
    assert told == [("page:mail", "page:mail")] * 2
