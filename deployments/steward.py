"""The steward: carries messages out, keeps the endpoints, mends what died; `python -m deployments.steward`.

One thread, one loop: woken by PostgreSQL's NOTIFY at once, and every second in any case.
"""

from __future__ import annotations

import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import psycopg

from deployments.endpoints import Keeper, Observation
from deployments.mending import mend
from deployments.prefect_environment import run_locks
from deployments.reaper import Reaper
from deployments.senders import Outside
from deployments.servers import STEWARD_READY_FILE
from flywheel.adapters import postgres
from flywheel.adapters.prefect import Prefect
from flywheel.catalog.engine import Catalog
from flywheel.catalog.migrate import migrate
from flywheel.catalog.outbox import CHANNEL
from flywheel.errors import FlywheelError
from flywheel.services import endpoints, relay
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings

POLL_SECONDS = 1.0
REAP_SECONDS = 3.0
SWEEP_SECONDS = 600.0


@dataclass
class Duty:
    """Something to be seen to every so many seconds; a failure is said and tried again."""

    name: str
    act: Callable[[], object]
    every_seconds: float = 0.0
    due_at: float = field(default=0.0)

    def attend(self) -> None:
        """Act if it is time."""
        if time.monotonic() < self.due_at:
            return
        self.due_at = time.monotonic() + self.every_seconds
        try:
            self.act()
        except FlywheelError as error:
            say(f"{self.name}: {error.sentence()}")


def main() -> None:
    """Migrate the catalog, then see to everything until SIGTERM."""
    settings = Settings.load()
    stopped, waker = _stop_signal()
    with ExitStack() as resources:
        bench = Workbench.open(settings)
        resources.callback(bench.catalog.close)
        migrate(bench.catalog.engine)
        prefect = resources.enter_context(Prefect(settings))
        keeper = Keeper(settings, report=lambda seen: _report(bench.catalog, seen))
        resources.callback(keeper.stop_all)
        duties = _duties(bench, prefect=prefect, keeper=keeper)
        bell = Bell(postgres.database_url(settings, settings.database.name, driver=""), waker)
        resources.callback(bell.close)
        ready = settings.sockets_root / STEWARD_READY_FILE
        ready.touch()
        while not stopped():
            for duty in duties:
                duty.attend()
            bell.wait(POLL_SECONDS)
        ready.unlink(missing_ok=True)


@dataclass
class Bell:
    """Waits for NOTIFY, for a signal, or for the time to pass."""

    url: str
    waker: socket.socket
    _connection: psycopg.Connection | None = None

    def wait(self, seconds: float) -> None:
        """Wait; a lost connection is opened again the next time."""
        try:
            connection = self._listening()
            ends: list[int] = [connection.fileno(), self.waker.fileno()]
        except psycopg.OperationalError as error:
            say(f"database: {error}")
            connection, ends = None, [self.waker.fileno()]
        readable, _, _ = select.select(ends, [], [], seconds)
        if connection is not None and connection.fileno() in readable:
            try:
                list(connection.notifies(timeout=0))
            except psycopg.OperationalError:
                self.close()

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _listening(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.url, autocommit=True)
            self._connection.execute(f"LISTEN {CHANNEL}")
        return self._connection


def say(text: str) -> None:
    """Write a line to the steward's log."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} steward: {text}\n")
    sys.stderr.flush()


def _duties(bench: Workbench, *, prefect: Prefect, keeper: Keeper) -> tuple[Duty, ...]:
    settings, catalog = bench.settings, bench.catalog
    senders = Outside(bench, prefect).senders()
    reaper = Reaper(prefect, run_locks(settings), is_local=settings.prefect.api is None)

    def reap_and_mend() -> None:
        for run in reaper.reap():
            say(f"run {run.name} ({run.id}) has no process: closed")
        mend(catalog, prefect)

    return (
        Duty("messages", lambda: relay.deliver_due(catalog, senders=senders)),
        Duty("endpoints", lambda: keeper.reconcile(endpoints.desired(catalog))),
        Duty("runs", reap_and_mend, every_seconds=REAP_SECONDS),
        Duty("lock files", reaper.sweep, every_seconds=SWEEP_SECONDS),
    )


def _report(catalog: Catalog, seen: Observation) -> None:
    endpoints.observe(
        catalog,
        name=seen.name,
        generation=seen.generation,
        port=seen.port,
        pid=seen.pid,
        is_ready=seen.is_ready,
        detail=seen.detail,
    )


def _stop_signal() -> tuple[Callable[[], bool], socket.socket]:
    """Note SIGTERM and SIGINT, and make them end a wait at once."""
    received: list[int] = []
    waker, wakened = socket.socketpair()
    wakened.setblocking(False)  # noqa: FBT003  the standard library's own signature
    signal.set_wakeup_fd(wakened.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received_number, _: received.append(received_number))
    return (lambda: bool(received)), waker


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
