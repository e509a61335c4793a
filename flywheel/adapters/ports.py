"""Who holds a port of this machine, as far as the kernel tells us."""

from __future__ import annotations

import os
import shlex
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flywheel.adapters.machine import user_name

PROC = Path("/proc")
LISTENING = "0A"
MARK = b"FLYWHEEL_DATA_ROOT="


@dataclass(frozen=True)
class Holder:
    """A program that holds a port; other people's programs show their user alone."""

    user: str
    pid: int | None = None
    command: str = ""
    data_root: str = ""
    """The data root whose servers it belongs to, where it is one of ours."""

    def sentence(self) -> str:
        """Name it for people."""
        if self.pid is None:
            return f"a program of the user {self.user}"
        whose = f", of the servers of {self.data_root}" if self.data_root else f", of the user {self.user}"
        return f"process {self.pid} ({self.command}){whose}"


def is_busy(host: str, port: int) -> bool:
    """Say whether nobody else can listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def holder_of(port: int) -> Holder | None:
    """Find who listens on a port; nobody where the kernel does not say."""
    found = next(_listening(port), None)
    if found is None:
        return None
    uid, inode = found
    user = user_name(uid)
    pid = _holding(inode)
    if pid is None:
        return Holder(user)
    return Holder(user, pid, _command(pid), _data_root(pid))


def _listening(port: int) -> Iterator[tuple[int, str]]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                words = line.split()
                if words[3] == LISTENING and int(words[1].rpartition(":")[2], 16) == port:
                    yield int(words[7]), words[9]


def _holding(inode: str) -> int | None:
    for folder in PROC.glob("[0-9]*/fd"):
        with suppress(OSError):
            if any(_points_to(link, f"socket:[{inode}]") for link in folder.iterdir()):
                return int(folder.parent.name)
    return None


def _points_to(link: Path, target: str) -> bool:
    with suppress(OSError):
        return os.readlink(link) == target  # noqa: PTH115  what a socket links to is no path
    return False


def _command(pid: int) -> str:
    with suppress(OSError):
        words = (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        return shlex.join(words)
    return "its command is not shown"


def _data_root(pid: int) -> str:
    """Name the data root that a program works on, or else the programs that it started."""
    return next(filter(None, map(_mark_of, (pid, *_children(pid)))), "")


def _mark_of(pid: int) -> str:
    with suppress(OSError):
        marks = [one for one in (PROC / str(pid) / "environ").read_bytes().split(b"\0") if one.startswith(MARK)]
        return os.fsdecode(marks[0].removeprefix(MARK)) if marks else ""
    return ""


def _children(pid: int) -> tuple[int, ...]:
    """List what a program started, in whichever of its threads."""
    found: list[int] = []
    for thread in (PROC / str(pid) / "task").glob("*/children"):
        with suppress(OSError):
            found += map(int, thread.read_text(encoding="ascii").split())
    return tuple(found)
