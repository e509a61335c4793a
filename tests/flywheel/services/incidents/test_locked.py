"""A record that is held locked: the steward is refused with who holds it, and people are told afterwards."""

from __future__ import annotations

import re
from contextlib import closing

import psycopg
import pytest

from flywheel.adapters.postgres import postgres
from flywheel.catalog import turn
from flywheel.catalog.engine import Catalog
from flywheel.domain.logins import Login
from flywheel.errors import Unavailable
from flywheel.services.incidents import incidents, locked
from flywheel.services.people.identity import Identity
from flywheel.services.record.sealing import NotarySeal
from flywheel.settings import Settings
from tests.factories.desk import make_desk
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of

HOLDER = r"database process \d+ \(login flywheel, thief\) holds chain_turn for more than 1 s"


def test_the_steward_says_who_holds_the_record_and_opens_one_incident_when_it_can(
    server: Settings,
    catalog: Catalog,
    identity: Identity,
    clock: SettableClock,
    empty_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_desk(catalog, identity, clock, page=("mail",))
    monkeypatch.setattr("flywheel.catalog.engine.LOCK_SECONDS", 1)
    monkeypatch.setattr(turn, "LOCK_SECONDS", 1)
    url = postgres.database_url(server, empty_database, login=Login.NOTARY)
    opened = Catalog.open(url, sealer=NotarySeal.of(server), clock=clock)
    times = iter((100.0, 130.0, 195.0, 196.0, 197.0))
    waiting = locked.Waiting(lambda: next(times))
    address = postgres.database_url(server, empty_database, driver="", login=Login.RECORD)
    with closing(opened) as patient:
        thief = psycopg.connect(address, application_name="thief")
        thief.execute("LOCK TABLE chain_turn IN ACCESS EXCLUSIVE MODE")
        for _ in range(2):
            with pytest.raises(Unavailable, match=f"^the record is locked: {HOLDER}") as refused:
                locked.watch_turn(patient, waiting, actor="steward")
        assert f"kill {thief.info.backend_pid}" in refused.value.next_step
        thief.close()
        (told,) = locked.watch_turn(patient, waiting, actor="steward")
        assert locked.watch_turn(patient, waiting, actor="steward") == ()
    assert re.fullmatch(f"nothing could be written for 96 s: {HOLDER}", told)
    (incident,) = incidents.list_incidents(catalog, is_unresolved=True)
    assert "could be decided or reported for 96 s" in incident.cause
    assert len(messages_of(catalog, "page")) == 1
