"""The one flat BentoML service: proves its package, reads the contract, opens the model and the app."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import bentoml
from pydantic import BaseModel, ConfigDict
from uvicorn.config import HTTP_PROTOCOLS

from deployments.service.admission import Admission
from deployments.service.app import INLINE_BYTES, EndpointApp, Logs
from deployments.service.connections import Connection, bounded_connections
from deployments.service.proof import proven_contract
from deployments.service.scorers import bound_scorer, is_remote, make_scorer
from flywheel.adapters.prediction_chain import TRIALS
from flywheel.adapters.prediction_log import LogWriter
from flywheel.adapters.request_tally import TallyWriter
from flywheel.domain.conditions import conditions_from
from flywheel.errors import FlywheelError, Refused
from flywheel.project.contract import Contract, Mode

PACKAGE = Path(__file__).resolve().parents[3]
"""The folder that holds the manifest, and src/ with contract.json and model/."""
MODEL = PACKAGE / "src" / "model"

SWITCH_SECONDS = 0.0005
"""How long the loop waits for its turn while the other thread works on a large request."""

BEAT_SECONDS = 1.0
COMPLAINT_CHARACTERS = 500
"""So that what is said with one beat is written as a whole."""

STARTED_WITH = "FLYWHEEL_ENDPOINT"
"""The one variable that is read, as JSON; BentoML's own arguments are fixed when a package is built."""


class Arguments(BaseModel):
    """What whoever starts the service may choose, such as FLYWHEEL_ENDPOINT='{"mode": "rule"}'."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_key: str = ""
    """Whose seal the package must bear: said by who starts it, never taken from the package; required."""
    package: str = ""
    """Which package it must be, by its digest; without it, any that bears the seal."""
    mode: Mode | None = None
    conditions: dict[str, Any] = {}
    predictions_root: Path = Path("predictions")
    ready_fd: int | None = None
    life_fd: int | None = None


arguments = Arguments.model_validate_json(os.environ.get(STARTED_WITH, "{}"))
connections = bounded_connections()
logs: list[LogWriter] = []
app = EndpointApp(lambda: unlogged() or connections.shortage)
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
            contract = proven_contract(PACKAGE, public_key=arguments.public_key, digest=arguments.package)
            self._open(contract, arguments.mode or contract.mode)
        except FlywheelError as error:
            sys.stderr.write(f"refused to start: {error}\n")
            raise
        if arguments.life_fd is not None:
            end_with_parent(arguments.life_fd, asyncio.get_running_loop())
        if arguments.ready_fd is not None:
            beat(arguments.ready_fd, asyncio.get_running_loop(), unlogged)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]  # BentoML is not typed
    def close(self) -> None:
        """Write down what was answered; every admitted request has been answered by now."""
        self._executor.shutdown()
        self._admission.close()
        for log in logs:
            log.close()
        self._tally.close()

    def _open(self, contract: Contract, mode: Mode) -> None:
        if mode is Mode.MODEL and contract.mode is Mode.RULE:
            raise Refused("this package holds a rule only", found=mode.value, allowed=contract.mode.value)
        scorer = make_scorer(contract, mode, MODEL)
        if mode is Mode.MODEL:
            scorer = bound_scorer(contract, scorer, conditions_from(arguments.conditions))
        logs[:] = [
            LogWriter(root, contract) for root in (arguments.predictions_root, arguments.predictions_root / TRIALS)
        ]
        self._tally = TallyWriter(arguments.predictions_root, contract.project)
        self._admission = Admission(contract.limits)
        is_waiting = mode is Mode.MODEL and is_remote(MODEL)
        self._executor = ThreadPoolExecutor(contract.limits.slots if is_waiting else 1, thread_name_prefix="scoring")
        self._admission.watch(asyncio.get_running_loop())
        sys.setswitchinterval(SWITCH_SECONDS)
        inline = 0 if is_waiting else INLINE_BYTES
        app.open(contract, mode, scorer, Logs(logs[0], logs[1], self._tally), self._admission, self._executor, inline)


def unlogged() -> str:
    """Why answers cannot be logged, and so are not given; nothing where they can."""
    return next((log.failure for log in logs if log.failure), "")


def beat(ready_fd: int, loop: asyncio.AbstractEventLoop, complaint: Callable[[], str]) -> None:
    """Say now and every second that the loop turns, and what is amiss; whoever started us takes silence for a hang."""
    os.set_blocking(ready_fd, False)
    with suppress(BlockingIOError, BrokenPipeError):  # where nobody listens nobody needs to know
        os.write(ready_fd, f"{' '.join(complaint().split())[:COMPLAINT_CHARACTERS]}\n".encode())
    loop.call_later(BEAT_SECONDS, beat, ready_fd, loop, complaint)


def end_with_parent(life_fd: int, loop: asyncio.AbstractEventLoop) -> None:
    """Drain and stop when the other end of this pipe closes: whoever started us is gone, however it ended."""

    def stop() -> None:
        loop.remove_reader(life_fd)
        signal.raise_signal(signal.SIGTERM)

    loop.add_reader(life_fd, stop)
