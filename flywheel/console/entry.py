"""The `flywheel` program: it begins with nothing that takes time to import, so that Ctrl-C ends it in words at once."""

from __future__ import annotations

import os
import signal
import sys

STOPPED = 130
"""What a shell expects of a program that was stopped by Ctrl-C."""
_WRITES_NOTHING = frozenset({"check", "doctor", "status", "whoami", "diff"})
_WHAT_STANDS = {
    "new": "its folder is complete, or not there at all",
    "decide": "your answers are saved; the same command continues there",
    "run": "a run that was started continues: `flywheel status` shows it",
}
_ELSE = "what was recorded by then is complete and stays; the same command can be run again"


def main() -> None:
    """Run one command; stopped by Ctrl-C, end in one line that says what stands."""
    try:
        _run()
    finally:
        _let_go_of_output()


def _run() -> None:
    try:
        from flywheel.console import cli  # takes a while, in which Ctrl-C may come

        cli.main()
    except KeyboardInterrupt:
        _stop()
    except SystemExit as end:  # what typer makes of Ctrl-C has no words
        if end.code != STOPPED:
            raise
        _stop()


def _let_go_of_output() -> None:
    """Write what is left; where nobody reads on, as behind `| head`, end without a word."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would end in a traceback
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    said = "nothing was written" if command in _WRITES_NOTHING else _WHAT_STANDS.get(command, _ELSE)
    print(f"\nflywheel: stopped; {said}", file=sys.stderr)
    sys.exit(STOPPED)
