"""P20: what is altered behind a proven place opens nothing for whoever proves anew, and the steward comes upon it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import events_of
from flywheel.catalog.ground import Footing
from flywheel.domain.events import Verb
from flywheel.errors import Tampered
from flywheel.services.incidents import discrepancies
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from tests.factories.desk import Desk, make_serving_desk
from tests.fakes.clock import SettableClock


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that serves."""
    return make_serving_desk(catalog, identity, clock)


@pytest.fixture
def altered(desk: Desk, owned: Catalog) -> int:
    """An approval that the owner of the tables altered after it was proven, in the midst of the chain."""
    desk.release()
    with Session(owned.engine) as session, session.begin():
        session.execute(text("ALTER TABLE event DISABLE TRIGGER event_only_grows"))
        given = "(SELECT min(sequence) FROM event WHERE verb = 'signoff.given')"
        other = "replace(payload::text, 'looked at it', 'never saw it')::json"
        words = f"UPDATE event SET payload = {other} WHERE sequence = {given} RETURNING sequence"  # noqa: S608  ours
        return int(session.execute(text(words)).scalar_one())


def test_what_is_altered_behind_a_proven_place_is_named_by_the_steward_and_closes_every_other_door(
    desk: Desk, altered: int
) -> None:
    """A process goes by what it has proven, whatever is done to it afterwards; whoever proves anew finds it."""
    said = f"event {altered} was altered"
    desk.release()
    assert said in discrepancies.watch_record(desk.catalog, actor="steward")[0]
    anew = replace(desk, catalog=replace(desk.catalog, footing=Footing()))
    with pytest.raises(Tampered, match=said):
        anew.release()
    assert record.verify_events(desk.catalog).first_bad == altered
    with pytest.raises(Tampered, match=said), desk.catalog.begin() as work:
        events_of(work.session, verb=Verb.SIGNOFF_GIVEN, subject_id=desk.version.id)


def test_without_a_second_look_the_steward_would_not_see_it(
    desk: Desk, altered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Footing, "look_again", lambda *_, **__: None)
    assert discrepancies.watch_record(desk.catalog, actor="steward") == ()
    assert altered


def test_the_second_look_goes_round_the_whole_record(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discrepancies, "LOOKED_AT_AGAIN", 7)
    for _ in range(2 * record.head(desk.catalog).sequence // 7):
        assert discrepancies.watch_record(desk.catalog, actor="steward") == ()
