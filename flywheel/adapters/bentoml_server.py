"""Runs a package as a BentoML server of its own: start it on a socket we keep, wait until it is ready, let it drain.

It is BentoML's own worker that is started, without `bentoml serve`'s supervisor: one interpreter instead of two
(ready in 2.4 s instead of 4.2 s), no restart that the keeper does not know of, and a listening socket that outlives the
server, so that a newer version takes over without one refused connection.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flywheel.adapters.bentoml import quiet_environment
from flywheel.domain.digests import Json
from flywheel.errors import Unavailable, ending_of
from flywheel.project.contract import Mode

WORKER = "_bentoml_impl.worker.service"
BACKLOG = 2_048
HEARD_BYTES = 65_536
"""As much as a pipe holds: however late we listen, what is heard is the latest."""


@dataclass
class EndpointServer:
    """A running server; it ends by itself when the one who started it is gone."""

    popen: subprocess.Popen[bytes]
    port: int
    log_path: Path
    ready_fd: int
    life_fd: int
    is_ready: bool = False
    heard_at: float = 0.0
    """When its loop was last heard to turn, by the monotonic clock."""
    complaint: str = ""
    """What it said last that is amiss with it."""

    @property
    def pid(self) -> int:
        """Its process id, and that of its group."""
        return self.popen.pid

    @property
    def is_alive(self) -> bool:
        """It has not ended."""
        return self.popen.poll() is None

    def last_words(self) -> str:
        """Why it would not start or stay, as it said itself."""
        with contextlib.suppress(OSError):
            text = self.log_path.read_text(encoding="utf-8", errors="replace")
            refused = [line for line in text.splitlines() if line.startswith("refused to start: ")]
            if refused:
                return ending_of(refused[-1])
            return f"{ending_of(text)}\nall of it is in {self.log_path}" if text.strip() else ""
        return ""


def listen(host: str, port: int) -> socket.socket:
    """Take a port and keep it; the socket is passed on to one server after another."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Unavailable(f"port {port} of {host} cannot be taken: {error.strerror}", found=port) from error
    return listener


def start_endpoint(
    package_path: Path,
    *,
    public_key: str,
    digest: str = "",
    listener: socket.socket,
    predictions_root: Path,
    log_path: Path,
    mode: Mode | None = None,
    threads: int = 1,
    conditions: Mapping[str, Json] | None = None,
) -> EndpointServer:
    """Start a server for a package on a listening socket, in a session of its own; it may not be ready yet.

    It is told whose seal the package must bear and which package it must be, and proves both itself.
    """
    ready_fd, tell_ready = os.pipe()
    life_end, life_fd = os.pipe()
    arguments: dict[str, Json] = {
        "public_key": public_key,
        "package": digest,
        "predictions_root": str(predictions_root),
        "ready_fd": tell_ready,
        "life_fd": life_end,
    }
    if mode is not None:
        arguments["mode"] = mode.value
    if conditions:
        arguments["conditions"] = dict(conditions)  # only where there are any: older packages refuse the word
    socket_fd = listener.fileno()
    command = [sys.executable, "-P", "-m", WORKER, str(package_path), "--fd", str(socket_fd), "--worker-id", "1"]
    command += ["--timeout-graceful-shutdown", "10", "--args", "{}"]
    environment = {**quiet_environment(threads), "BENTOML_HOME": str(package_path.parents[2])}
    environment["FLYWHEEL_ENDPOINT"] = json.dumps(arguments)
    try:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("wb") as log:
            popen = subprocess.Popen(
                command,
                cwd=package_path,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(socket_fd, tell_ready, life_end),
                start_new_session=True,
            )
    except OSError:
        os.close(ready_fd)
        os.close(life_fd)
        raise
    finally:
        os.close(tell_ready)
        os.close(life_end)
    return EndpointServer(popen, listener.getsockname()[1], log_path, ready_fd, life_fd)


def poll_ready(server: EndpointServer, within_seconds: float = 0.0) -> bool:
    """Say whether the server has become ready, waiting at most so long for it."""
    if not server.is_ready and server.ready_fd >= 0:
        if not select.select([server.ready_fd], [], [], within_seconds)[0]:
            return False
        server.is_ready = _hear(server)
    return server.is_ready and server.is_alive


def seconds_silent(server: EndpointServer) -> float:
    """Tell how long the loop of a ready server has not been heard to turn; it says so every second."""
    if server.ready_fd >= 0 and select.select([server.ready_fd], [], [], 0)[0]:
        _hear(server)
    return time.monotonic() - server.heard_at


def _hear(server: EndpointServer) -> bool:
    """Read what it has said since; where it can say nothing more, give its pipe back."""
    said = os.read(server.ready_fd, HEARD_BYTES).decode(errors="replace")
    if said:
        server.heard_at, server.complaint = time.monotonic(), said.splitlines()[-1]
    else:
        os.close(server.ready_fd)
        server.ready_fd = -1
    return said != ""


def wait_ready(server: EndpointServer, within_seconds: float = 60.0) -> None:
    """Wait until it answers; where it ends or takes too long, stop it and say why."""
    if poll_ready(server, within_seconds):
        return
    words = server.last_words()
    stop_endpoint(server, within_seconds=0)
    raise Unavailable(f"the endpoint did not become ready: {words or f'nothing after {within_seconds:.0f} s'}")


def stop_endpoint(server: EndpointServer, *, within_seconds: float = 15.0) -> int:
    """Let it answer what it has admitted, then end it and all it started; give its exit status."""
    ask_to_stop(server)
    deadline = time.monotonic() + within_seconds
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.popen.wait(max(0.0, deadline - time.monotonic()))
    return reap(server)


def ask_to_stop(server: EndpointServer) -> None:
    """Ask it to take no more and to end when it has answered."""
    if server.is_alive:
        server.popen.terminate()


def reap(server: EndpointServer) -> int:
    """End what is left of its group and give back its descriptors."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(server.pid, signal.SIGKILL)
    status = server.popen.wait(10)
    for name in ("ready_fd", "life_fd"):
        descriptor = getattr(server, name)
        if descriptor >= 0:
            os.close(descriptor)
            setattr(server, name, -1)
    return status
