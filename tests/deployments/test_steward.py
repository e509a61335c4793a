"""The steward's duties: one that fails is told once and tried again, and ends neither the others nor what serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from deployments.steward import Duty
from flywheel.errors import Unavailable


def failing(*faults: BaseException) -> Callable[[], None]:
    """Something that fails in these ways, one after the other, and then no more."""
    coming: Iterator[BaseException] = iter(faults)

    def act() -> None:
        for fault in coming:
            raise fault

    return act


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().err.splitlines() if " steward: " in line]


@pytest.mark.parametrize("fault", [Unavailable("no server"), KeyError("format"), PermissionError(13, "no")])
def test_a_duty_that_fails_is_told_and_tried_again(fault: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    duty = Duty("packages", failing(fault))
    duty.attend()
    (told,) = lines(capsys)
    assert "packages: " in told
    duty.attend()
    assert (duty.said, lines(capsys)) == ("", [])


def test_a_mistake_of_ours_is_told_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    Duty("packages", failing(KeyError("format"))).attend()
    assert "test_steward.py" in capsys.readouterr().err


def test_the_same_trouble_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    duty = Duty("packages", failing(*(Unavailable("no server") for _ in range(3)), Unavailable("another")))
    for _ in range(4):
        duty.attend()
    assert len(lines(capsys)) == 2


def test_without_the_database_the_round_ends() -> None:
    with pytest.raises(psycopg.OperationalError):
        Duty("messages", failing(psycopg.OperationalError("gone"))).attend()


def test_a_duty_waits_for_its_time() -> None:
    acts: list[int] = []
    duty = Duty("heads", lambda: acts.append(1), every_seconds=60.0)
    duty.attend()
    duty.attend()
    assert acts == [1]


def test_a_duty_that_rests_is_seen_to_again_as_soon_as_there_is_work() -> None:
    acts: list[int] = []
    resting = [True]
    duty = Duty("runs", lambda: acts.append(1), 0.0, 60.0, lambda: resting[0])
    duty.attend()
    duty.attend()
    assert len(acts) == 1
    resting[0] = False
    duty.attend()
    assert len(acts) == 2
