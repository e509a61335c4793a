"""CPU seconds of one whole lifecycle over a bare script that does the same modelling, side by side in one run.

Counted are all processes from "servers ready, warm parent has imported everything" to "the endpoint answers":
servers, PostgreSQL, steward, worker, warm parent with its runs, the endpoint, and this program's own walk.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.tree import database_roots, load, members, settled_cpu, tree_of
from deployments.servers.servers import Servers
from deployments.warm_runner.client import ask
from deployments.warm_runner.sockets import socket_path
from examples.card_default import generator
from examples.walk.receiver import Receiver
from flywheel.adapters.prefect import Prefect
from flywheel.catalog.project import StageState
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.errors import Unavailable
from flywheel.project.framing import Framing
from flywheel.project.loader import Project, load_project
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.race import MAX_BIN, RUNGS, candidates
from flywheel.services.again import remaking
from flywheel.services.approval import inboxes
from flywheel.services.incidents import relay
from flywheel.services.modelling import experiments, versions
from flywheel.services.serving import serving
from flywheel.services.terms.policy_files import read_policy
from flywheel.services.walk import projects
from flywheel.settings import Settings
from tests.deployments.conftest import HOME, environment_in
from tests.factories.people import logged_in
from tests.scenarios.lab import Lab, lab_on

PROJECT = "card-default"
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 240.0
CODE_SECONDS = 31.0
"""A one-time code serves once; the next one comes after half a minute."""
TARGET_SECONDS = 9.0
PROGRAMS = ("prefect", "worker", "warm_runner", "steward", "notary", "postgres")
SIGNERS = {
    "vera@bank.example": Role.VALIDATOR,
    "ivan@bank.example": Role.IT,
    "ben@bank.example": Role.BUSINESS,
}


class Meter:
    """Reads the CPU seconds of each component, and notes what passed between two marks."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._start = self._last = self.read()
        self._began = time.monotonic()

    def read(self) -> dict[str, float]:
        """Sum by component; a component's own children count to it, the endpoint apart."""
        seen = members()
        roots = {name: self._servers.pid(name) for name in PROGRAMS}
        sums = {
            name: sum(m.seconds for m in tree_of([pid], seen).values())
            for name, pid in roots.items()
            if pid is not None
        }
        sums["postgres"] = sum(m.seconds for m in tree_of(database_roots(self._servers.settings), seen).values())
        steward = roots["steward"]
        endpoint = sum(m.seconds for m in seen.values() if m.parent == steward and steward)
        sums["steward"] -= endpoint
        return {**sums, "endpoint": endpoint, "this program": sum(os.times()[:2])}

    def mark(self, name: str) -> None:
        """Print what was used since the last mark."""
        now = self.read()
        spent = {part: now[part] - self._last.get(part, 0.0) for part in now}
        self._last = now
        print(f"{name:<18}{sum(spent.values()):7.2f}   {_by_part(spent)}   at {time.monotonic() - self._began:.1f} s")

    def total(self) -> dict[str, float]:
        """What was used since the beginning."""
        return {part: value - self._start.get(part, 0.0) for part, value in self._last.items()}


def main() -> None:
    """Walk once, run the floor, compare."""
    print(load())
    with tempfile.TemporaryDirectory(prefix="fw-") as scratch:
        settings = _settings(Path(scratch))
        folder = Path(scratch) / PROJECT
        folder.mkdir()
        shutil.copyfile(HOME / "examples" / "card_default" / "project.toml", folder / "project.toml")
        generator.write_history(folder)
        floor = run_floor(folder, Path(scratch))
        with (
            Receiver() as receiver,
            Servers(settings, out=lambda _: None) as servers,
            Prefect(settings) as prefect,
            lab_on(settings, prefect, servers, receiver) as lab,
        ):
            spent = walk(lab, folder)
            again = make_again(lab)
            chosen = versions.list_versions(lab.bench.catalog, project=PROJECT)[0]
            board = experiments.leaderboard(lab.bench.catalog, beside=chosen.experiment_id)
        floor_again = run_floor(folder, Path(scratch))
    _compare(spent, [floor, floor_again], {str(one.recipe["kind"]): one.metrics for one in board})
    print(f"beside it           {again:.2f} CPU s to make the version again from the record, as high risk asks")


def walk(lab: Lab, folder: Path) -> Mapping[str, float]:
    """Register, walk, sign at once, wait for the answer; gives the CPU seconds by component."""
    for person, role in SIGNERS.items():  # enrolled before the clock starts: people are not part of one lifecycle
        lab.code_of(person, project=PROJECT, role=role)
    taken_at = time.monotonic()
    _await_warm(lab, taken_at)
    meter = Meter(lab.servers)
    project = load_project(folder)
    policy = read_policy(lab.bench.settings.home, project.charter.tier)
    policy = replace(policy, must_be_reproduced=False, fresh_secret_days=0)
    owner = logged_in(lab.office, lab.bench.identity, project.charter.owner)
    projects.register_project(lab.bench.catalog, project=project, policy=policy, proof=owner)
    _until(lambda: relay.next_due(lab.bench.catalog) is None, "the deployments")
    meter.mark("registered")
    lab.run("lifecycle", PROJECT, started_by=project.charter.owner)
    for stage in (Stage.DATA_PREPARATION, Stage.RESEARCH, Stage.VALIDATION):
        _until_in(lab, stage)
        meter.mark(f"until {stage}")
    _until(lambda: lab.project(PROJECT).next_stage_state is StageState.WAITING, "the question whether to sign")
    meter.mark("until the question")
    version = inboxes.inbox(lab.bench.catalog)[0].version
    for person, role in SIGNERS.items():
        lab.sign(version, person=person, role=role)
    _until_in(lab, Stage.DELIVERY)
    meter.mark("until delivery")
    url = serving.await_ready(lab.bench.catalog, endpoint=PROJECT, generation=1, settings=lab.bench.settings)
    rows = serving.as_rows(generator.as_seen(generator.week(11, 1, 0))[serving.asked_for(url)])
    serving.ask(url, rows, version=version, is_trial=True)
    meter.mark("endpoint answers")
    spent = meter.total()
    _until_in(lab, Stage.MONITORING)
    meter.mark("delivery recorded")
    return spent


def make_again(lab: Lab) -> float:
    """Make the version once more: it repeats the floor's own work, and is no part of the comparison."""
    before = sum(os.times()[:4])
    remaking.reproduce(lab.bench, version=f"{PROJECT}:1")
    return sum(os.times()[:4]) - before


def run_floor(folder: Path, scratch: Path) -> dict[str, Any]:
    """Run the bare script in a process of its own."""
    plan = scratch / "plan.json"
    plan.write_text(json.dumps(_plan(load_project(folder))), encoding="utf-8")
    environment = {**os.environ, **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")}
    ended = subprocess.run(
        [sys.executable, str(HOME / "benchmarks" / "floor.py"), str(plan), str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def _settings(scratch: Path) -> Settings:
    return Settings.load(HOME, environ=environment_in(scratch))


def _plan(project: Project) -> dict[str, object]:
    """All that the bare script must know to do the same."""
    framing = Framing(project.charter)
    categories = [column.name for column in framing.columns if column.kind is Kind.CATEGORY]
    stakes = framing.problem.stakes
    assert isinstance(stakes, dict), "the bare script knows the pay-off of yes or no"
    return {
        "entity": framing.data.entity,
        "time": framing.data.time,
        "target": framing.problem.target,
        "numbers": [column.name for column in framing.columns if column.name not in categories],
        "categories": categories,
        "candidates": candidates(project.charter.research.budget.trials, seed=framing.seed),
        "rungs": RUNGS,
        "max_bin": MAX_BIN,
        "payoff": {case: float(str(amount)) for case, amount in stakes.items()},
    }


def _await_warm(lab: Lab, taken_at: float) -> None:
    """Wait until nothing of the start is left to pay, and until the enrolment's one-time codes have passed."""
    path = str(socket_path(lab.bench.settings.sockets_root))
    _until(lambda: bool((ask(path, "facts") or {}).get("is_ready")), "the warm parent")
    roots = [pid for pid in (lab.servers.pid(name) for name in PROGRAMS) if pid is not None]
    settled_cpu((*roots, *database_roots(lab.bench.settings)))
    time.sleep(max(0.0, CODE_SECONDS - (time.monotonic() - taken_at)))


def _until_in(lab: Lab, stage: Stage) -> None:
    _until(lambda: lab.project(PROJECT).stage is stage, f"the beginning of {stage}")


def _until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise Unavailable(f"{what} did not come within {PATIENCE_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)


def _by_part(spent: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in sorted(spent.items(), key=lambda one: -one[1]))


def _compare(spent: Mapping[str, float], floors: list[dict[str, Any]], ours: Mapping[str, Mapping[str, float]]) -> None:
    total, floor = sum(spent.values()), statistics.mean(float(one["seconds"]) for one in floors)
    imports = statistics.mean(float(one["imports"]) for one in floors)
    print(f"\nwhole lifecycle   {total:6.2f} CPU s: {_by_part(spent)}")
    print(
        f"bare script       {floor:6.2f} CPU s, of them {imports:.2f} for its imports (mean of two, before and after)"
    )
    print(f"difference        {total - floor:6.2f} CPU s over the whole script (target at most {TARGET_SECONDS:.0f})")
    print(f"                  {total - floor + imports:6.2f} CPU s over the script without its imports")
    print(f"ratio             {total / floor:6.2f}")
    for kind, figures in floors[0]["figures"].items():
        print(
            f"  {kind:<8} money a row {ours[kind]['kpi']:8.2f} (script {figures['kpi']:8.2f}), "
            f"AUC {ours[kind]['auc']:.4f} (script {figures['auc']:.4f})"
        )
    print(load())


if __name__ == "__main__":
    main()
