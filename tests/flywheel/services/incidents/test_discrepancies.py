"""What is written past the record is told: each intrusion that is new, and none of them twice."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog
from flywheel.catalog.ground import Footing
from flywheel.catalog.incident import IncidentRecord
from flywheel.domain.incidents import IncidentState
from flywheel.domain.logins import Login
from flywheel.services.incidents import discrepancies, incidents
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.settings import Settings
from tests.factories.desk import Desk, make_serving_desk
from tests.factories.people import VERA, acknowledged
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock

INTRUSIONS = {
    "signoff": "DELETE FROM signoff",
    "endpoint": "UPDATE endpoint SET mode = 'stopped'",
    "role_grant": "INSERT INTO role_grant VALUES ('eve@bank.example', '*', 'validator', 'admin', 'eve', false)",
}
ALTERED = "UPDATE event SET actor = 'nobody' WHERE sequence = 2"


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    return make_serving_desk(catalog, identity, clock)


def intrude(server: Settings, database: str, words: str) -> None:
    url = postgres.database_url(server, database, driver="", login=Login.OWNER)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE event DISABLE TRIGGER event_only_grows")
        connection.execute(words)


def told(catalog: Catalog) -> IncidentRecord:
    """What stands after three looks of a steward, and is taken up then; a fourth adds nothing."""
    for _ in range(3):
        discrepancies.watch_record(catalog, actor="steward")
    length = record.head(catalog).sequence
    discrepancies.watch_record(catalog, actor="steward")
    assert record.head(catalog).sequence == length
    (incident,) = incidents.list_incidents(catalog, project=SLUG, is_unresolved=True)
    assert incident.state is IncidentState.OPEN
    acknowledged(catalog, incident=incident.id, actor=VERA)
    return incident


def test_each_intrusion_is_told_once_though_the_incident_of_the_first_is_open(
    desk: Desk, server: Settings, empty_database: str
) -> None:
    for number, (table, words) in enumerate(INTRUSIONS.items(), start=1):
        intrude(server, empty_database, words)
        incident = told(desk.catalog)
        assert incident.occurrences == number
        assert f" {table} " in incident.cause.splitlines()[0]


def test_a_chain_that_is_altered_while_the_incident_of_an_intrusion_is_open_is_told_once(
    desk: Desk, server: Settings, empty_database: str
) -> None:
    intrude(server, empty_database, INTRUSIONS["signoff"])
    told(desk.catalog)
    intrude(server, empty_database, ALTERED)
    incident = told(replace(desk.catalog, footing=Footing()))  # a steward that has just started
    assert "event 2 was altered" in incident.cause.splitlines()[0]
