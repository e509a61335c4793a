"""Killing and stopping the processes of running servers, and seeing how soon each question is answered again."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deployments.servers.servers import STEWARD_READY_FILE, Servers, _answers
from deployments.servers.wellness import beats
from deployments.warm_runner.client import ask
from deployments.warm_runner.sockets import socket_path
from deployments.worker import worker
from flywheel.adapters.notary_line import answers as notary_answers
from flywheel.adapters.postgres import health as postgres_health
from flywheel.adapters.postgres import pid as postgres_pid
from flywheel.adapters.postgres import postgres
from flywheel.settings import Settings
from tests.deployments.waiting import eventually, is_alive

HEALED_WITHIN_SECONDS = 90.0


@dataclass(frozen=True)
class Healed:
    """What was done to which program, and after how long its question was answered by another process."""

    program: str
    done: str
    seconds: float


def questions(settings: Settings) -> Mapping[str, Callable[[], bool]]:
    """The real question of each program."""
    place = settings.sockets_root
    return {
        "postgres": lambda: postgres_health.look(settings).is_well,
        "prefect": lambda: _answers(f"{settings.prefect.api_url}/ready"),
        "worker": lambda: beats(place / worker.BEAT_FILE),
        "warm_runner": lambda: ask(str(socket_path(place)), "facts", within_seconds=1.0) is not None,
        "steward": lambda: beats(place / STEWARD_READY_FILE),
        "notary": lambda: notary_answers(settings, within_seconds=1.0),
        "console": lambda: _is_served(settings),
    }


def pid_of(servers: Servers, program: str) -> int | None:
    """The process that does a program's work: of PostgreSQL it is the server, not who looks after it."""
    if program == "postgres":
        return postgres_pid.server_pid(postgres.embedded_folder(servers.settings))
    return servers.pid(program)


def healed(servers: Servers, program: str, number: signal.Signals) -> Healed:
    """Kill or stop a program and wait until another process answers in its place."""
    question = questions(servers.settings)[program]
    eventually(question, f"{program} answers", within_seconds=HEALED_WITHIN_SECONDS)
    before = pid_of(servers, program)
    assert before is not None
    began = time.monotonic()
    os.kill(before, number)
    eventually(
        lambda: question() and pid_of(servers, program) not in (None, before),  # who asks starts what rests
        f"{program} is back after {number.name}",
        within_seconds=HEALED_WITHIN_SECONDS,
    )
    assert not is_alive(before)
    return Healed(program, number.name, time.monotonic() - began)


def _is_served(settings: Settings) -> bool:
    address = (settings.console.host, settings.console.port)
    try:
        with socket.create_connection(address, timeout=1.0) as connection:
            connection.settimeout(5.0)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
            return connection.recv(12).startswith(b"HTTP/1.1")
    except OSError:
        return False
