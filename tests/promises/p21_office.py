"""A notary that begins anew whenever it is killed: `python -m tests.promises.p21_office`; prints each one's number.

Each is forked from one process that has imported everything, so that a death costs no seconds.
"""

from __future__ import annotations

import os
import signal
import sys

from flywheel.adapters.notary_line import listening
from flywheel.services import notary_office
from flywheel.settings import Settings


def main() -> None:
    """Have one notary after the other, until SIGTERM ends the last."""
    settings, child = Settings.load(), 0

    def leave(*_: object) -> None:
        os.kill(child, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    while True:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            with notary_office.bench(settings) as bench, listening(settings) as listener:
                sys.stdout.write(f"{os.getpid()}\n")
                sys.stdout.flush()
                notary_office.serve(listener, bench)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
