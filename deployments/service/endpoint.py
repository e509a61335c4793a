"""The one flat BentoML service: proves its package, reads the contract, opens the model and the app."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import bentoml
from uvicorn.config import HTTP_PROTOCOLS

from deployments.service.admission import Admission
from deployments.service.app import Bounds, EndpointApp, Logs
from deployments.service.connections import Connection
from deployments.service.crowd import bounded_connections
from deployments.service.long_work import AnswersApart, AnswersOnThreads, fork_nursery
from deployments.service.opening import MODEL, given_arguments, open_package
from deployments.service.own_imports import bar_own_imports
from deployments.service.respondent import Respondent
from deployments.service.scorers import is_remote
from flywheel.adapters.predictions.chain import TRIALS
from flywheel.adapters.predictions.log import LogWriter
from flywheel.adapters.request_tally import TallyWriter
from flywheel.domain.own_code import AMISS
from flywheel.errors import FlywheelError
from flywheel.project.contract import Mode

SWITCH_SECONDS = 0.0005
"""How long the loop waits for its turn while a thread makes segments of the log."""

BEAT_SECONDS = 1.0
GARBAGE_SECONDS = 60.0
"""Between two looks at everything that lives: with 1,200 connections one look takes 60 to 160 ms, in which nobody is
answered, and Python would look each second. What it finds is little; the young are looked at as often as ever.
"""
NEVER = 1_000_000_000
CELL_THREADS, MOST_WAITING = 2, 256
"""One thread asks the cell while another reads and words; so many bodies wait for them, some tenths of a second."""
COMPLAINT_CHARACTERS = 500
"""So that what is said with one beat is written as a whole."""

arguments = given_arguments()
connections = bounded_connections()
logs: list[LogWriter] = []
app = EndpointApp(lambda: unlogged() or connections.shortage)
connections.is_unwanted = app.is_unwanted
HTTP_PROTOCOLS["auto"] = partial(Connection, connections)  # type: ignore[assignment]
"""uvicorn is started by BentoML, which passes no protocol on, before the service is made."""


@bentoml.service(
    name="flywheel_endpoint",
    workers=1,
    traffic={"timeout": 20},  # its timers outlive their requests, so not longer than a body and its answer may take
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
@bentoml.asgi_app(app, path="/")
class Endpoint:
    """Answers for one version, or for its business rule, until it is told to stop."""

    def __init__(self) -> None:
        """Open everything that is needed to answer, or refuse to start in one clear line."""
        try:
            respondent = open_package(arguments)
            bar_own_imports()
            self._open(respondent)
        except FlywheelError as error:
            sys.stderr.write(f"refused to start: {error}\n")
            raise
        if arguments.life_fd is not None:
            end_with_parent(arguments.life_fd, asyncio.get_running_loop())
        if arguments.ready_fd is not None:
            beat(arguments.ready_fd, asyncio.get_running_loop(), partial(amiss, respondent))

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]  # BentoML is not typed
    def close(self) -> None:
        """Write down what was answered; every admitted request has been answered by now."""
        self._apart.close()
        self._admission.close()
        for log in logs:
            log.close()
        self._tally.close()
        if self._own_code is not None:
            self._own_code.close()

    def _open(self, respondent: Respondent) -> None:
        contract = respondent.contract
        self._own_code = respondent.own_code
        self._apart, bounds = _apart(respondent)
        logs[:] = [
            LogWriter(root, contract) for root in (arguments.predictions_root, arguments.predictions_root / TRIALS)
        ]
        self._tally = TallyWriter(arguments.predictions_root, contract.project)
        self._admission = Admission(contract.limits)
        loop = asyncio.get_running_loop()
        self._admission.watch(loop)
        self._apart.watch(loop, end)
        sys.setswitchinterval(SWITCH_SECONDS)
        app.open(respondent, Logs(logs[0], logs[1], self._tally, unread), self._admission, self._apart, bounds)
        gc.set_threshold(*gc.get_threshold()[:2], NEVER)
        gc.freeze()  # what has been opened stays, and need not be looked through while callers wait
        loop.call_later(GARBAGE_SECONDS, look_for_garbage, loop, gc.freeze)


def _apart(respondent: Respondent) -> tuple[AnswersApart | AnswersOnThreads, Bounds]:
    """Say where bodies are answered that would hold up the loop, and which those are."""
    if respondent.own_code is not None:  # one cell takes one call at a time, and short ones wait their turn for it
        return AnswersOnThreads(respondent, ThreadPoolExecutor(CELL_THREADS), MOST_WAITING), Bounds(inline_bytes=0)
    if respondent.mode is Mode.MODEL and is_remote(MODEL):
        threads = ThreadPoolExecutor(respondent.contract.limits.slots)
        return AnswersOnThreads(respondent, threads), Bounds(inline_bytes=0, short_bytes=0)
    return AnswersApart(fork_nursery(respondent)), Bounds()  # before the log starts its threads


def unlogged() -> str:
    """Why answers cannot be logged, and so are not given; nothing where they can."""
    return next((log.failure for log in logs if log.failure), "")


def amiss(respondent: Respondent) -> str:
    """What whoever keeps us should know: that answers cannot be logged, or that the rule stands in for own code."""
    own_code = respondent.own_code
    return unlogged() or (f"{AMISS}{own_code.trouble}" if own_code and own_code.trouble else "")


def unread() -> list[str]:
    """Name the journals that nobody can read all of."""
    return [name for log in logs for name in log.unread]


def look_for_garbage(loop: asyncio.AbstractEventLoop, then: Callable[[], object] = lambda: None) -> None:
    """Give back, now and every minute, what only a look at everything finds.

    After the first look what the first answers have opened is passed over like the rest.
    """
    gc.collect()
    then()
    loop.call_later(GARBAGE_SECONDS, look_for_garbage, loop)


def beat(ready_fd: int, loop: asyncio.AbstractEventLoop, complaint: Callable[[], str]) -> None:
    """Say now and every second that the loop turns, and what is amiss; whoever started us takes silence for a hang."""
    os.set_blocking(ready_fd, False)
    with suppress(BlockingIOError, BrokenPipeError):  # where nobody listens nobody needs to know
        os.write(ready_fd, f"{' '.join(complaint().split())[:COMPLAINT_CHARACTERS]}\n".encode())
    loop.call_later(BEAT_SECONDS, beat, ready_fd, loop, complaint)


def end() -> None:
    """Drain and stop; whoever keeps us starts another."""
    signal.raise_signal(signal.SIGTERM)


def end_with_parent(life_fd: int, loop: asyncio.AbstractEventLoop) -> None:
    """Drain and stop when the other end of this pipe closes: whoever started us is gone, however it ended."""

    def stop() -> None:
        loop.remove_reader(life_fd)
        end()

    loop.add_reader(life_fd, stop)
