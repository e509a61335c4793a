"""The line to the notary: a unix socket, messages of canonical JSON behind their length, and whose process asks.

Where the servers run, it is one of their programs; else whoever needs it starts one for itself, which ends with them.
"""

from __future__ import annotations

import os
import secrets
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from flywheel.adapters.machine import is_locked
from flywheel.domain.digests import Json, canonical_json, read_json
from flywheel.errors import InputRefused, Unavailable
from flywheel.settings import Settings, settings_environment

NAME = "notary.sock"
LENGTH = struct.Struct("!I")
MAX_BYTES = 16_000_000
PEER = struct.Struct("3i")
"""Process, user and group of whoever is at the other end, as the kernel says."""
PROGRAM = "deployments.servers.notary"
RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.02, 1.0
ENDING_SECONDS = 2.0
Answer = Callable[[Mapping[str, Json]], Json]


@dataclass(frozen=True)
class _OwnNotary:
    """A notary that was started for one process, and the way to it."""

    line: socket.socket
    program: subprocess.Popen[bytes]

    def end(self) -> int:
        """Have it end, whatever it does; gives the status of one that ended by itself."""
        self.line.close()
        with suppress(subprocess.TimeoutExpired):
            self.program.wait(ENDING_SECONDS)  # whoever closed the line is about to end, or hangs
        self.program.kill()
        return self.program.wait()


class _LineBrokeError(Exception):
    """The line broke before an answer came: whether it was decided the notary knows when it is asked again."""


@dataclass
class Line:
    """How a process asks the notary of its installation."""

    settings: Settings
    _own: _OwnNotary | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, decision: str, said: Mapping[str, Json]) -> Json:
        """Send a request and wait for what came of it.

        Where the notary dies meanwhile the same request is sent again, as long as callers wait for one that starts. Its
        number, drawn here, makes it one request: it is judged once, and the answer to it found.
        """
        asked = {"decision": decision, "said": dict(said), "asked": secrets.token_hex(16)}
        request, until, pause = canonical_json(asked).encode(), float("inf"), RETRY_SECONDS
        if len(request) > MAX_BYTES:
            raise InputRefused("this is too much to decide at once", found=len(request), allowed=f"{MAX_BYTES} bytes")
        while True:
            try:
                return self._exchange(request)
            except _LineBrokeError as broken:
                until = min(until, time.monotonic() + self.settings.notary.wait_seconds)
                if time.monotonic() + pause > until:
                    raise _silent(str(broken)) from broken
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_RETRY_SECONDS)

    def _exchange(self, request: bytes) -> Json:
        with self._connected() as line:
            line.settimeout(self.settings.notary.answer_seconds)
            try:
                send(line, request)
                answer = receive(line)
            except TimeoutError as error:
                raise _silent(f"nothing came within {self.settings.notary.answer_seconds:g} s") from error
            except OSError as error:
                raise _LineBrokeError(str(error)) from error
            if answer is None:
                raise _LineBrokeError("it ended meanwhile")
            return answer

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        line = self._to_servers()
        if line is not None:
            with line:
                yield line
            return
        with self._turn:
            if self._own is None:
                self._own = _own_notary(self.settings)
            try:
                yield self._own.line
            except (_LineBrokeError, Unavailable) as error:
                status, self._own = self._own.end(), None  # the next question begins with another
                if status > 0 and isinstance(error, _LineBrokeError):
                    raise _silent("it ended with what is written above") from error
                raise

    def _to_servers(self) -> socket.socket | None:
        """Connect to the notary that runs beside us, waiting for one that starts; nothing where none is to be there."""
        deadline = time.monotonic() + self.settings.notary.wait_seconds
        while True:
            line = _connect(self.settings)
            if line is not None:
                return line
            if self.settings.notary.root is None and not is_locked(self.settings.servers_lock):
                return None
            if time.monotonic() > deadline:
                raise Unavailable(
                    "the notary does not answer, so nothing is decided",
                    found=self.settings.notary_root / "run" / NAME,
                    next_step=f"try again in a moment; `{self.settings.logs_root / 'notary.log'}` shows the cause",
                )
            time.sleep(RETRY_SECONDS)


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """Take the notary's place: other users find it only where one of them is named."""
    with _place(settings, is_made=True) as path, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108  a name below a descriptor
        mask = os.umask(0o177 if settings.notary.caller is None else 0o111)
        try:
            listener.bind(path)
        finally:
            os.umask(mask)
        listener.listen(128)
        yield listener


def is_admitted(line: socket.socket, settings: Settings) -> bool:
    """Whether the process at the other end is this user's, or that of the one who is named."""
    _, user, _ = PEER.unpack(line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
    return user in {os.geteuid(), settings.notary.caller}


def answer_all(line: socket.socket, answer: Answer) -> None:
    """Answer one request after the other, until whoever asks has gone."""
    with line, suppress(ConnectionError):
        while (request := receive(line)) is not None:
            if not isinstance(request, dict):
                return
            send(line, canonical_json(answer(request)).encode())


def send(line: socket.socket, body: bytes) -> None:
    """Send one message."""
    line.sendall(LENGTH.pack(len(body)) + body)


def receive(line: socket.socket) -> Json:
    """Receive one message; nothing where the other side has closed."""
    head = _exactly(line, LENGTH.size)
    if head is None:
        return None
    (length,) = LENGTH.unpack(head)
    if length > MAX_BYTES:
        raise ConnectionError(f"a message of {length} bytes, at most {MAX_BYTES} are read")
    body = _exactly(line, length)
    return None if body is None else read_json(body)


def answers(settings: Settings, *, within_seconds: float) -> bool:
    """Whether the notary answers what it answers to everybody: whether it can reach the record."""
    line = _connect(settings)
    if line is None:
        return False
    with line:
        line.settimeout(within_seconds)
        try:
            send(line, canonical_json({"decision": "", "said": {}}).encode())
            return receive(line) is not None
        except OSError:
            return False


def _connect(settings: Settings) -> socket.socket | None:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _place(settings) as path:
            line.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):
        line.close()
        return None
    except PermissionError as error:
        line.close()
        raise Unavailable(
            "the notary does not let this user ask",
            found=os.geteuid(),
            next_step="name this user in its FLYWHEEL_NOTARY__CALLER",
        ) from error
    return line


@contextmanager
def _place(settings: Settings, *, is_made: bool = False) -> Iterator[str]:
    """Name the socket by its folder's descriptor: an address has 107 bytes, however long the path is."""
    folder = settings.notary_root / "run"
    if is_made:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if settings.notary.caller is not None:
            folder.chmod(0o755)  # whoever is named passes through
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


def _own_notary(settings: Settings) -> _OwnNotary:
    """Start a notary for this process alone; it ends when we do."""
    ours, its = socket.socketpair()
    with its:
        program = subprocess.Popen(
            [sys.executable, "-m", PROGRAM, str(its.fileno())],
            env=os.environ | settings_environment(settings),
            cwd=settings.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(its.fileno(),),
        )
    return _OwnNotary(ours, program)


def _exactly(line: socket.socket, length: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < length:
        part = line.recv(min(length - len(parts), 65_536))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _silent(why: str) -> Unavailable:
    return Unavailable(
        f"the notary did not answer: {why}",
        next_step="see whether the decision was taken (`flywheel events list`), and repeat it if it was not",
    )
