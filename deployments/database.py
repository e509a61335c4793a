"""Keep the embedded PostgreSQL running for as long as this program runs; `python -m deployments.database`."""

from __future__ import annotations

import signal

from flywheel.adapters import postgres
from flywheel.settings import Settings

READY_FILE = "postgres.ready"


def main() -> None:
    """Start the server, wait for SIGTERM, stop the server."""
    settings = Settings.load()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # a signal during the start waits for the end of the start
    ready = settings.sockets_root / READY_FILE
    with postgres.running(settings):
        ready.touch()
        signal.sigwait(ends)
        ready.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
