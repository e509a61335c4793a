"""The embedded servers: PostgreSQL, Prefect with its UI and worker, warm runner, steward, MLflow's UI; all on loopback.

    with Servers(settings) as servers:
        ...

Every server is a process of its own that dies with us, also when we are killed.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import signal
import socket
import sys
import threading
import urllib.request
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import TypedDict

from deployments.entrypoints import ENTRYPOINTS
from deployments.servers import database
from deployments.servers.held_doors import SOCKET_FILE, Holder
from deployments.servers.port_claims import claimed
from deployments.servers.prefect_environment import client_environment, run_locks, server_environment
from deployments.servers.supervision import Program, Supervision
from deployments.servers.wellness import beats
from deployments.warm_runner.client import ask
from deployments.warm_runner.sockets import socket_path
from deployments.worker import worker
from flywheel.adapters.notary_line import answers
from flywheel.adapters.postgres import postgres
from flywheel.errors import Unavailable
from flywheel.services import doctor
from flywheel.settings import Settings

READY_WITHIN_SECONDS = 180.0
ANSWER_SECONDS = 3.0
STEWARD_READY_FILE = "steward.ready"
PYTHON = sys.executable


class Servers:
    """The servers of one data root, from entering the block to leaving it."""

    def __init__(
        self,
        settings: Settings,
        *,
        out: Callable[[str], None] = print,
        with_mlflow: bool = False,
        with_steward: bool = True,
        flows: Collection[str] = tuple(ENTRYPOINTS.values()),
    ) -> None:
        self.settings = settings
        self._out = out
        self._with_mlflow = with_mlflow
        self._with_steward = with_steward
        self._flows = flows
        self._resources = ExitStack()
        self._supervision: Supervision | None = None

    def __enter__(self) -> Servers:
        try:
            self._resources.enter_context(_TermAsInterrupt())
            self._prepare()
            supervision = Supervision(self._programs(), logs=self.settings.logs_root, out=self._out)
            self._supervision = supervision
            self._resources.callback(supervision.stop)
            supervision.start(within_seconds=READY_WITHIN_SECONDS)
        except BaseException:
            self._resources.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resources.close()

    @property
    def ready_seconds(self) -> Mapping[str, float]:
        """How long after the start each server was ready."""
        return {} if self._supervision is None else self._supervision.ready_seconds

    def pid(self, name: str) -> int | None:
        """Tell the process id of a server, by its name in the logs folder."""
        return None if self._supervision is None else self._supervision.pid(name)

    def _prepare(self) -> None:
        settings = self.settings
        doctor.require_fit(settings)
        for folder in (settings.data_root, settings.sockets_root, run_locks(settings)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (settings.sockets_root / worker.READY_FILE).unlink(missing_ok=True)
        self._resources.callback(os.close, _take_lock(settings.servers_lock))
        doctor.require_ports(settings, with_mlflow=self._with_mlflow)
        self._resources.enter_context(claimed(doctor.own_ports(settings, with_mlflow=self._with_mlflow)))

    def _programs(self) -> tuple[Program, ...]:
        settings = self.settings
        programs = [_prefect_server(settings), _worker(settings, self._flows)]
        if settings.notary.root is None:
            programs.insert(0, _notary(settings))
        if settings.database.url is None:
            programs.insert(0, _postgres(settings))
        if settings.prefect.runner == "warm":
            programs.append(_warm_runner(settings))
        if self._with_steward:
            self._resources.callback(Holder(settings.sockets_root / SOCKET_FILE).close)
            programs.append(_steward(settings))
        if self._with_mlflow:
            address = (settings.mlflow.host, settings.mlflow.ui_port)
            programs.append(_mlflow(settings, self._resources.enter_context(socket.create_server(address))))
        address = (settings.console.host, settings.console.port)
        programs.append(_console(settings, self._resources.enter_context(socket.create_server(address))))
        return tuple(programs)


def _postgres(settings: Settings) -> Program:
    return Program(
        "postgres",
        (PYTHON, "-m", "deployments.servers.database"),
        client_environment(settings),
        folder=settings.home,
        **_beating(settings, database.READY_FILE),
        stop_seconds=5.0,
        death_signal=signal.SIGTERM,
        stop_rank=3,
    )


def _prefect_server(settings: Settings) -> Program:
    url = postgres.database_url(settings, settings.database.prefect_name, driver="asyncpg")
    return Program(
        "prefect",
        (PYTHON, "-m", "deployments.servers.prefect_server"),
        server_environment(settings, database_url=url),
        is_ready=partial(_answers, f"{settings.prefect.api_url}/health"),
        is_well=partial(_answers, f"{settings.prefect.api_url}/ready"),
        folder=settings.home,
        needs=_database_of(settings),
        imports_first=True,
        stop_seconds=2.0,
        stop_rank=2,
    )


def _notary(settings: Settings) -> Program:
    """Judge decisions; where another user's notary is named, that one is asked, and is not ours to start."""
    return Program(
        "notary",
        (PYTHON, "-m", "deployments.servers.notary"),
        client_environment(settings),
        is_ready=partial(answers, settings, within_seconds=ANSWER_SECONDS),
        is_well=partial(answers, settings, within_seconds=ANSWER_SECONDS),
        folder=settings.home,
        needs=_database_of(settings),
        stop_seconds=1.0,
        stop_rank=1,
    )


def _worker(settings: Settings, flows: Collection[str]) -> Program:
    return Program(
        "worker",
        (PYTHON, "-m", "deployments.worker.worker", *flows),
        client_environment(settings),
        folder=settings.home,
        **_beating(settings, worker.BEAT_FILE),
        stop_seconds=1.0,
    )


def _warm_runner(settings: Settings) -> Program:
    path = str(socket_path(settings.sockets_root))
    return Program(
        "warm_runner",
        (PYTHON, "-m", "deployments.warm_runner.parent", path),
        client_environment(settings),
        is_ready=lambda: ask(path, "facts", within_seconds=0.02) is not None,
        is_well=lambda: ask(path, "facts", within_seconds=ANSWER_SECONDS) is not None,
        folder=settings.home,
        stop_seconds=1.0,
        stop_rank=1,
    )


def _steward(settings: Settings) -> Program:
    return Program(
        "steward",
        (PYTHON, "-m", "deployments.steward.steward"),
        client_environment(settings),
        folder=settings.home,
        **_beating(settings, STEWARD_READY_FILE),
        needs=_database_of(settings),
        stop_seconds=4.0,  # its endpoints end what they have begun to answer
    )


def _mlflow(settings: Settings, listener: socket.socket) -> Program:
    """Give MLflow's web application, started when somebody looks: it holds 200 MB and nobody of ours needs it."""
    tracking = settings.mlflow.tracking_uri
    store = tracking.get_secret_value() if tracking else postgres.database_url(settings, settings.database.mlflow_name)
    return Program(
        "mlflow",
        (PYTHON, "-m", "deployments.servers.pages", "mlflow", str(listener.fileno())),
        {
            **client_environment(settings),
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "_MLFLOW_SERVER_FILE_STORE": store,
            "_MLFLOW_SERVER_REGISTRY_STORE": store,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": (settings.data_root / "mlflow").as_uri(),
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
            "_MLFLOW_SGI_NAME": "uvicorn",
        },
        folder=settings.home,
        **_beating(settings, "mlflow.beat"),
        needs=_database_of(settings),
        stop_seconds=1.0,
        listener=listener,
    )


def _console(settings: Settings, listener: socket.socket) -> Program:
    """Give our own pages, started when somebody looks."""
    return Program(
        "console",
        (PYTHON, "-m", "deployments.servers.pages", "console", str(listener.fileno())),
        client_environment(settings),
        folder=settings.home,
        **_beating(settings, "console.beat"),
        needs=_database_of(settings),
        stop_seconds=1.0,
        listener=listener,
    )


class Beating(TypedDict):
    """How a program that touches a file is seen to be ready, and well."""

    is_ready: Callable[[], bool]
    is_well: Callable[[], bool]
    beat: Path


def _beating(settings: Settings, name: str) -> Beating:
    beat = settings.sockets_root / name
    return {"is_ready": beat.exists, "is_well": partial(beats, beat), "beat": beat}


def _database_of(settings: Settings) -> tuple[str, ...]:
    return ("postgres",) if settings.database.url is None else ()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS):  # noqa: S310  an http address made from settings
            return True
    except (OSError, http.client.HTTPException):
        return False


def _take_lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Unavailable(
            "the servers of this data root are running already",
            found=str(path.parent.parent),
            next_step="use them, stop them, or set FLYWHEEL_DATA_ROOT to another folder",
        ) from error
    return descriptor


class _TermAsInterrupt:
    """SIGTERM ends the block as Ctrl-C does; during the stop both are ignored, so that it can be finished."""

    def __enter__(self) -> None:
        self._is_ours = threading.current_thread() is threading.main_thread()
        if self._is_ours:
            self._before = signal.signal(signal.SIGTERM, _interrupt)

    def __exit__(self, *_: object) -> None:
        if self._is_ours:
            signal.signal(signal.SIGTERM, self._before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt
