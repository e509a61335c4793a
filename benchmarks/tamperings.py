"""How many tamperings are named: record, tables, heads, prediction logs and dossiers, in ten classes, by seed.

`python -m benchmarks.tamperings [TAMPERINGS [SEED]]`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.signoffs import FASTER, HOME
from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog
from flywheel.domain.logins import Login
from flywheel.services.record.sealing import NotarySeal, Seal
from flywheel.services.workbench import migrate_record
from flywheel.settings import Settings
from tests.fakes.clock import SettableClock
from tests.promises.tamperings import CLASSES, Outcome, make_world, tamper, verified


def main(tamperings: int = 500, seed: int = 1) -> int:
    """Tamper, and print by class how many were named; what was not is printed whole."""
    each, begun = -(-tamperings // len(CLASSES)), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        ground = Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": str(Path(folder) / "data")})
        with postgres.running(ground, options=FASTER):
            postgres.ensure_databases(ground)
            migrate_record(ground)
            seal, clock = Seal.of(ground), SettableClock()
            catalog, owned = (
                Catalog.open(
                    postgres.database_url(ground, ground.database.name, login=login),
                    sealer=NotarySeal.of(ground),
                    clock=clock,
                )
                for login in (Login.NOTARY, Login.OWNER)
            )
            try:
                world = make_world(catalog, owned, seal=seal, folder=Path(folder) / "world")
                false_alarms = verified(world, world.folder)
                outcomes = tuple(tamper(world, each=each, seed=seed))
            finally:
                catalog.close()
                owned.close()
    summary(outcomes, false_alarms, seed=seed)
    print(f"{time.monotonic() - begun:.0f} s")
    return 1 if false_alarms or any(not one.is_named for one in outcomes) else 0


def summary(outcomes: tuple[Outcome, ...], false_alarms: tuple[str, ...], *, seed: int) -> None:
    """Print the figures."""
    named = Counter(one.kind for one in outcomes if one.is_named)
    print(f"seed {seed}: named {sum(named.values())}/{len(outcomes)}; untouched, it says {list(false_alarms)}")
    for kind, tried in Counter(one.kind for one in outcomes).items():
        print(f"   {kind}: {named[kind]}/{tried} in {len(CLASSES[kind])} ways")
    for one in outcomes:
        if not one.is_named:
            print(f"UNNAMED {one.kind}, {one.what}: wanted {one.expected!r}, found {list(one.found)}")


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
