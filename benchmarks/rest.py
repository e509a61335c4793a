"""What the servers cost while nobody asks anything: CPU of a core and memory by program, with 1, 10 and 100 projects.

`python -m benchmarks.rest` reads /proc over a minute: the processes' own times, which a busy machine changes little.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.starting import one_run
from benchmarks.tree import cpu_seconds, database_roots, load, members, proportional, settled_cpu, tree_of
from deployments.servers.servers import Servers
from deployments.warm_runner.client import ask
from deployments.warm_runner.sockets import socket_path
from examples.walk.receiver import Receiver
from flywheel.adapters.prefect import Prefect
from flywheel.settings import Settings
from tests.deployments.conftest import HOME, environment_in
from tests.scenarios.lab import Lab, lab_on

MINUTE_SECONDS = 60.0
PROJECTS = (1, 10, 100)
MOST_OF_A_CORE = {1: 0.03, 100: 0.04}
MOST_MIB = 1_000
RUNS = 10
MIB = 1_048_576
OURSELVES = "this program"


def main() -> None:
    """Start everything as `flywheel up` does, register more and more projects, measure after each."""
    print(load())
    with tempfile.TemporaryDirectory(prefix="fw-") as scratch:
        environment = environment_in(Path(scratch))
        settings = Settings.load(HOME, environ=environment)
        with (
            Receiver() as receiver,
            Servers(settings, out=lambda _: None, with_mlflow=True) as servers,
            Prefect(settings) as prefect,
            lab_on(settings, prefect, servers, receiver) as lab,
        ):
            path = str(socket_path(settings.sockets_root))
            lab.until(lambda: (ask(path, "facts") or {}).get("is_ready") or None, "the warm parent")
            registered = 0
            for wanted in PROJECTS:
                for number in range(registered, wanted):
                    lab.register(_project(Path(scratch), number))
                registered = wanted
                _measure(lab, wanted)
            _starts(lab)
    print(load())


def _project(scratch: Path, number: int) -> Path:
    """Give the smallest example under a name of its own."""
    folder = scratch / f"project-{number}"
    shutil.copytree(HOME / "examples" / "breast_cancer", folder)
    charter = folder / "project.toml"
    text = charter.read_text(encoding="utf-8").replace('name = "breast-cancer"', f'name = "{_name(number)}"')
    charter.write_text(text, encoding="utf-8")
    return folder


def _name(number: int) -> str:
    return f"resting-{number}"


def _measure(lab: Lab, projects: int) -> None:
    roots = _roots(lab)
    settled_cpu(tuple(roots.values()), within_seconds=60.0)
    time.sleep(2.0)
    before, began = _used(roots), time.monotonic()
    time.sleep(MINUTE_SECONDS)
    seconds = time.monotonic() - began
    shares = {name: (used - before[name]) / seconds for name, used in _used(roots).items()}
    seen = members()
    held = {name: sum(map(proportional, tree_of([pid], seen))) / MIB for name, pid in roots.items()}
    most = MOST_OF_A_CORE.get(projects)
    target = "" if most is None else f" (target {most:.0%})"
    total_held = f"{sum(held.values()):.0f} MiB (target {MOST_MIB})"
    print(f"{projects:>3} projects: {sum(shares.values()):.1%} of a core{target}, {total_held}")
    for name in roots:
        print(f"    {name:<12} {shares[name]:>6.2%}  {held[name]:>5.0f} MiB")


def _starts(lab: Lab) -> None:
    """Say how soon runs start with all the projects there."""
    seconds = [one_run(lab, _name(0)) for _ in range(RUNS)]
    print(f"a run's first task begins after {statistics.median(seconds):.2f} s, {max(seconds):.2f} s at most of {RUNS}")


def _roots(lab: Lab) -> dict[str, int]:
    names = ("prefect", "worker", "warm_runner", "steward", "notary", "mlflow")
    found = {name: lab.servers.pid(name) for name in names}
    database = dict.fromkeys(("postgres",), database_roots(lab.bench.settings)[0])
    keeper = lab.servers.pid("postgres")
    assert keeper is not None
    return {name: pid for name, pid in found.items() if pid is not None} | database | {"its keeper": keeper}


def _used(roots: Mapping[str, int]) -> dict[str, float]:
    """Read the CPU seconds of each program; the supervisor is a thread of ours."""
    used = {name: cpu_seconds([pid]) for name, pid in roots.items()}
    return used | {OURSELVES: time.process_time()}


if __name__ == "__main__":
    main()
