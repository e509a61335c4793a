"""What a door costs with a long record: the first proof of a process, and each later door, beside a bare floor.

`python -m benchmarks.proof [EVENTS...]`; the floor reads the same rows and takes one SHA-256 and one Ed25519 signature
of each, as anybody would have to who trusts none of them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import ParamSpec

import psycopg

from benchmarks.signoffs import FASTER, HOME
from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.ground import Footing
from flywheel.domain.digests import Json, digest_bytes
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.logins import Login
from flywheel.domain.monitoring import WindowState
from flywheel.domain.payloads.serving import CostRecorded, HealthRecorded
from flywheel.domain.payloads.walk import CycleStarted, StageBegun, StageEnded
from flywheel.domain.stages import CycleKind, Stage
from flywheel.errors import counted
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.services.record.sealing import NotarySeal
from flywheel.services.workbench import migrate_record
from flywheel.settings import Settings
from tests.factories.desk import Desk, make_serving_desk
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock

SIZES = (1_000, 5_000)
P = ParamSpec("P")
DOORS, FLOOR_TIMES = 15, 3


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Measure at each length: wall, and in brackets the CPU of this process, which a busy machine changes less."""
    with _desk() as (desk, url, seal):
        for size in sizes:
            _grow(desk.catalog, size)
            floor = min(_timed(_floor, url, seal) for _ in range(FLOOR_TIMES))
            fresh = replace(desk.catalog, footing=Footing())
            first = _timed(_stand, fresh)
            whole = _timed(record.verify_events, fresh)
            later = sorted(_timed(_stand, fresh) for _ in range(DOORS))
            each = f"{first[1] / size * 1_000:.0f} us of CPU each"
            print(f"{counted(size, 'event')}: floor {_said(floor)}, first proof {_said(first)}, {each}")
            print(
                f"   whole {_said(whole)}; later doors: median {_said(later[DOORS // 2])}, worst {_said(later[-1])}",
                flush=True,
            )


def _said(took: tuple[float, float]) -> str:
    return f"{took[0]:.0f} ms ({took[1]:.0f})"


def _timed(act: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> tuple[float, float]:
    begun, cpu = time.perf_counter(), time.process_time()
    act(*args, **kwargs)
    return (time.perf_counter() - begun) * 1_000, (time.process_time() - cpu) * 1_000


def _stand(catalog: Catalog) -> None:
    with catalog.begin() as work:
        work.stand(SLUG)


def _floor(url: str, seal: NotarySeal) -> None:
    signature = seal.sign(b"x")
    with psycopg.connect(url) as connection:
        for row in connection.execute("SELECT event::text FROM event ORDER BY sequence"):
            digest_bytes(row[0].encode())
            seal.holds(b"x", signature)


def _grow(catalog: Catalog, size: int) -> None:
    """Let a project walk and be watched until the record is so long."""
    while (there := record.head(catalog).sequence) < size:
        with catalog.begin() as work:
            for draft in _happenings(work, there):
                if there < size:
                    work.append(draft)
                there += 1


def _happenings(work: UnitOfWork, number: int) -> Iterator[Draft]:
    """One cycle that begins, one stage that ends, a cost, and judged windows."""
    project, stage = SubjectKind.PROJECT, Stage.MONITORING
    columns: dict[str, Json] = {f"column {at}": {"state": "good", "psi": 0.01 * at, "rows": 1_000} for at in range(8)}
    yield Draft(
        Verb.CYCLE_STARTED, "a@b", project, SLUG, "", CycleStarted(number, CycleKind.RETRAINING, stage, "again")
    )
    yield Draft(Verb.STAGE_BEGUN, "flow", project, SLUG, "", StageBegun(stage, number, 1, f"run-{number}", "i", "p"))
    ended = StageEnded(stage, number, 1, f"run-{number}", stage, "i", {"version": f"{SLUG}:1"})
    yield Draft(Verb.STAGE_CONCLUDED, "flow", project, SLUG, "", ended)
    yield Draft(
        Verb.COST_RECORDED, "flow", project, SLUG, "", CostRecorded(f"run-{number}", "cpu", 1.5, Decimal("0.01"))
    )
    for at in range(16):
        start = work.now + timedelta(hours=number * 20 + at)
        seen = HealthRecorded(
            f"{SLUG}:1", "model", start, start + timedelta(hours=1), WindowState.GOOD, 999, "all is well", {}, {},
            columns, f"run-{number}",
        )  # fmt: skip
        yield Draft(Verb.HEALTH_RECORDED, "flow", project, SLUG, "", seen)


def _address(ground: Settings, driver: str = "psycopg") -> str:
    return postgres.database_url(ground, ground.database.name, driver, login=Login.NOTARY)


@contextmanager
def _desk() -> Iterator[tuple[Desk, str, NotarySeal]]:
    """A version that serves, in a database of its own."""
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        ground = Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": str(Path(folder))})
        with postgres.running(ground, options=FASTER):
            postgres.ensure_databases(ground)
            clock, seal = SettableClock(), NotarySeal.of(ground)
            catalog = Catalog.open(_address(ground), sealer=seal, clock=clock)
            try:
                migrate_record(ground)
                desk = make_serving_desk(catalog, Identity.of(ground), clock)
                yield desk, _address(ground, driver=""), seal
            finally:
                catalog.close()


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
