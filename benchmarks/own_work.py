"""An author has work of her own approved: 3 x 200 attempts by generated routes, and each guard taken away.

`python -m benchmarks.own_work [SEEDS [ATTEMPTS]]`
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog
from flywheel.domain.logins import Login
from flywheel.errors import FlywheelError
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.services.record.sealing import NotarySeal
from flywheel.services.workbench import migrate_record
from flywheel.settings import Settings
from tests.fakes.clock import SettableClock
from tests.promises.own_work import ROUTES, attempt
from tests.promises.own_work_guards import GUARDS, chance_of, without
from tests.promises.own_work_world import World, approved_by_others, make_world, succeeded

HOME = Path(__file__).resolve().parents[1]
FASTER = {"fsync": "off", "full_page_writes": "off"}


def main(seeds: int = 3, attempts: int = 200) -> int:
    """Try, and say what came of it; an attempt that succeeds, or a guard that nobody misses, is a failure."""
    faults = 0
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        ground = Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": folder})
        with postgres.running(ground, options=FASTER):
            for seed in range(1, seeds + 1):
                with _world(ground, f"own_{seed}") as world:
                    faults += _tried(world, seed, attempts)
            for remove in GUARDS:
                with _world(ground, remove.__name__) as world:
                    act = GUARDS[remove]
                    with suppress(FlywheelError, psycopg.Error):
                        act(world)
                    barred = not succeeded(world)
                    record.rebuild(world.desk.catalog)
                    with without(remove, world):
                        act(world)
                        is_seen = barred and bool(succeeded(world))
                    faults += not is_seen
                    print(f"   {remove.__name__.replace('_', ' ')}: {'seen' if is_seen else 'NOT SEEN'}", flush=True)
    return int(bool(faults))


def _tried(world: World, seed: int, attempts: int) -> int:
    """Try so often by all routes in turn; then honest people approve it."""
    begun, kinds = time.monotonic(), [*ROUTES]
    chances = {kind: chance_of(seed, kind) for kind in kinds}
    found = [(kind, attempt(world, kind, chances[kind])) for kind in (kinds[n % len(kinds)] for n in range(attempts))]
    done = [f"{kind}: {how}" for kind, how in found if how]
    is_open = approved_by_others(world) == world.desk.version.id
    print(
        f"seed {seed}: {len(done)} of {attempts} attempts succeeded; in the end honest people "
        f"{'could' if is_open else 'COULD NOT'} approve it; {time.monotonic() - begun:.0f} s",
        *done,
        sep="\n   ",
        flush=True,
    )
    return len(done) + (not is_open)


@contextmanager
def _world(ground: Settings, name: str) -> Iterator[World]:
    """An installation with a database of its own."""
    environ = {"FLYWHEEL_DATA_ROOT": str(ground.data_root), "FLYWHEEL_DATABASE__NAME": name}
    mine, clock = Settings.load(HOME, environ=environ), SettableClock()
    postgres.ensure_databases(mine)
    url = postgres.database_url(mine, name, login=Login.NOTARY)
    catalog = Catalog.open(url, sealer=NotarySeal.of(mine), clock=clock)
    try:
        migrate_record(mine)
        yield make_world(catalog, Identity.of(mine), clock, server=mine, settings=mine, slug="own")
    finally:
        catalog.close()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
