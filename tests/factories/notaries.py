"""A notary for tests: the real one, on a thread of the test's own process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flywheel.adapters.notary_line import listening
from flywheel.services import notary_office
from flywheel.settings import Settings


@contextmanager
def at_work(settings: Settings) -> Iterator[None]:
    """Have a notary answer at the socket of these settings."""
    with notary_office.bench(settings) as bench, listening(settings) as listener:
        office = threading.Thread(target=notary_office.serve, args=(listener, bench))
        office.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            office.join()
