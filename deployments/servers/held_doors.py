"""Listening sockets of endpoints, held by who starts the steward: while it starts anew callers are not refused.

The steward leaves the socket of each endpoint with its holder and asks for it by the endpoint's name when it is back:
systemd's store of descriptors, over a unix socket in the folder that only our account may enter. One steward at a time
is heard. Where none comes for some seconds, the holder tells callers at once that nobody answers.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from deployments.servers.closed_door import ClosedDoor

SOCKET_FILE = "doors.sock"
ANSWER_SECONDS = 2.0
ABSENT_SECONDS = 10.0
"""So long callers wait for the next steward."""
WORD_BYTES = 65_536

KEEP, TAKE, DROP, NAMES = b"keep", b"take", b"drop", b"names"


@dataclass
class Holder:
    """Holds listening sockets by the names of their endpoints until it is closed, on a thread of its own."""

    path: Path
    absent_seconds: float = ABSENT_SECONDS
    _held: dict[bytes, socket.socket] = field(default_factory=dict)
    _closed: list[ClosedDoor] = field(default_factory=list)
    _caller: socket.socket | None = None
    _is_over: bool = False

    def __post_init__(self) -> None:
        self.path.unlink(missing_ok=True)
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._door.bind(str(self.path))
        self._door.listen()
        self._thread = threading.Thread(target=self._serve, name="held doors", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go of all ports."""
        self._is_over = True
        if self._caller is not None:
            with suppress(OSError):  # it has gone
                self._caller.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):  # somebody has taken our place there
            _reached(self.path).close()
        self._thread.join()
        self._door.close()
        self._open_all()
        for name in tuple(self._held):
            self._drop(name)
        self.path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while not self._is_over:
            with self._next() as self._caller, suppress(OSError):
                while not self._is_over and self._has_answered(self._caller):
                    continue

    def _next(self) -> socket.socket:
        """Wait for the next steward; where it does not come, close the doors until it does."""
        self._door.settimeout(self.absent_seconds)
        try:
            caller, _ = self._door.accept()
        except TimeoutError:
            self._closed = [ClosedDoor(listener) for listener in self._held.values()]
            self._door.settimeout(None)
            caller, _ = self._door.accept()
        self._open_all()
        caller.settimeout(None)
        return caller

    def _open_all(self) -> None:
        while self._closed:
            self._closed.pop().open()

    def _has_answered(self, caller: socket.socket) -> bool:
        """Answer one question; false where nobody asks any more."""
        said, given, _, _ = socket.recv_fds(caller, WORD_BYTES, 1)
        sockets = [socket.socket(fileno=descriptor) for descriptor in given]
        if not said:
            return False
        verb, _, name = said.partition(b" ")
        if verb == KEEP and sockets:
            self._drop(name)
            self._held[name] = sockets.pop()
        elif verb == DROP:
            self._drop(name)
        for one in sockets:
            one.close()
        if verb == TAKE and name in self._held:
            socket.send_fds(caller, [TAKE], [self._held[name].fileno()])
        else:
            caller.sendall(b" ".join([NAMES, *self._held]) if verb == NAMES else verb)
        return True

    def _drop(self, name: bytes) -> None:
        if name in self._held:
            self._held.pop(name).close()


@dataclass
class HeldDoors:
    """What the steward asks of its holder, over one connection while it lives; where there is none, nothing is held."""

    path: Path | None = None
    _holder: socket.socket | None = None

    def take(self, name: str) -> socket.socket | None:
        """Get back the socket of an endpoint."""
        _, given = self._ask(TAKE, name)
        return given

    def keep(self, name: str, listener: socket.socket) -> None:
        """Have an endpoint's socket outlive us."""
        self._ask(KEEP, name, listener)

    def drop(self, name: str) -> None:
        """Have nobody listen for an endpoint any more."""
        self._ask(DROP, name)

    def names(self) -> tuple[str, ...]:
        """Name the endpoints whose sockets are held."""
        said, _ = self._ask(NAMES)
        return tuple(said.decode().split()[1:])

    def leave(self) -> None:
        """Make room for the next steward."""
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    def _ask(
        self, verb: bytes, name: str = "", listener: socket.socket | None = None
    ) -> tuple[bytes, socket.socket | None]:
        if self.path is None:
            return b"", None
        try:
            if self._holder is None:
                self._holder = _reached(self.path)
            asked = b"%s %s" % (verb, name.encode()) if name else verb
            socket.send_fds(self._holder, [asked], [listener.fileno()] if listener else [])
            said, given, _, _ = socket.recv_fds(self._holder, WORD_BYTES, 1)
        except OSError:  # no holder: a door lasts as long as the steward then
            self.leave()
            return b"", None
        return said, socket.socket(fileno=given[0]) if given else None


def _reached(path: Path) -> socket.socket:
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    holder.settimeout(ANSWER_SECONDS)
    try:
        holder.connect(str(path))
    except OSError:
        holder.close()
        raise
    return holder
