"""The steward's duties: one that fails is told once and tried again; one that hangs holds up no other and is seen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest

from deployments.steward.duties import Duty, Watch, end_all
from flywheel.errors import Unavailable

PATIENCE_SECONDS = 20.0


def failing(*faults: BaseException) -> Callable[[], None]:
    """Something that fails in these ways, one after the other, and then no more."""
    coming: Iterator[BaseException] = iter(faults)

    def act() -> None:
        for fault in coming:
            raise fault

    return act


def duty(act: Callable[[], object]) -> Duty:
    return Duty("packages", act, every_seconds=0.0)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().err.splitlines() if " steward: " in line]


@pytest.mark.parametrize(
    "fault", [Unavailable("no server"), KeyError("format"), PermissionError(13, "no"), psycopg.OperationalError("gone")]
)
def test_a_duty_that_fails_is_told_and_tried_again(fault: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    packages = duty(failing(fault))
    packages.attend()
    (told,) = lines(capsys)
    assert "packages: " in told
    packages.attend()
    assert (packages.said, lines(capsys)) == ("", [])


def test_the_first_round_that_goes_well_after_failures_is_made_known() -> None:
    rounds: list[int] = []
    packages = duty(failing(Unavailable("no server"), Unavailable("no server")))
    packages.recovered = lambda: rounds.append(packages.rounds)
    for _ in range(5):
        packages.attend()
    assert rounds == [2]


def test_a_mistake_of_ours_is_told_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    duty(failing(KeyError("format"))).attend()
    assert "test_duties.py" in capsys.readouterr().err


def test_the_same_trouble_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    packages = duty(failing(*(Unavailable("no server") for _ in range(3)), Unavailable("another")))
    for _ in range(4):
        packages.attend()
    assert len(lines(capsys)) == 2


def test_a_duty_that_hangs_holds_up_no_other_and_is_named_alone() -> None:
    stopped, released, went_round = threading.Event(), threading.Event(), threading.Semaphore(0)
    stuck = Duty("reaper", released.wait, every_seconds=0.0)
    lively = Duty("endpoints", went_round.release, every_seconds=0.01)
    for one in (stuck, lively):
        one.start(stopped)
    while stuck.since is None:
        assert went_round.acquire(timeout=PATIENCE_SECONDS)
    watch = Watch((stuck, lively), hangs_seconds=60.0)
    began = stuck.since
    assert watch.hanging(now=began + 61) == (), "nothing is known yet of what the others do meanwhile"
    for _ in range(3):
        assert went_round.acquire(timeout=PATIENCE_SECONDS), "the other duty was held up"
    assert watch.hanging(now=began + 59) == ()
    assert watch.hanging(now=began + 61) == ("reaper",)
    released.set()
    stopped.set()
    end_all((stuck, lively), within_seconds=PATIENCE_SECONDS)
    assert watch.hanging(now=began + 61) == ()


def test_where_all_stand_still_none_is_blamed() -> None:
    one, other = duty(lambda: None), duty(lambda: None)
    one.since = other.since = 0.0
    watch = Watch((one, other), hangs_seconds=60.0)
    assert watch.hanging(now=61) == watch.hanging(now=600) == ()


def test_a_duty_rests_longer_while_there_is_nothing_to_do_and_is_woken_at_once() -> None:
    resting, stopped, went_round = [False], threading.Event(), threading.Semaphore(0)
    runs = Duty("runs", went_round.release, 3.0, 3_600.0, lambda: resting[0])
    assert runs.pause_seconds == 3.0
    resting[0] = True
    assert runs.pause_seconds == 3_600.0
    runs.start(stopped)
    assert went_round.acquire(timeout=PATIENCE_SECONDS)
    runs.wake()
    assert went_round.acquire(timeout=PATIENCE_SECONDS)
    stopped.set()
    end_all((runs,), within_seconds=PATIENCE_SECONDS)


def test_a_patient_duty_waits_before_its_first_round() -> None:
    stopped = threading.Event()
    patient = Duty("prediction log", lambda: None, every_seconds=3_600.0, is_patient=True)
    patient.start(stopped)
    stopped.set()
    end_all((patient,), within_seconds=PATIENCE_SECONDS)
    assert patient.rounds == 0


def test_a_duty_ends_when_it_is_told_to() -> None:
    stopped, went_round = threading.Event(), threading.Semaphore(0)
    lively = Duty("endpoints", went_round.release, every_seconds=3_600.0)
    lively.start(stopped)
    assert went_round.acquire(timeout=PATIENCE_SECONDS)
    stopped.set()
    end_all((lively,), within_seconds=PATIENCE_SECONDS)
    assert lively.rounds == 1
