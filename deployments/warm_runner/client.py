"""Ask the warm runner for a run and stand in for it: same output, same signals, same exit status.

Run as `python -S -E client.py SOCKET [MODULE [ARGUMENTS]]`; standard library only, so that it starts in an instant.
"""

from __future__ import annotations

import array
import json
import os
import resource
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

if __name__ == "__main__":  # started as a file, without the repository on the path
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))  # noqa: PTH100,PTH120  pathlib costs more than all the rest

from deployments.leash import die_with_parent

DEFAULT_MODULE = "prefect.engine"
CONNECT_SECONDS = 20.0
NOT_THERE = 69  # EX_UNAVAILABLE
BROKEN = 70  # EX_SOFTWARE
LENGTH = struct.Struct("!I")
MAX_FRAME_BYTES = 16_000_000
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

Frame = Mapping[str, object]


def main(arguments: Sequence[str]) -> int:
    """Start one run in the warm runner and wait for its end."""
    die_with_parent(signal.SIGKILL)
    path, module, *rest = [*arguments, DEFAULT_MODULE][: max(2, len(arguments))]
    connection = connect(path, within_seconds=CONNECT_SECONDS)
    if connection is None:
        return _complain(f"no warm runner answers at {path}; start the servers with `flywheel up`", NOT_THERE)
    request = {
        "kind": "run",
        "module": module,
        "arguments": rest,
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109  pathlib costs more than all the rest
    }
    for number in FORWARDED:
        signal.signal(number, _forward_over(connection))
    try:
        send_frame(connection, request, descriptors=(0, 1, 2))
        return _await_end(connection)
    except OSError as error:
        return _complain(f"the warm runner ended ({error}); its runs ended with it", BROKEN)


def connect(path: str, *, within_seconds: float) -> socket.socket | None:
    """Connect to the parent, waiting a while for one that is just being restarted."""
    deadline = time.monotonic() + within_seconds
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(path)
        except OSError:
            connection.close()
            if time.monotonic() > deadline:
                return None
            time.sleep(0.05)
        else:
            return connection


def ask(path: str, kind: str, *, within_seconds: float = 5.0) -> Frame | None:
    """Put a question other than a run to the parent; None when nobody answers."""
    connection = connect(path, within_seconds=0)
    if connection is None:
        return None
    with connection:
        connection.settimeout(within_seconds)
        try:
            send_frame(connection, {"kind": kind})
            return receive_frame(connection)
        except OSError:
            return None  # busy importing, or gone: both mean no answer


def send_frame(connection: socket.socket, frame: Frame, *, descriptors: Sequence[int] = ()) -> None:
    """Send one message, and open files along with its first bytes."""
    body = json.dumps(frame).encode()
    head = LENGTH.pack(len(body))
    if descriptors:
        connection.sendmsg([head], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))])
    else:
        connection.sendall(head)
    connection.sendall(body)


def receive_frame(connection: socket.socket) -> Frame | None:
    """Receive one message; None when the other side has closed."""
    head = _receive_exactly(connection, LENGTH.size)
    return None if head is None else receive_body(connection, head)


def receive_body(connection: socket.socket, head: bytes) -> Frame | None:
    """Receive what follows a message's length."""
    (length,) = LENGTH.unpack(head)
    if length > MAX_FRAME_BYTES:
        raise OSError(f"message of {length} bytes, at most {MAX_FRAME_BYTES} are allowed")
    body = _receive_exactly(connection, length)
    try:
        frame = None if body is None else json.loads(body)
    except ValueError as error:
        raise OSError("a message that is not JSON") from error
    return frame if isinstance(frame, dict) else None


def _await_end(connection: socket.socket) -> int:
    while True:
        frame = receive_frame(connection)
        if frame is None:
            return _complain("the warm runner died; its runs ended with it", BROKEN)
        if "error" in frame:
            return _complain(str(frame["error"]), BROKEN)
        if "exit" in frame:
            return _end_like(int(str(frame["exit"])))


def _end_like(status: int) -> int:
    """Give back the run's status; a run that ended by a signal ends us by the same one."""
    if status >= 0:
        return status
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if -status not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
    return 128 - status


def _forward_over(connection: socket.socket) -> Callable[[int, FrameType | None], None]:
    def forward(number: int, frame: FrameType | None) -> None:
        del frame
        send_frame(connection, {"signal": number})

    return forward


def _receive_exactly(connection: socket.socket, length: int) -> bytes | None:
    parts: list[bytes] = []
    while length > 0:
        part = connection.recv(min(length, 65_536))
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _complain(text: str, status: int) -> int:
    sys.stderr.write(f"warm runner client: {text}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
