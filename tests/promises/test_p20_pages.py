"""P20: what must be paged is paged: whoever writes past the record neither takes a page away nor sends one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

import psycopg
import pytest

from flywheel.adapters.postgres import postgres
from flywheel.catalog import incident as incident_noun
from flywheel.catalog import outbox
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json
from flywheel.domain.incidents import IncidentSeverity, IncidentState
from flywheel.domain.logins import Login
from flywheel.errors import Tampered
from flywheel.services.incidents import held_messages, incidents, pages, paging
from flywheel.services.incidents.relay import deliver_due
from flywheel.settings import Settings
from tests.factories.people import BEN, resolved
from tests.factories.projects import SLUG, registered
from tests.fakes.clock import SettableClock

DESK = ("desk", "mail")
TITLE = "the endpoint refuses requests"
Write = Callable[[str], None]

SET = "UPDATE outbox SET {} WHERE topic = 'page'"
AFTERWARDS = {
    "sent": SET.format("state = 'sent', sent_at = now()"),
    "moot": SET.format("state = 'moot'"),
    "given up": SET.format("state = 'dead', attempts = 12"),
    "in no state": SET.format("state = 'forged'"),
    "put off": SET.format("due_at = '9990-01-01'"),
    "put off for ever": SET.format("due_at = 'infinity'"),
    "of no time": SET.format("created_at = '-infinity'"),
    "sealed otherwise": SET.format("state = 'sent', seal = '', state_seal = ''"),
    "about nothing": SET.format("""payload = '{"project": "cards"}', state = 'sent'"""),
    "unreadable": SET.format("""payload = '["\\ud800"]'"""),
    "to nobody": SET.format("""payload = jsonb_set(payload::jsonb, '{channel}', '"nobody"')::json"""),
    "of another topic": SET.format("topic = 'export_head'"),
    "under another key": SET.format("key = key || 'x'"),
    "gone": "DELETE FROM outbox",
    "gone with its incident": "DELETE FROM outbox; DELETE FROM incident",
    "over by the tables": "UPDATE incident SET state = 'resolved', resolved_at = now()",
}
COLUMNS = "topic, key, payload, state, attempts, due_at, created_at, last_error, seal, state_seal"
KEYS = f"""generate_series(1, 40) AS number, unnest(ARRAY['desk', 'mail']) AS channel,
unnest(ARRAY['page:' || number || ':{SLUG}-incident-1:' || channel]) AS key"""
BEFORE = f"INSERT INTO outbox ({COLUMNS}) SELECT 'page', key, '{{{{}}}}', '{{}}', 1, {{}}, {{}}, '', '', '' FROM {KEYS}"  # noqa: S608  names of our own


@pytest.fixture
def write(server: Settings, empty_database: str, catalog: Catalog) -> Write:
    """Write past the record, with the password of its login."""
    registered(catalog, page=DESK)
    return partial(_write, postgres.database_url(server, empty_database, driver="", login=Login.RECORD))


def _write(address: str, words: str) -> None:
    with psycopg.connect(address) as connection:
        connection.execute(words)


def ring(catalog: Catalog, *, run: str = "run-1", signs: tuple[str, ...] = ("refused",)) -> str:
    seen = incidents.Sighting(
        SLUG, f"{SLUG}:refused", IncidentSeverity.PAGE, TITLE, "999", None, (), {}, run_id=run, signs=signs
    )
    return incidents.open_incident(catalog, seen, channels=DESK, actor="steward").id


def tick(catalog: Catalog) -> list[str]:
    """What leaves within one turn of the steward's: over which channels people are told of what rang."""
    held_messages.watch_messages(catalog, actor="steward")
    return carried(catalog)


def carried(catalog: Catalog) -> list[str]:
    left: list[Mapping[str, Json]] = []
    deliver_due(catalog, senders={"page": left.append}, questions={pages.TOPIC: paging.is_wanted})
    return sorted(str(page.get("channel")) for page in left if page.get("title", TITLE) == TITLE)


@pytest.mark.parametrize("way", AFTERWARDS)
def test_a_page_that_somebody_moved_on_or_took_away_leaves_within_a_turn(
    catalog: Catalog, write: Write, way: str
) -> None:
    ring(catalog)
    write(AFTERWARDS[way])
    assert tick(catalog) == sorted(DESK)
    assert tick(catalog) == [], "what was sent is not sent again"


@pytest.mark.parametrize("state", ["sent", "moot", "dead", "pending"])
@pytest.mark.parametrize("at", ["now()", "'infinity'"])
def test_a_page_whose_key_was_taken_beforehand_leaves_all_the_same(
    catalog: Catalog, write: Write, state: str, at: str
) -> None:
    write(BEFORE.format(state, at, at))
    ring(catalog)
    assert carried(catalog) == sorted(DESK), "it needs no turn"
    assert tick(catalog) == []


@pytest.mark.parametrize("way", ["sent", "gone"])
def test_without_the_seals_and_the_chain_it_would_not_leave(
    catalog: Catalog, write: Write, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    ring(catalog)
    write(AFTERWARDS[way])
    monkeypatch.setattr(outbox, "is_as_left", lambda *_: True)
    if way == "gone":
        monkeypatch.setattr(held_messages, "put_pages", lambda *_: ())
    assert tick(catalog) == []


def test_without_the_seals_a_key_that_was_taken_would_keep_it_back(
    catalog: Catalog, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(BEFORE.format("sent", "now()", "now()"))
    monkeypatch.setattr(outbox, "is_as_left", lambda *_: True)
    ring(catalog)
    assert tick(catalog) == []


def test_a_page_that_was_sent_and_rings_anew_leaves_again_whatever_is_done_to_both(
    catalog: Catalog, write: Write
) -> None:
    ring(catalog)
    assert tick(catalog) == sorted(DESK)
    ring(catalog, run="run-2", signs=("another",))
    write(
        "UPDATE outbox SET state = 'sent', state_seal = (SELECT min(state_seal) FROM outbox WHERE state = 'sent') "
        "WHERE state = 'pending'"
    )
    assert tick(catalog) == sorted(DESK)


def test_what_is_over_is_not_paged_again_though_it_was_taken_away(catalog: Catalog, write: Write) -> None:
    incident = ring(catalog)
    resolved(catalog, incident=incident, resolution="mended", actor=BEN)
    write("DELETE FROM outbox")
    assert tick(catalog) == []


def test_a_message_of_any_kind_that_somebody_wrote_is_not_sent(catalog: Catalog, write: Write) -> None:
    values = "'start_stage', 'k', '{}', 'pending', 0, now() - interval '9 years', now(), '', '', ''"
    write(f"INSERT INTO outbox ({COLUMNS}) VALUES ({values})")  # noqa: S608  names of our own
    left: list[object] = []
    deliver_due(catalog, senders={"start_stage": left.append, "page": left.append})
    assert left == []


def test_a_message_of_any_kind_that_somebody_moved_on_is_sent(catalog: Catalog, write: Write) -> None:
    with catalog.begin() as work:
        work.enqueue("resume_run", "resume:1", {"run_id": "1"})
    write("UPDATE outbox SET state = 'sent', sent_at = now()")
    held_messages.watch_messages(catalog, actor="steward")
    left: list[object] = []
    deliver_due(catalog, senders={"resume_run": left.append})
    assert left == [{"run_id": "1"}]


def test_people_are_told_once_that_messages_were_changed(catalog: Catalog, write: Write, clock: SettableClock) -> None:
    ring(catalog)
    write("DELETE FROM outbox")
    (said,) = held_messages.watch_messages(catalog, actor="steward")
    assert "page:" in said
    clock.move(timedelta(minutes=1))
    assert held_messages.watch_messages(catalog, actor="steward") == ()
    told = [one.title for one in incidents.list_incidents(catalog, project=SLUG, is_unresolved=True)]
    assert len([title for title in told if "bypassed the record" in title]) == 1


def test_nothing_is_added_to_an_incident_that_nobody_opened(catalog: Catalog, write: Write) -> None:
    ring(catalog, run="run-0")
    write(f"UPDATE incident SET id = '{SLUG}-incident-9'")  # noqa: S608  a name of our own
    with pytest.raises(Tampered, match="nothing says incident"):
        ring(catalog)


def test_an_incident_is_never_named_as_one_before_it(catalog: Catalog, write: Write) -> None:
    first = ring(catalog)
    resolved(catalog, incident=first, resolution="mended", actor=BEN)
    write("DELETE FROM incident")
    again = ring(catalog, run="run-2")
    assert again != first
    with catalog.look() as work:
        assert incident_noun.read_incident(work.session, again).state is IncidentState.OPEN
