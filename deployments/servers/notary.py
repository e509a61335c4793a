"""Judge what opens doors, for every program of this installation; `python -m deployments.servers.notary`.

With a number it answers whoever holds the other end of that descriptor, and ends with them.
"""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from deployments.warm_runner.freshness import fingerprint

HOME = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] = ()) -> int:
    """Open the record and answer until SIGTERM, or until whoever started us has gone."""
    code = fingerprint(HOME)
    # read only now: what changes while it is imported is another code than the one that was looked at
    from flywheel.adapters.notary_line import listening
    from flywheel.errors import FlywheelError
    from flywheel.services import notary_office
    from flywheel.settings import Settings

    try:
        settings = Settings.load()
        with notary_office.bench(settings) as bench:
            if arguments:
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks decides when this ends
                notary_office.serve_one(socket.socket(fileno=int(arguments[0])), bench)
                return 0
            with listening(settings) as listener:
                signal.signal(signal.SIGTERM, _leave)
                notary_office.serve(listener, bench, is_stale=lambda: fingerprint(HOME) != code)
                sys.stderr.write("the code changed: the next notary judges by it\n")
    except FlywheelError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
