"""The steward: carries messages out, keeps the endpoints, mends what died; `python -m deployments.steward`.

One thread, one loop: woken by PostgreSQL's NOTIFY at once, and in any case after a pause.
"""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial

import psycopg

from deployments import worker
from deployments.endpoints import Keeper, Observation
from deployments.errands import await_warm, run_errand
from deployments.mending import mend
from deployments.prefect_environment import run_locks
from deployments.reaper import Reaper
from deployments.senders import Outside
from deployments.servers import STEWARD_READY_FILE
from flywheel.adapters.prefect import Prefect
from flywheel.catalog.engine import Catalog
from flywheel.catalog.migrate import migrate
from flywheel.errors import FlywheelError
from flywheel.services import alterations, endpoints, relay, upkeep
from flywheel.services.sealing import Seal
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings

POLL_SECONDS = 0.5
SETTLED_POLL_SECONDS = 1.5
"""While every endpoint is as it is wanted: how late the death of a server is seen at most."""
REAP_SECONDS = 3.0
REAP_AT_REST_SECONDS = 15.0
"""While no run is at work: Prefect's server pays for each look."""
SWEEP_SECONDS = 600.0
SIGNATURES_SECONDS = 10.0
"""An approval that ended, or a condition that grew stricter, is obeyed within this time and one round."""
MODELS_SECONDS = 30.0
"""A kept model that was altered is told within this time and one round; packages are looked at by the keeper."""
PREPARED_WITHIN_SECONDS = 120.0


@dataclass
class Duty:
    """Something to be seen to every so many seconds; a failure is said and tried again."""

    name: str
    act: Callable[[], object]
    every_seconds: float = 0.0
    at_rest_seconds: float = 0.0
    is_at_rest: Callable[[], bool] = lambda: False
    acted_at: float = -math.inf
    said: str = ""

    def attend(self) -> None:
        """Act if it is time."""
        every = self.at_rest_seconds if self.is_at_rest() else self.every_seconds
        if time.monotonic() - self.acted_at < every:
            return
        self.acted_at = time.monotonic()
        try:
            self.act()
            self.said = ""
        except FlywheelError as error:
            self._say_once(error.sentence())
        except psycopg.OperationalError:
            raise  # nothing can be seen to without the database
        except Exception:  # noqa: BLE001  a mistake in one duty must not end the others, nor what serves beneath them
            self._say_once(traceback.format_exc())

    def _say_once(self, trouble: str) -> None:
        if trouble != self.said:
            say(f"{self.name}: {trouble}")
        self.said = trouble


def main() -> None:
    """Migrate the catalog, then see to everything until SIGTERM."""
    settings = Settings.load()
    stopped = _stop_signals()
    with ExitStack() as resources:
        bench = Workbench.open(settings)
        resources.callback(bench.catalog.close)
        migrate(bench.catalog.engine)
        prefect = resources.enter_context(Prefect(settings))
        keeper = Keeper(
            settings, report=lambda seen: _report(bench.catalog, seen), public_key=Seal.of(settings).public_key
        )
        resources.callback(keeper.stop_all)
        duties = _duties(bench, prefect=prefect, keeper=keeper)
        ready = settings.sockets_root / STEWARD_READY_FILE
        ready.touch()
        threading.Thread(target=_prepare_tracking, args=(settings,), name="tracking", daemon=True).start()
        while not stopped:
            _attend_until(stopped, duties, catalog=bench.catalog, keeper=keeper)
        ready.unlink(missing_ok=True)


def say(text: str) -> None:
    """Write a line to the steward's log."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} steward: {text}\n")
    sys.stderr.flush()


def _duties(bench: Workbench, *, prefect: Prefect, keeper: Keeper) -> tuple[Duty, ...]:
    settings, catalog = bench.settings, bench.catalog
    outside = Outside(bench, prefect)
    senders = outside.senders()
    reaper = Reaper(
        prefect,
        run_locks(settings),
        is_local=settings.prefect.api is None,
        worker_since=partial(worker.working_since, settings),
    )

    def reap_and_mend() -> None:
        for run in reaper.reap():
            say(f"run {run.name} ({run.id}) has no process: closed")
        mend(catalog, prefect)

    def keep_to_signatures() -> None:
        for words in upkeep.keep_to_standings(catalog, actor="steward"):
            say(words)

    def keep_endpoints() -> None:
        keeper.reconcile(endpoints.desired(catalog))
        for one in keeper.take_altered():
            words = alterations.report_altered(
                catalog,
                endpoint=one.name,
                generation=one.generation,
                what=one.what,
                is_serving=one.is_serving,
                actor="steward",
            )
            if words:
                say(words)

    def look_at_models() -> None:
        for words in alterations.check_models(catalog, artifacts=bench.artifacts, actor="steward"):
            say(words)

    return (
        Duty("messages", lambda: relay.deliver_due(catalog, senders=senders)),
        Duty("endpoints", keep_endpoints),
        Duty("runs", reap_and_mend, REAP_SECONDS, REAP_AT_REST_SECONDS, lambda: reaper.is_at_rest),
        Duty("signatures", keep_to_signatures, every_seconds=SIGNATURES_SECONDS),
        Duty("kept models", look_at_models, every_seconds=MODELS_SECONDS),
        Duty("lock files", reaper.sweep, every_seconds=SWEEP_SECONDS),
        Duty("heads", lambda: outside.export_head({}), every_seconds=60 * settings.record.head_minutes),
    )


def _prepare_tracking(settings: Settings) -> None:
    """Have MLflow's tables made while nobody waits for them; where that fails, the first experiment makes them."""
    try:
        await_warm(settings, within_seconds=PREPARED_WITHIN_SECONDS)
        run_errand("prepare_tracking", {}, settings=settings)
    except FlywheelError as error:
        say(f"tracking: {error}")


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


def _attend_until(stopped: Collection[int], duties: Iterable[Duty], *, catalog: Catalog, keeper: Keeper) -> None:
    """Go round as long as the database answers."""
    try:
        with relay.Doorbell(catalog) as bell:
            while not stopped:
                for duty in duties:
                    duty.attend()
                bell.wait(SETTLED_POLL_SECONDS if keeper.is_settled else POLL_SECONDS)
    except psycopg.OperationalError as error:
        say(f"database: {error}")
        time.sleep(POLL_SECONDS)


def _stop_signals() -> Collection[int]:
    """Collect SIGTERM and SIGINT; the round that is going on is finished first."""
    received: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received_number, _: received.append(received_number))
    return received


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
