"""Listening sockets of endpoints, held by who starts the steward: while it starts anew callers are not refused.

The steward leaves each socket with its holder and asks for it by its port when it comes back. It is systemd's store of
descriptors over a unix socket in the folder that only our account may enter.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

SOCKET_FILE = "doors.sock"
ANSWER_SECONDS = 2.0
WORD_BYTES = 4_096

KEEP, TAKE, DROP, PORTS = b"keep", b"take", b"drop", b"ports"


@dataclass
class Holder:
    """Holds listening sockets by their ports until it is closed, on a thread of its own."""

    path: Path
    _held: dict[int, socket.socket] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.path.unlink(missing_ok=True)
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._door.bind(str(self.path))
        self._door.listen()
        self._thread = threading.Thread(target=self._serve, name="held doors", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go of all ports."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._door.close()
        for port in tuple(self._held):
            self._drop(port)
        self.path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:  # closed
                return
            with caller, suppress(OSError, ValueError):  # one that says nothing sensible hears nothing
                caller.settimeout(ANSWER_SECONDS)
                self._answer(caller)

    def _answer(self, caller: socket.socket) -> None:
        said, given, _, _ = socket.recv_fds(caller, WORD_BYTES, 1)
        sockets = [socket.socket(fileno=descriptor) for descriptor in given]
        verb, _, port = said.partition(b" ")
        match verb:
            case _ if verb == KEEP and sockets:
                self._drop(int(port))
                self._held[int(port)] = sockets.pop()
            case _ if verb == TAKE and int(port) in self._held:
                socket.send_fds(caller, [TAKE], [self._held[int(port)].fileno()])
                return
            case _ if verb == DROP:
                self._drop(int(port))
        for one in sockets:
            one.close()
        caller.sendall(b" ".join(b"%d" % held for held in self._held) if verb == PORTS else verb)

    def _drop(self, port: int) -> None:
        if port in self._held:
            self._held.pop(port).close()


@dataclass(frozen=True)
class HeldDoors:
    """What the steward asks of its holder; where there is none, nothing is held."""

    path: Path | None = None

    def take(self, port: int) -> socket.socket | None:
        """Get back the socket that listens on a port."""
        _, given = self._ask(TAKE, port)
        return given

    def keep(self, listener: socket.socket) -> None:
        """Have a socket outlive us."""
        self._ask(KEEP, listener.getsockname()[1], listener)

    def drop(self, port: int) -> None:
        """Have nobody listen on a port any more."""
        self._ask(DROP, port)

    def ports(self) -> tuple[int, ...]:
        """Name the ports that are held."""
        said, _ = self._ask(PORTS, 0)
        return tuple(int(port) for port in said.split())

    def _ask(self, verb: bytes, port: int, listener: socket.socket | None = None) -> tuple[bytes, socket.socket | None]:
        if self.path is None:
            return b"", None
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as holder:
            holder.settimeout(ANSWER_SECONDS)
            try:
                holder.connect(str(self.path))
                socket.send_fds(holder, [b"%s %d" % (verb, port)], [listener.fileno()] if listener else [])
                said, given, _, _ = socket.recv_fds(holder, WORD_BYTES, 1)
            except OSError:  # no holder: a door lasts as long as the steward then
                return b"", None
            return said, socket.socket(fileno=given[0]) if given else None
