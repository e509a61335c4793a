"""Ports of a test's own: a block below the kernel's range for callers, locked while this process lives."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from pathlib import Path

FIRST_PORT, PORTS, BLOCKS = 20_000, 60, 200
"""Up to 31,999: from 32,768 on the kernel gives ports to whoever connects, so that a free one may not stay free."""

_held: list[int] = []


def take_ports() -> int:
    """Take a block of ports that nobody listens on and no other test takes; gives its first one."""
    folder = Path(tempfile.gettempdir()) / f"flywheel-test-ports-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in range(BLOCKS):
        first = FIRST_PORT + number * PORTS
        if _lock(folder / str(first)) and all(_is_free(port) for port in range(first, first + PORTS)):
            return first
    raise AssertionError(f"all {BLOCKS} blocks of ports are taken; see {folder}")


def _lock(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _held.append(descriptor)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
