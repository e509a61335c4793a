"""From creating a run over the API to the start of its first task: warm runner and plain process pool, median of 20.

The flow is monitoring of a project that nothing was delivered of: its first task starts at once and finds nothing.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from benchmarks.tree import cpu_seconds, database_roots, load
from deployments.servers.servers import Servers
from deployments.warm_runner.client import ask
from deployments.warm_runner.sockets import socket_path
from examples.walk.receiver import Receiver
from flywheel.adapters.prefect import Prefect
from flywheel.settings import Settings
from tests.deployments.conftest import HOME, environment_in
from tests.scenarios.lab import Lab, lab_on

RUNS = 20
PROJECT = "breast-cancer"
TARGET_SECONDS = 1.5
IDLE_SECONDS = 10.0


def main() -> None:
    """Measure both runners, each on servers of its own."""
    print(load())
    medians = {runner: measure(runner) for runner in ("warm", "process")}
    print(f"ratio {medians['process'] / medians['warm']:.1f}; target {TARGET_SECONDS} s with the warm runner; {load()}")


def measure(runner: str) -> float:
    """Start servers with this runner, create runs one after another, print and give the median."""
    with tempfile.TemporaryDirectory(prefix="fw-") as scratch:
        settings = _settings(Path(scratch), runner)
        folder = Path(scratch) / PROJECT
        shutil.copytree(HOME / "examples" / "breast_cancer", folder)
        with (
            Receiver() as receiver,
            Servers(settings, out=lambda _: None) as servers,
            Prefect(settings) as prefect,
            lab_on(settings, prefect, servers, receiver) as lab,
        ):
            lab.register(folder)
            if runner == "warm":
                _await_warm(lab)
            idle = _idle_share(lab)
            one_run(lab)  # the first pays for what Prefect's server does once
            before = _used(lab)
            seconds = [one_run(lab) for _ in range(RUNS)]
            used = (_used(lab) - before) / RUNS
    median = statistics.median(seconds)
    print(
        f"{runner:<8} polls every {settings.prefect.poll_seconds} s: median {median:.2f} s, "
        f"from {min(seconds):.2f} to {max(seconds):.2f} s; {used:.2f} CPU s a run; "
        f"idle servers use {idle:.1%} of a core"
    )
    return median


def one_run(lab: Lab, project: str = PROJECT) -> float:
    """Create a run, wait for its end, look up when its first task began."""
    created_at = datetime.now(UTC)
    run = lab.finished(lab.run("monitoring", project))
    url = f"{lab.bench.settings.prefect.api_url}/flow_runs/{run.id}/graph-v2"
    starts: list[str] = []

    def look() -> bool:
        answer = httpx.get(url)
        nodes = answer.json()["nodes"] if answer.is_success else []  # not while the server is too busy to draw it
        starts[:] = [node["start_time"] for _, node in nodes if node["kind"] == "task-run" and node["start_time"]]
        return bool(starts)

    lab.until(look, "the first task")
    return (min(datetime.fromisoformat(start) for start in starts) - created_at).total_seconds()


def _settings(scratch: Path, runner: str) -> Settings:
    environment = environment_in(scratch)
    return Settings.load(HOME, environ={**environment, "FLYWHEEL_PREFECT__RUNNER": runner})


def _await_warm(lab: Lab) -> None:
    path = str(socket_path(lab.bench.settings.sockets_root))
    lab.until(lambda: (ask(path, "facts") or {}).get("is_ready") or None, "the warm parent")


def _idle_share(lab: Lab) -> float:
    before = _used(lab)
    time.sleep(IDLE_SECONDS)
    return (_used(lab) - before) / IDLE_SECONDS


def _used(lab: Lab) -> float:
    is_warm = lab.bench.settings.prefect.runner == "warm"
    names = ("prefect", "worker", "steward", "notary", *(("warm_runner",) if is_warm else ()))
    roots = [pid for pid in map(lab.servers.pid, names) if pid is not None]
    return cpu_seconds([*roots, *database_roots(lab.bench.settings)])


if __name__ == "__main__":
    main()
