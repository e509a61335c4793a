"""Keep the embedded PostgreSQL running for as long as this program runs; `python -m deployments.servers.database`.

A server that dies or hangs ends this program with it: our supervisor starts both anew, by the rule for all programs.
"""

from __future__ import annotations

import signal
import sys
import time

from flywheel.adapters.postgres import health as postgres_health
from flywheel.adapters.postgres import pid as postgres_pid
from flywheel.adapters.postgres import postgres
from flywheel.errors import Unavailable
from flywheel.settings import Settings

READY_FILE = "postgres.ready"
LOOK_SECONDS = 1.0
ASK_SECONDS = 5.0
STOPPED_SECONDS, SILENT_SECONDS = 6.0, 15.0
"""Since it answered last: so long after it was stopped, or where it lets nobody in, it hangs."""


def main() -> int:
    """Start the server, look after it until SIGTERM, stop it."""
    settings = Settings.load()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # a signal during the start waits for the end of the start
    ready, folder = settings.sockets_root / READY_FILE, postgres.embedded_folder(settings)
    with postgres.running(settings):
        answered_at = time.monotonic()
        while signal.sigtimedwait(ends, LOOK_SECONDS if ready.exists() else 0.0) is None:
            if postgres_pid.server_pid(folder) is None:
                return _tell("PostgreSQL has died")
            silent, is_stopped = time.monotonic() - answered_at, postgres_pid.is_stopped(folder)
            if silent > ASK_SECONDS and not is_stopped and _is_well(settings):
                answered_at = time.monotonic()
            elif silent > (STOPPED_SECONDS if is_stopped else SILENT_SECONDS):
                postgres_pid.kill(folder)
                return _tell("PostgreSQL hung and was killed")
            ready.touch()
        ready.unlink(missing_ok=True)
    return 0


def _is_well(settings: Settings) -> bool:
    seen = postgres_health.look(settings)
    for words in seen.said:
        sys.stderr.write(f"{words}\n")
    return seen.is_well


def _tell(what: str) -> int:
    sys.stderr.write(f"{what}: it is started anew\n")
    return Unavailable.exit_code


if __name__ == "__main__":
    sys.exit(main())
