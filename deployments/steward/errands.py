"""The steward's errands that need heavy libraries: each in a process of its own, forked where there is a warm runner.

`python -m deployments.steward.errands NAME` reads its arguments and prints its answer, both as JSON; the steward stays
small.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing

from deployments.forms import forms_of
from deployments.warm_runner.client import ask
from deployments.warm_runner.sockets import socket_path
from deployments.worker.work_pool import module_command
from flywheel.adapters.running import run_to_end
from flywheel.domain.digests import Digest, Json, plain
from flywheel.errors import Unavailable
from flywheel.services.watching.prediction_compaction import compact_logs
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings

ACTOR = "steward"
PATIENCE_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.5

Arguments = Mapping[str, Json]


def run_errand(name: str, arguments: Arguments, *, settings: Settings) -> Json:
    """Have an errand run and give its answer; one that fails is raised here with its last words."""
    said = run_to_end(
        [*module_command(settings), "deployments.steward.errands", name],
        what=f"errand {name}",
        logs=settings.logs_root,
        folder=settings.home,
        given=json.dumps(plain(arguments)),
        seconds=PATIENCE_SECONDS,
    )
    answer: Json = json.loads(said.splitlines()[-1])
    return answer


def await_warm(settings: Settings, *, within_seconds: float) -> None:
    """Wait until the warm parent has imported everything, so that an errand that nobody waits for imports nothing."""
    deadline, path = time.monotonic() + within_seconds, str(socket_path(settings.sockets_root))
    while settings.prefect.runner == "warm" and not (ask(path, "facts") or {}).get("is_ready"):
        if time.monotonic() > deadline:
            raise Unavailable(f"the warm runner was not ready within {within_seconds:.0f} s")
        time.sleep(LOOK_EVERY_SECONDS)


def forms(arguments: Arguments) -> Json:
    """Make the forms of flows."""
    return dict(forms_of({flow: str(entrypoint) for flow, entrypoint in arguments.items()}))


def move_alias(arguments: Arguments) -> Json:
    """Point an alias of MLflow's registry at a model that was tracked."""
    tracking, name = Workbench.open(Settings.load()).tracking, str(arguments["name"])
    digest = Digest(str(arguments["model_digest"]))
    number = tracking.register_version(name, run_id=str(arguments["run_id"]), model_digest=digest)
    tracking.move_alias(name, alias=str(arguments["alias"]), version=number)
    return number


def prepare_tracking(arguments: Arguments) -> Json:
    """Make MLflow's tables before the first experiment needs them."""
    del arguments
    Workbench.open(Settings.load()).tracking.prepare()
    return None


def compact_log(arguments: Arguments) -> Json:
    """Take in what died servers left, put small segments together, trials too; gives how many files are fewer."""
    del arguments
    bench = Workbench.open(Settings.load())
    with closing(bench.catalog):
        return compact_logs(bench.catalog, bench.settings, now=time.time())


ERRANDS: Mapping[str, Callable[[Arguments], Json]] = {
    "compact_log": compact_log,
    "forms": forms,
    "move_alias": move_alias,
    "prepare_tracking": prepare_tracking,
}


def main(arguments: list[str]) -> None:
    """Run the errand of this name."""
    answer = ERRANDS[arguments[0]](json.load(sys.stdin))
    sys.stdout.write(f"{json.dumps(answer)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
