"""The notary's office: everything that it can be asked for, behind a socket, under its own keys."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial

from flywheel.adapters.notary_line import answer_all, is_admitted
from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog
from flywheel.domain.logins import Login
from flywheel.services.approval import agreements, break_glass, findings, restoring, signoffs, waivers, withdrawals  # noqa: F401  to import them is to know the decisions that the notary takes
from flywheel.services.dossier import dossiers, wholes  # noqa: F401  to import them is to know the decisions that the notary takes
from flywheel.services.incidents import incidents  # noqa: F401  to import them is to know the decisions that the notary takes
from flywheel.services.people import authority, delegations, people, resets, sessions, telling  # noqa: F401  to import them is to know the decisions that the notary takes
from flywheel.services.people.notary import Bench, answer
from flywheel.services.record import notes  # noqa: F401  to import them is to know the decisions that the notary takes
from flywheel.services.record.sealing import NotarySeal
from flywheel.services.serving import halting, releases, upkeep  # noqa: F401  to import them is to know the decisions that the notary takes
from flywheel.services.terms import policies  # noqa: F401  to import them is to know the decisions that the notary takes
from flywheel.services.walk import cycles, projects  # noqa: F401  to import them is to know the decisions that the notary takes
from flywheel.services.watching import prediction_rewrites  # noqa: F401  to import them is to know the decisions that the notary takes
from flywheel.settings import Settings


@contextmanager
def bench(settings: Settings) -> Iterator[Bench]:
    """Open what the notary judges with: the record, under both keys."""
    catalog = Catalog.open(
        postgres.database_url(settings, settings.database.name, login=Login.NOTARY),
        sealer=NotarySeal.of(settings),
        slack=timedelta(seconds=settings.record.clock_slack_seconds),
    )
    try:
        yield Bench(catalog, settings)
    finally:
        catalog.close()


def serve(listener: socket.socket, at: Bench, *, is_stale: Callable[[], bool] = lambda: False) -> None:
    """Answer whoever may ask, each on a thread of its own, until the socket is closed.

    Where its code is no longer what is on the disk it ends unasked: whoever asks meanwhile is answered by the next one,
    which judges by the code that they run.
    """
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        if is_stale():
            line.close()
            return
        if is_admitted(line, at.settings):
            threading.Thread(target=serve_one, args=(line, at), name="request", daemon=True).start()
        else:
            line.close()
            sys.stderr.write("another user of this machine asked, and was not answered\n")


def serve_one(line: socket.socket, at: Bench) -> None:
    """Answer one process, until it goes."""
    with suppress(OSError):  # it went away in the midst of it
        answer_all(line, partial(answer, at))
