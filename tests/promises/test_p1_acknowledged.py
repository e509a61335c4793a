"""P1: an acknowledged decision is never lost, whoever is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flywheel.adapters.postgres import pid as postgres_pid
from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog
from flywheel.domain.logins import Login
from flywheel.services.incidents import incidents
from flywheel.services.record import ledger, record
from flywheel.services.workbench import migrate_record
from flywheel.settings import Settings
from tests.factories.projects import SLUG, registered
from tests.factories.seals import OURS

HOME = Path(__file__).resolve().parents[2]
SEED = 20_260_302
WRITERS = 3
ACKS_BEFORE_KILL = range(20, 35)


@pytest.fixture
def own_settings() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        yield Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": folder})


def writer(url: str, name: str, *, sooner: bool = False) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.promises.p1_writer", url, name, "sooner" if sooner else ""],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=HOME,
    )


def acknowledged(program: subprocess.Popen[str], *, count: int) -> list[str]:
    """Read so many acknowledgements, kill the program, and read what else it had said."""
    assert program.stdout is not None
    said = [program.stdout.readline().strip() for _ in range(count)]
    program.kill()
    rest, _ = program.communicate(timeout=30)
    return said + rest.split()


def kept(catalog: Catalog) -> set[str]:
    costs = {entry.run_id for entry in ledger.list_entries(catalog, project=SLUG)}
    return costs | {incident.key for incident in incidents.list_incidents(catalog)}


def test_nothing_acknowledged_is_lost_when_writers_and_the_server_are_killed(
    own_settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(SEED)
    url = postgres.database_url(own_settings, "flywheel", login=Login.NOTARY)
    folder = postgres.embedded_folder(own_settings)
    with postgres.running(own_settings):
        migrate_record(own_settings)
        catalog = Catalog.open(url, sealer=OURS)
        registered(catalog)
        programs = [writer(url, f"w{number}") for number in range(WRITERS)]
        said = [key for p in programs[:-1] for key in acknowledged(p, count=chance.choice(ACKS_BEFORE_KILL))]
        pid = postgres_pid.server_pid(folder)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        said += acknowledged(programs[-1], count=0)
        catalog.close()
        with postgres.running(own_settings):
            there = kept(catalog)
            sound = record.verify_events(catalog).is_sound
            differing = record.rebuild(catalog).differing
            catalog.close()
    record_property("acknowledged, kept", (len(said), len(there.intersection(said))))
    assert len(said) >= 40, "too few acknowledgements to say anything"
    assert [key for key in said if key not in there] == []
    assert (sound, differing) == (True, ())


def test_acknowledging_before_the_end_of_the_transaction_would_lose(catalog: Catalog, database_url: str) -> None:
    registered(catalog)
    said = acknowledged(writer(database_url, "early", sooner=True), count=1)
    assert [key for key in said if key not in kept(catalog)] == ["early-0"]
