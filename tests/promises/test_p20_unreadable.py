"""P20: whatever is appended with the record's password, readable or not, counts for nothing and breaks nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog
from flywheel.catalog.ground import Footing
from flywheel.domain.digests import canonical_json
from flywheel.domain.events import Verb
from flywheel.domain.logins import Login
from flywheel.services.incidents import discrepancies
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.settings import Settings
from tests.factories.desk import Desk, make_serving_desk
from tests.factories.events import refusal
from tests.factories.people import OWNER
from tests.fakes.clock import SettableClock

Line = Callable[[int, str, str], str]
"""Draws the text of an event from its sequence, a time and the hash that it continues."""


def line(sequence: int, at: str, previous: str, *, reason: str = '"r"') -> str:
    said = [sequence, at, "signoff.given", "mallory", "version", "v", "", {"reason": "@"}, previous]
    return json.dumps(said, separators=(",", ":")).replace('"@"', reason)


TAKEN: Mapping[str, Line] = {
    "a space": lambda *at: line(*at).replace('","', '", "', 1),
    "a number beyond numbers": lambda *at: line(*at, reason="1e999"),
    "a number of 5,000 digits": lambda *at: line(*at, reason="1" * 5_000),
    "two equal keys": lambda *at: line(*at, reason='1,"reason":2'),
    "3,000 brackets": lambda *at: line(*at, reason="[" * 3_000 + "]" * 3_000),
    "900 brackets": lambda *at: line(*at, reason="[" * 900 + "]" * 900),
    "the last day": lambda sequence, _, previous: line(sequence, "9999-12-31T23:59:59+00:00", previous),
    "the first day": lambda sequence, _, previous: line(sequence, "0001-01-01T00:00:00+00:00", previous),
}
REFUSED: Mapping[str, Line] = {
    "an hour beyond": lambda sequence, _, previous: line(sequence, "2030-01-01T24:00:00+00:00", previous),
    "a day beyond": lambda sequence, _, previous: line(sequence, "9999-12-31T23:59:60+00:00", previous),
    "half a character": lambda *at: line(*at, reason='"\\ud800"'),
    "a character that no text has": lambda *at: line(*at, reason='"\\u0000"'),
}


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that serves."""
    return make_serving_desk(catalog, identity, clock)


def append(server: Settings, database: str, desk: Desk, draw: Line) -> int:
    """Append a line as the thief of a password that lets it in; gives its sequence."""
    head = record.head(desk.catalog)
    drawn = draw(head.sequence + 1, desk.clock().isoformat(), head.hash)
    with psycopg.connect(postgres.database_url(server, database, driver="", login=Login.NOTARY)) as connection:
        connection.execute("SELECT append_event(%s, '')", (drawn,))
    return head.sequence + 1


@pytest.mark.parametrize("draw", TAKEN.values(), ids=TAKEN)
def test_an_event_without_our_seal_breaks_nothing_whatever_it_says(
    desk: Desk, server: Settings, empty_database: str, draw: Line
) -> None:
    forged = append(server, empty_database, desk, draw)
    found = record.verify_events(desk.catalog)
    assert (found.first_bad, found.unsealed, found.count) == (None, (forged,), forged)
    for footing in (desk.catalog.footing, Footing()):  # a process that goes on, and one that begins
        replace(desk, catalog=replace(desk.catalog, footing=footing)).release()
    with desk.catalog.begin() as work:
        written = work.append(refusal(1, actor=OWNER))
    assert timedelta(0) <= desk.clock() - written.happened_at < timedelta(seconds=1)
    assert record.rebuild(desk.catalog).differing == ()
    listed = record.list_events(desk.catalog, limit=1_000)
    assert forged in {event["sequence"] for event in json.loads(canonical_json(listed))}
    assert not [e for e in record.events_about(desk.catalog, version="v", subjects=()) if e.verb is Verb.SIGNOFF_GIVEN]
    assert desk.catalog.clock_trouble() == ""
    assert discrepancies.watch_record(desk.catalog, actor="steward") == ()
    found = record.verify_events(desk.catalog)
    assert (found.first_bad, found.unsealed) == (None, (forged,))


@pytest.mark.parametrize("draw", REFUSED.values(), ids=REFUSED)
def test_what_no_program_could_read_from_the_table_is_not_taken(
    desk: Desk, server: Settings, empty_database: str, draw: Line
) -> None:
    with pytest.raises(psycopg.Error):
        append(server, empty_database, desk, draw)
    assert record.verify_events(desk.catalog).is_sound
