"""A notary for tests: the real one, on a thread of the test's own process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flywheel.adapters.notary_line import listening
from flywheel.catalog.engine import Clock, utc_now
from flywheel.services import notary_office
from flywheel.settings import Settings


@contextmanager
def at_work(settings: Settings, *, clock: Clock = utc_now) -> Iterator[None]:
    """Have a notary answer at the socket of these settings."""
    with notary_office.bench(settings) as opened, listening(settings) as listener:
        bench = replace(opened, catalog=replace(opened.catalog, clock=clock))
        office = threading.Thread(target=notary_office.serve, args=(listener, bench))
        office.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            office.join()
