"""The steward's loop: duties are wired, messages carried when they are announced, and a hanging duty ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from deployments.servers.prefect_environment import run_locks
from deployments.steward import steward
from deployments.steward.doors import Doors
from deployments.steward.duties import Duty, Watch
from deployments.steward.endpoints import Keeper
from deployments.steward.lanes import Lanes
from deployments.steward.senders import Outside
from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.errors import Unavailable
from flywheel.services.incidents.relay import Doorbell
from flywheel.services.people.identity import Identity
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings
from tests.deployments.waiting import eventually
from tests.factories.desk import make_desk
from tests.factories.people import BEN, VERA
from tests.factories.serving import SEAL
from tests.fakes.clock import SettableClock
from tests.fakes.prefect_runs import PrefectRuns

NEEDS_A_PROCESS = "prediction log"
SOON_SECONDS = 0.4
"""Sooner than a look that nobody announced."""


@contextmanager
def kept(duty: Duty) -> Iterator[Duty]:
    """See to a duty on its thread for as long as the block lasts."""
    stopped = threading.Event()
    duty.start(stopped)
    try:
        yield duty
    finally:
        stopped.set()
        duty.end(within_seconds=20)


def enqueue(catalog: Catalog, key: str) -> None:
    with catalog.begin() as work:
        work.enqueue("page", key, {"channel": "desk"})


def test_every_duty_goes_its_round_on_a_record_with_life_in_it(
    catalog: Catalog, identity: Identity, clock: SettableClock, settings: Settings
) -> None:
    desk = make_desk(catalog, identity, clock)
    desk.sign(BEN)
    desk.sign(VERA)
    run_locks(settings).mkdir(parents=True)
    server = PrefectRuns()
    with server.connect() as prefect:
        bench = Workbench(settings, catalog, Artifacts(settings.artifacts_root))
        keeper = Keeper(settings, lambda _: None, SEAL.public_key, Doors(settings.serving))
        duties = steward._duties(bench, outside=Outside(bench, prefect), keeper=keeper)
        rounds = [duty for duty in duties if duty.name != NEEDS_A_PROCESS]
        for duty in rounds:
            duty.attend()
        assert {duty.name: duty.said for duty in rounds} == {duty.name: "" for duty in rounds}
        server.is_down = True
        for duty in rounds:
            duty.attend()
        assert {duty.name for duty in rounds if duty.said} == {"runs"}, "the others need no Prefect"


def test_a_message_is_carried_when_it_is_announced_and_again_after_the_connection_was_lost(catalog: Catalog) -> None:
    carried: list[float] = []
    lanes = Lanes(lambda: (), lambda _: None, lambda _lane, _error: None)
    announced = threading.Event()

    def note() -> None:
        carried.append(time.monotonic())
        announced.set()

    bell = Doorbell(catalog)
    with kept(steward._messages(bell, lanes, announced=note)) as duty:
        eventually(lambda: _listeners(catalog) == 1, "it listens")
        for key in ("first", "after the loss"):
            announced.clear()
            enqueue(catalog, key)
            assert announced.wait(SOON_SECONDS * 10), "nothing was announced"
            with catalog.engine.begin() as connection:
                connection.execute(text(f"SELECT pg_terminate_backend(pid) {LISTENING}"))
            eventually(lambda: duty.said, "the loss is noticed")
            eventually(lambda: _listeners(catalog) == 1 and not duty.said, "it listens again")
    bell.hang_up()
    assert len(carried) >= 2


LISTENING = "FROM pg_stat_activity WHERE application_name = 'flywheel-doorbell'"


def _listeners(catalog: Catalog) -> int:
    with catalog.engine.connect() as connection:
        return len(connection.execute(text(f"SELECT pid {LISTENING}")).all())


def test_a_duty_that_hangs_while_another_goes_on_ends_the_steward(tmp_path: Path) -> None:
    forever, beat = threading.Event(), tmp_path / "beat"
    hanging, going = Duty("hanging", lambda: forever.wait(60), 0.0), Duty("going", lambda: None, 0.01)
    watch = Watch((hanging, going), hangs_seconds=0.5)
    with kept(hanging), kept(going):
        with pytest.raises(SystemExit) as ended:
            steward._watch(watch, threading.Event(), beat=beat)
        forever.set()
    assert ended.value.code == Unavailable.exit_code
    assert beat.exists()


def test_the_steward_says_that_it_is_there_until_it_is_stopped(tmp_path: Path) -> None:
    stopped, beat = threading.Event(), tmp_path / "beat"
    loop = threading.Thread(target=steward._watch, args=(Watch(()), stopped), kwargs={"beat": beat})
    loop.start()
    for _ in range(2):
        eventually(beat.exists, "it beats")
        beat.unlink()
    stopped.set()
    loop.join(20)
    assert not loop.is_alive()
