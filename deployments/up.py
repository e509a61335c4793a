"""Start everything for daily use and stay until Ctrl-C or SIGTERM; `python -m deployments.up`."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence

from deployments.servers.servers import Servers
from deployments.servers.web_door import mlflow_door, prefect_door
from flywheel.errors import FlywheelError
from flywheel.services.incidents.paging import kept_sentence
from flywheel.settings import Settings


def main(arguments: Sequence[str] = ()) -> int:
    """Run the servers, say where they are, wait."""
    asked = _parser().parse_args(arguments)
    try:
        settings = Settings.load()
        if asked.links:
            for line in links(settings):
                say(line)
            return 0
        with Servers(settings, out=say, with_mlflow=True) as servers:
            say(f"all ready after {max(servers.ready_seconds.values()):.1f} s")
            for line in links(settings):
                say(line)
            if kept := kept_sentence(settings.paging.kept):
                say(kept)
            say("Ctrl-C stops everything.")
            threading.Event().wait()
    except KeyboardInterrupt:
        say("stopped")
    except FlywheelError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    """Everything else is set by settings: an option that is none is refused before anything starts."""
    parser = argparse.ArgumentParser(
        prog="flywheel up",
        description="Start the servers for daily use, on loopback; Ctrl-C stops them all.",
        epilog="Ports and places are settings, such as FLYWHEEL_PREFECT__PORT and FLYWHEEL_DATA_ROOT.",
    )
    parser.add_argument("--links", action="store_true", help="start nothing; print the links that let a browser in")
    return parser


def links(settings: Settings) -> tuple[str, ...]:
    """Say where a person finds what."""
    return (
        f"  Prefect   {prefect_door(settings)}  (runs, forms, sign-offs)",
        f"  MLflow    {mlflow_door(settings)}  (experiments, models)",
        f"  files     {settings.data_root}",
        f"  logs      {settings.logs_root}",
    )


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
