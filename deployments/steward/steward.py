"""The steward: carries messages out, keeps the endpoints, mends what died; `python -m deployments.steward.steward`.

Each duty has a thread of its own and none waits for another; messages go in lanes, one for each topic and for each
paging channel, and are woken by PostgreSQL's NOTIFY. A duty that hangs while others go on ends the steward, which its
supervisor starts anew.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg

from deployments.servers.held_doors import SOCKET_FILE, HeldDoors
from deployments.servers.prefect_environment import run_locks
from deployments.servers.servers import STEWARD_READY_FILE
from deployments.steward.doors import Doors
from deployments.steward.duties import Duty, Watch, end_all, say
from deployments.steward.endpoint_slots import EndpointState
from deployments.steward.endpoints import Keeper
from deployments.steward.errands import await_warm, run_errand
from deployments.steward.lanes import Lanes
from deployments.steward.mending import mend
from deployments.steward.reaper import Reaper
from deployments.steward.senders import TO_PREFECT, Outside
from deployments.worker import worker
from flywheel.adapters.prefect import Prefect
from flywheel.catalog.engine import Catalog
from flywheel.errors import FlywheelError, Unavailable
from flywheel.services.incidents import (
    clocks,
    discrepancies,
    held_messages,
    locked,
    outages,
    pages,
    paging,
    refused,
    relay,
)
from flywheel.services.record.sealing import Seal
from flywheel.services.serving import alterations, endpoints, upkeep
from flywheel.services.standing import waking
from flywheel.services.watching import altered_logs
from flywheel.services.workbench import Workbench, migrate_record
from flywheel.settings import Settings

POLL_SECONDS = 0.5
SETTLED_POLL_SECONDS = 1.5
"""While every endpoint is as it is wanted, or nothing is being sent: how late what nobody announced is seen at most."""
STOP_SECONDS = 1.0
"""For the rounds that are under way at a stop; the endpoints need what is left of the supervisor's patience."""
REAP_SECONDS = 3.0
REAP_AT_REST_SECONDS = 15.0
"""While no run is at work: Prefect's server pays for each look."""
SWEEP_SECONDS = 600.0
COMPACT_SECONDS = 3_600.0
SIGNATURES_SECONDS = 10.0
"""An approval that ended, or a condition that grew stricter, is obeyed within this time and one round."""
STALE_SECONDS = 600.0
"""A run whose question time alone has changed is woken within this time and one round."""
RECORD_SECONDS = 30.0
"""Tables that are not what the record says are named, paged and put right within this time and one round; so are
messages that are not as we left them."""
MODELS_SECONDS = 30.0
"""A kept model that was altered is told within this time and one round; packages are looked at by the keeper."""
LOGS_SECONDS = 30.0
UNREADABLE_SECONDS = 5.0
"""Of the prediction logs a part is proven again at each look, in turn."""
REFUSED_SECONDS = 30.0
PREPARED_WITHIN_SECONDS = 120.0


def main() -> None:
    """Migrate the catalog, then see to everything until SIGTERM."""
    settings = Settings.load()
    stopped = _stop_signals()
    with ExitStack() as resources:
        bench = Workbench.open(settings)
        resources.callback(bench.catalog.close)
        migrate_record(settings)
        prefect = resources.enter_context(Prefect(settings))
        keeper = Keeper(
            settings,
            report=lambda seen: _report(bench.catalog, seen),
            public_key=Seal.of(settings).public_key,
            doors=Doors(settings.serving, HeldDoors(settings.sockets_root / SOCKET_FILE)),
        )
        resources.callback(keeper.stop_all)
        outside = Outside(bench, prefect)
        lanes = _lanes(bench.catalog, outside)
        resources.callback(lanes.finish, within_seconds=STOP_SECONDS)
        bell = relay.Doorbell(bench.catalog)
        resources.callback(bell.hang_up)
        endpoints_first = _duties(bench, outside=outside, keeper=keeper)
        duties = (_messages(bell, lanes, announced=endpoints_first[0].wake), *endpoints_first)
        for duty in duties:
            duty.start(stopped)
        resources.callback(end_all, duties, within_seconds=STOP_SECONDS)
        resources.callback(stopped.set)
        threading.Thread(target=_prepare_tracking, args=(settings,), name="tracking", daemon=True).start()
        beat = settings.sockets_root / STEWARD_READY_FILE
        _watch(Watch(duties), stopped, beat=beat)
        beat.unlink(missing_ok=True)


def _watch(watch: Watch, stopped: threading.Event, *, beat: Path) -> None:
    """Say again and again that we are there; end where a duty hangs."""
    while not stopped.wait(POLL_SECONDS if beat.exists() else 0.0):
        beat.touch()
        if hanging := watch.hanging(now=time.monotonic()):
            names = ", ".join(hanging)
            say(f"{names} has not come to an end for {watch.hangs_seconds:.0f} s while others went on: starting anew")
            raise SystemExit(Unavailable.exit_code)


def _lanes(catalog: Catalog, outside: Outside) -> Lanes:
    senders = outside.senders()
    questions = {pages.TOPIC: paging.is_wanted}
    return Lanes(
        waiting=lambda: relay.waiting_lanes(catalog, topics=senders.keys()),
        carry=lambda lane: relay.deliver_due(catalog, senders=senders, questions=questions, lane=lane),
        failed=lambda lane, error: say(f"messages in {lane}: {error}"),
    )


def _messages(bell: relay.Doorbell, lanes: Lanes, *, announced: Callable[[], None]) -> Duty:
    """Have messages carried as soon as they are there: look, then listen for new ones, which others may act on too."""

    def look_and_listen() -> None:
        lanes.look()
        try:
            if bell.wait(POLL_SECONDS if lanes.are_at_work else SETTLED_POLL_SECONDS):
                announced()
        except psycopg.OperationalError as error:
            bell.hang_up()
            raise Unavailable(f"the database does not answer: {error}") from error

    return Duty("messages", look_and_listen, every_seconds=0.0)


def _duties(bench: Workbench, *, outside: Outside, keeper: Keeper) -> tuple[Duty, ...]:
    settings, catalog, prefect = bench.settings, bench.catalog, outside.prefect
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

    watch_clock = partial(clocks.watch_clock, catalog, actor="steward")
    watch_record = partial(discrepancies.watch_record, catalog, actor="steward")
    keep_to_standings = partial(upkeep.keep_to_standings, catalog, actor="steward")
    look_at_models = partial(alterations.check_models, catalog, artifacts=bench.artifacts, actor="steward")
    watched = (catalog, settings.predictions_root)
    watch_logs = partial(altered_logs.watch_logs, *watched, altered_logs.Turn(), actor="steward")
    watch_unreadable = partial(altered_logs.watch_unreadable, *watched, actor="steward")

    def watch_refused() -> Iterable[str]:
        return refused.watch_refused(catalog, settings=settings, now=datetime.now(UTC), actor="steward")

    return (
        Duty(
            "endpoints",
            _saying(partial(_keep_endpoints, catalog, keeper)),
            POLL_SECONDS,
            SETTLED_POLL_SECONDS,
            lambda: keeper.is_settled,
        ),
        Duty(
            "runs",
            reap_and_mend,
            REAP_SECONDS,
            REAP_AT_REST_SECONDS,
            lambda: reaper.is_at_rest,
            recovered=partial(relay.hasten, catalog, topics=TO_PREFECT),
        ),
        _turn_to_write(catalog),
        Duty("clock", _saying(watch_clock), every_seconds=SIGNATURES_SECONDS),
        Duty("questions that changed", _saying(partial(waking.wake_stale, catalog)), every_seconds=STALE_SECONDS),
        Duty("record", _saying(watch_record), every_seconds=RECORD_SECONDS),
        _pages(catalog),
        Duty("signatures", _saying(keep_to_standings), every_seconds=SIGNATURES_SECONDS),
        Duty("kept models", _saying(look_at_models), every_seconds=MODELS_SECONDS),
        Duty("logged predictions", _saying(watch_logs), every_seconds=LOGS_SECONDS),
        Duty("left journals", _saying(watch_unreadable), every_seconds=UNREADABLE_SECONDS),
        Duty("refused requests", _saying(watch_refused), every_seconds=REFUSED_SECONDS),
        Duty("lock files", reaper.sweep, every_seconds=SWEEP_SECONDS),
        Duty(
            "prediction log",
            partial(run_errand, "compact_log", {}, settings=settings),
            every_seconds=COMPACT_SECONDS,
            is_patient=True,
        ),
        Duty("heads", lambda: outside.export_head({}), every_seconds=60 * settings.record.head_minutes),
    )


def _turn_to_write(catalog: Catalog) -> Duty:
    watch = partial(locked.watch_turn, catalog, locked.Waiting(), actor="steward")
    return Duty("turn to write", _saying(watch), every_seconds=SIGNATURES_SECONDS)


def _pages(catalog: Catalog) -> Duty:
    watch = partial(held_messages.watch_messages, catalog, actor="steward")
    return Duty("pages", _saying(watch), every_seconds=RECORD_SECONDS)


def _keep_endpoints(catalog: Catalog, keeper: Keeper) -> Iterable[str]:
    """Take a step towards what is desired; say what was altered, cannot be started or cannot work."""
    keeper.reconcile(endpoints.desired(catalog))
    yield from (
        alterations.report_altered(
            catalog,
            endpoint=one.name,
            generation=one.generation,
            what=one.what,
            is_serving=one.is_serving,
            actor="steward",
        )
        for one in keeper.take_altered()
    )
    yield from (
        outages.report_outage(
            catalog,
            endpoint=one.name,
            generation=one.generation,
            what=one.what,
            answered_by=one.answered_by,
            actor="steward",
        )
        for one in keeper.take_outages()
    )
    yield from (
        outages.report_complaint(catalog, endpoint=one.name, generation=one.generation, what=one.what, actor="steward")
        for one in keeper.take_complaints()
    )


def _saying(look: Callable[[], Iterable[str]]) -> Callable[[], None]:
    """Say whatever a look finds."""

    def act() -> None:
        for words in filter(None, look()):
            say(words)

    return act


def _prepare_tracking(settings: Settings) -> None:
    """Have MLflow's tables made while nobody waits for them; where that fails, the first experiment makes them."""
    try:
        await_warm(settings, within_seconds=PREPARED_WITHIN_SECONDS)
        run_errand("prepare_tracking", {}, settings=settings)
    except FlywheelError as error:
        say(f"tracking: {error}")


def _report(catalog: Catalog, seen: EndpointState) -> None:
    endpoints.observe(
        catalog,
        name=seen.name,
        generation=seen.generation,
        port=seen.port,
        pid=seen.pid,
        is_ready=seen.is_ready,
        detail=seen.detail,
    )


def _stop_signals() -> threading.Event:
    """Hear SIGTERM and SIGINT; the rounds that are going on are finished first."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
