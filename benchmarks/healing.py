"""How soon each program of the servers is back after it was killed or stopped; `./run bench healing [ROUNDS]`."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from pathlib import Path

from deployments.servers.servers import Servers
from flywheel.settings import Settings
from tests.deployments.conftest import HOME, environment_in
from tests.deployments.healing import healed, questions
from tests.deployments.waiting import eventually

STEADY_SECONDS = 16.0
"""After so long a death counts as the first again."""


def main(rounds: int = 1) -> int:
    """Kill and stop each program in turn, and print how long it was away."""
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        settings = Settings.load(HOME, environ=environment_in(Path(folder)))
        with Servers(settings, out=lambda line: print(line, flush=True)) as servers:
            for number in (signal.SIGKILL, signal.SIGSTOP):
                for program in questions(settings):
                    for _ in range(rounds):
                        one = healed(servers, program, number)
                        print(f"{one.program:12} {one.done}: back after {one.seconds:.1f} s", flush=True)
                        threading.Event().wait(STEADY_SECONDS)
            for program, question in questions(settings).items():
                eventually(question, f"{program} answers at the end", within_seconds=60)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
