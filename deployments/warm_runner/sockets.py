"""The warm parent's sockets: listening, reading requests with their open files, keeping both across a restart."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deployments.warm_runner.child import Launch
from deployments.warm_runner.client import LENGTH, receive_body, send_frame
from flywheel.errors import Unavailable

LONGEST_PATH_BYTES = 100
SHORT_FOLDER = Path("/tmp")  # noqa: S108  not TMPDIR: all programs must name one place, and it is proven to be ours
STATE_VARIABLE = "WARM_RUNNER_STATE"


@dataclass
class Run:
    """A forked child and the client that waits for it."""

    pid: int
    connection: socket.socket | None
    kill_at: float | None = None


def socket_path(folder: Path) -> Path:
    """Place the socket in the folder, or where the folder's path is too long for one, in a short private folder."""
    wished = folder / "warm.sock"
    if len(os.fsencode(wished)) <= LONGEST_PATH_BYTES:
        return wished
    short = SHORT_FOLDER / f"flywheel-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid != os.getuid() or short.stat().st_mode & 0o077:
        raise Unavailable(f"{short} is not private to this user", next_step="remove it or choose a shorter data root")
    return short / wished.name


def listen(path: str) -> socket.socket:
    Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(mask)
    listener.listen(128)
    return listener


def inherited() -> tuple[socket.socket, list[Run]] | None:
    given = os.environ.pop(STATE_VARIABLE, None)
    if given is None:
        return None
    state = json.loads(given)
    runs = [
        Run(kept["pid"], None if kept["descriptor"] is None else _taken(kept["descriptor"]), kept["kill_at"])
        for kept in state["runs"]
    ]
    return _taken(state["listener"]), runs


def _taken(descriptor: int) -> socket.socket:
    os.set_inheritable(descriptor, False)  # noqa: FBT003  the standard library's own signature
    return socket.socket(fileno=descriptor)


def keep(connection: socket.socket | None) -> int | None:
    if connection is None:
        return None
    connection.set_inheritable(True)
    return connection.fileno()


def receive_request(connection: socket.socket) -> tuple[dict[str, object], tuple[int, ...]]:
    head, descriptors, _, _ = socket.recv_fds(connection, LENGTH.size, 3)
    if len(head) != LENGTH.size:
        close_all(descriptors)
        raise OSError("the client sent no request")
    body = receive_body(connection, head)
    if body is None:
        close_all(descriptors)
        raise OSError("the client left in the middle of its request")
    return dict(body), tuple(descriptors)


def refuse(connection: socket.socket, descriptors: Iterable[int], problem: str) -> None:
    with suppress(OSError), connection:
        send_frame(connection, {"error": problem})
    close_all(descriptors)


def launch_of(request: dict[str, object], descriptors: tuple[int, ...]) -> Launch:
    environment, arguments = request["environment"], request["arguments"]
    assert isinstance(environment, dict)
    assert isinstance(arguments, list)
    first, second, third = descriptors
    return Launch(str(request["module"]), tuple(arguments), environment, str(request["folder"]), (first, second, third))


def close_all(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
