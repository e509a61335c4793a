"""Claims on ports, so that of two starts at the same moment one says at once that it came second."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from flywheel.errors import Unavailable


@contextmanager
def claimed(ports: Mapping[str, int]) -> Iterator[None]:
    """Hold a claim on each port, by the setting that names it; the kernel lets go of it when the process ends.

    Between looking whether a port is free and a server's bind lie seconds, in which another start looks too. A claim
    is a name among abstract sockets of this machine: one process has it, at once or not at all.
    """
    with ExitStack() as held:
        for setting, port in ports.items():
            claim = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            try:
                claim.bind(f"\0flywheel-port-{port}")
            except OSError as error:
                raise Unavailable(
                    f"another start of Flywheel on this machine has taken port {port} just now",
                    next_step=f"use that one, wait until it has ended, or set {setting} to another port",
                ) from error
        yield
