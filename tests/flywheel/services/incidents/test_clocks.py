"""The clock: a step of 400 days decides nothing, by whatever clock, and people are told while it lasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flywheel.catalog.engine import Catalog, utc_now
from flywheel.domain.events import Verb
from flywheel.domain.incidents import IncidentState
from flywheel.errors import Refused, Unavailable
from flywheel.services.incidents import clocks, incidents
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, VERA, code_of
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of

LONG = timedelta(days=400)


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    return make_desk(catalog, identity, clock, page=("mail",))


@pytest.mark.parametrize(("ours", "theirs"), [(-LONG, -LONG), (-LONG, timedelta(0)), (LONG, timedelta(0))])
def test_nobody_signs_by_a_clock_that_was_stepped(
    desk: Desk, clock: SettableClock, ours: timedelta, theirs: timedelta
) -> None:
    before, now = record.head(desk.catalog), clock()
    stepped = replace(desk.catalog, clock=lambda: now + ours, database_clock=lambda _: now + theirs)
    with pytest.raises(Unavailable, match="nothing is decided"):
        replace(desk, catalog=stepped).sign(VERA, code=code_of(desk.people[VERA], now + ours))
    assert record.head(desk.catalog) == before


def test_a_code_counts_by_the_database_clock_alone(desk: Desk, clock: SettableClock) -> None:
    now = clock()
    behind = replace(desk.catalog, clock=lambda: now, database_clock=lambda _: now, slack=2 * LONG)
    ahead = replace(behind, clock=lambda: now + LONG)
    with pytest.raises(Refused, match="code is wrong"):
        replace(desk, catalog=ahead).sign(VERA, code=code_of(desk.people[VERA], now + LONG))
    assert VERA in replace(desk, catalog=ahead).sign(VERA, code=code_of(desk.people[VERA], now)).approved_by
    signed = next(event for event in record.list_events(desk.catalog) if event.verb is Verb.SIGNOFF_GIVEN)
    assert signed.happened_at == now


def test_without_a_clock_of_a_tests_own_the_database_says_the_time(desk: Desk) -> None:
    live = replace(desk.catalog, clock=utc_now)
    before = datetime.now(UTC)
    with live.begin() as work:
        assert abs(work.now - before) < timedelta(seconds=30)


def test_people_are_told_once_while_no_clock_is_believed(desk: Desk, clock: SettableClock) -> None:
    desk.sign(BEN)
    clock.move(-LONG - timedelta(hours=1))
    told = clocks.watch_clock(desk.catalog, actor="steward")
    assert (told, clocks.watch_clock(desk.catalog, actor="steward")) == (("the clock runs back",),) * 2
    assert len(messages_of(desk.catalog, "page")) == 1
    (incident,) = incidents.list_incidents(desk.catalog, is_unresolved=True)
    assert (incident.state, "400 days" in incident.actions[1]) == (IncidentState.OPEN, True)
    assert record.verify_events(desk.catalog).is_sound
    clock.move(LONG + timedelta(hours=1))
    assert clocks.watch_clock(desk.catalog, actor="steward") == ()
    assert VERA in desk.sign(VERA).approved_by


def test_without_the_check_a_step_back_is_believed(
    desk: Desk, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Catalog, "_believe", lambda *_: None)
    clock.move(-LONG)
    assert VERA in desk.sign(VERA, code=code_of(desk.people[VERA], clock() + LONG + timedelta(seconds=30))).approved_by
