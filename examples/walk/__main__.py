"""`./run demo`: start the servers, walk one idea through its whole life, say what happened."""

from __future__ import annotations

import argparse
import importlib
import os
import shlex
import sys
import threading
import time
from collections.abc import Mapping

from examples.walk.receiver import CHANNEL, Receiver
from examples.walk.screen import Screen
from flywheel.errors import FlywheelError
from flywheel.settings import Settings

CHANNEL_VARIABLE = f"FLYWHEEL_PAGING__CHANNELS__{CHANNEL.upper()}"
STORY = "examples.walk.story"
ROOT_VARIABLE = "FLYWHEEL_DATA_ROOT"


def main() -> int:
    """Walk; end with 0, or with the error's own code."""
    asked = _arguments()
    screen = Screen()
    try:
        with Receiver() as receiver:
            os.environ[CHANNEL_VARIABLE] = receiver.channel  # read by every server that the walk starts
            os.environ[ROOT_VARIABLE] = str(Settings.load().data_root / "demo")  # begins no installation of yours
            _walk(Settings.load(), screen, receiver, stay=asked.stay)
    except KeyboardInterrupt:
        print("\nstopped; nothing is left running", flush=True)
        return 130
    except FlywheelError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return error.exit_code
    return 0


def _walk(settings: Settings, screen: Screen, receiver: Receiver, *, stay: bool) -> None:
    from deployments.servers.servers import Servers  # after the settings are in the environment, which its imports read

    screen.step("Start the servers")
    threading.Thread(target=importlib.import_module, args=(STORY,), daemon=True).start()
    with Servers(settings, out=screen.say, with_mlflow=stay):
        from examples.walk.story import tell  # two seconds, which have passed while the servers started

        tell(settings, screen, receiver)
        if stay:
            print("\nThe servers stay up; Ctrl-C stops them. To look at them from another terminal:", flush=True)
            print(f"  {looking(os.environ)} .venv/bin/flywheel status", flush=True)
            _sleep_for_ever()
        screen.say("stopping the servers")


def looking(environ: Mapping[str, str]) -> str:
    """Write what another terminal needs to see this very installation: its files, its ports, its channel."""
    wanted = (
        f"{name}={value}"
        for name, value in sorted(environ.items())
        if name in {ROOT_VARIABLE, CHANNEL_VARIABLE} or (name.startswith("FLYWHEEL_") and name.endswith("PORT"))
    )
    return shlex.join(("env", *wanted))


def _sleep_for_ever() -> None:
    while True:
        time.sleep(3_600)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument("--stay", action="store_true", help="keep the servers up at the end, with MLflow's UI")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
