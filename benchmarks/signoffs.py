"""The door and the pen as a state machine: 1000 runs x 30 steps, every guard taken away, and decisions that race.

`python -m benchmarks.signoffs [RUNS [STEPS [RACES]]]`; with 0 runs it races only.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog
from flywheel.domain.logins import Login
from flywheel.services.people.identity import Identity
from flywheel.services.record.sealing import NotarySeal
from flywheel.services.workbench import migrate_record
from flywheel.settings import Settings
from tests.fakes.clock import SettableClock
from tests.promises.door import Door, numbers
from tests.promises.door_guards import GUARDS
from tests.promises.races import Arena, Race, planned, slow_door, without_locks

SEED = 1
HOME = Path(__file__).resolve().parents[1]
FASTER = {"fsync": "off", "full_page_writes": "off"}

Removal = Callable[[pytest.MonkeyPatch], None]


def main(runs: int = 1_000, steps: int = 30, races: int = 1_000) -> int:
    """Measure, and say what was found; any violation, unseen removal or anomaly is a failure."""
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        ground = Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": folder})
        with postgres.running(ground, options=FASTER):
            walked = walks(ground, runs, steps) + removals(ground, runs, steps) if runs else 0
            faults = walked + raced(ground, races)
    return int(bool(faults))


def walks(ground: Settings, runs: int, steps: int) -> int:
    """Walk at random and count the disagreements with the model."""
    begun = time.perf_counter()
    found = _walk(ground, runs, steps, lambda _: None)
    took = time.perf_counter() - begun
    print(
        f"sign-off state machine: {runs} runs x {steps} steps, violations {int(bool(found))}; seed {SEED}, {took:.0f} s"
    )
    print(found, end="", flush=True)
    return int(bool(found))


def removals(ground: Settings, runs: int, steps: int) -> int:
    """Take each guard away and walk until that is seen."""
    caught = 0
    for remove, (seen, _) in GUARDS.items():
        first = next(numbers)
        found = _walk(ground, runs, steps, remove)
        is_caught = re.search(seen, found) is not None
        caught += is_caught
        words = f"seen ({found.splitlines()[0]})" if is_caught else "NOT SEEN"
        print(f"   {remove.__name__.replace('_', ' ')}: {words}, {next(numbers) - first} decisions", flush=True)
    print(f"removals seen: {caught} of {len(GUARDS)}")
    return len(GUARDS) - caught


def raced(ground: Settings, races: int) -> int:
    """Let releases meet rejections and withdrawals, one in ten with a slow door; without the lock order must break."""
    with _catalog(ground) as (catalog, identity, clock), pytest.MonkeyPatch.context() as patch:
        arena = Arena(catalog, identity, clock)
        quick, slow, control = races * 9 // 10, races - races * 9 // 10, max(races // 50, 5)
        finishes = [arena.run(race) for race in planned(quick, seed=SEED)]
        slow_door(arena, patch)
        finishes += [arena.run(race) for race in planned(slow, seed=SEED + 1)]
        without_locks(patch)
        unlocked = sum(arena.run(Race(f"unlocked-{number}")).is_overtaken for number in range(control))
    anomalies = sum(one.is_overtaken for one in finishes)
    first = sum(one.is_released for one in finishes)
    print(f"races: anomalies {anomalies} of {races}, the release was first in {first}; seed {SEED}")
    print(f"   without the locks {unlocked} of {control}")
    return anomalies + int(not unlocked)


def _walk(ground: Settings, runs: int, steps: int, remove: Removal) -> str:
    """Walk with a guard removed; the words of the first disagreement, empty where there is none."""
    how = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate,),
    )
    with _catalog(ground) as parts, pytest.MonkeyPatch.context() as patch:
        Door.catalog, Door.identity, Door.clock = parts
        remove(patch)
        try:
            run_state_machine_as_test(seed(SEED)(Door), settings=how)
        except AssertionError as error:
            return f"{error}\n"
    return ""


@contextmanager
def _catalog(ground: Settings) -> Iterator[tuple[Catalog, Identity, SettableClock]]:
    """A migrated database of its own."""
    root, name, clock = str(ground.data_root), f"walk_{next(numbers)}", SettableClock()
    mine = Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": root, "FLYWHEEL_DATABASE__NAME": name})
    postgres.ensure_databases(mine)
    url = postgres.database_url(mine, name, login=Login.NOTARY)
    catalog = Catalog.open(url, sealer=NotarySeal.of(mine), clock=clock)
    try:
        migrate_record(mine)
        yield catalog, Identity.of(mine), clock
    finally:
        catalog.close()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:4])))
