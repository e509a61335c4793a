"""A share of refused requests above the stated level pages people, once for an hour; `status` shows the reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flywheel.adapters.request_tally import TallyWriter
from flywheel.catalog.engine import Catalog
from flywheel.services.incidents import incidents, refused
from flywheel.services.overview import overview
from flywheel.services.people.identity import Identity
from flywheel.settings import Settings
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, VERA
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of

NOON = datetime(2026, 3, 1, 12, 10, tzinfo=UTC)


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version in production whose plan pages a channel."""
    made = make_desk(catalog, identity, clock, page=("desk",))
    made.sign(BEN)
    made.sign(VERA)
    made.release()
    return made


@pytest.fixture
def counting(tmp_path: Path) -> Settings:
    """Where the counts of this test lie."""
    return Settings.load(home=tmp_path, environ={"FLYWHEEL_DATA_ROOT": str(tmp_path / "root")})


def asked(counting: Settings, *, answered: int, wrong: int, at: datetime = NOON) -> None:
    writer = TallyWriter(counting.predictions_root, SLUG, clock=lambda: at)
    for _ in range(answered):
        writer.count()
    for _ in range(wrong):
        writer.count(["not a category: channel"])
    writer.close()


def look(desk: Desk, counting: Settings, at: datetime = NOON) -> tuple[str, ...]:
    return refused.watch_refused(desk.catalog, settings=counting, now=at, actor="steward")


@pytest.mark.parametrize(
    ("answered", "wrong", "is_paged"), [(0, 20, True), (0, 19, False), (379, 21, True), (400, 20, False), (0, 0, False)]
)
def test_people_are_paged_beyond_a_share_and_a_least_count(
    desk: Desk, counting: Settings, answered: int, wrong: int, *, is_paged: bool
) -> None:
    asked(counting, answered=answered, wrong=wrong)
    assert bool(look(desk, counting)) is is_paged
    assert [page["channel"] for page in messages_of(desk.catalog, "page")] == (["desk"] if is_paged else [])


def test_an_hour_is_told_once_and_the_next_one_is_another_occurrence(desk: Desk, counting: Settings) -> None:
    asked(counting, answered=0, wrong=30)
    assert "30 of 30 requests refused; most: not a category: channel (30)" in look(desk, counting)[0]
    assert look(desk, counting, NOON + timedelta(minutes=20)) == ()
    later = NOON + timedelta(hours=1)
    assert look(desk, counting, later) == ()
    asked(counting, answered=0, wrong=30, at=later)
    assert look(desk, counting, later)
    (incident,) = incidents.list_incidents(desk.catalog, project=SLUG)
    assert incident.occurrences == 2
    assert len(messages_of(desk.catalog, "page")) == 1


def test_looks_at_one_hour_are_one_occurrence_whichever_hour_it_is(desk: Desk, counting: Settings) -> None:
    for hours in range(3):
        for minutes in range(0, 40, 10):
            at = NOON + timedelta(hours=hours, minutes=minutes)
            asked(counting, answered=0, wrong=30, at=at)
            assert bool(look(desk, counting, at)) is (minutes == 0)
    (incident,) = incidents.list_incidents(desk.catalog, project=SLUG)
    assert incident.occurrences == 3


def test_the_overview_shows_what_was_refused_in_the_last_day(
    desk: Desk, counting: Settings, clock: SettableClock
) -> None:
    asked(counting, answered=5, wrong=3, at=clock.now)
    requests = overview(desk.catalog, channels=(), predictions_root=counting.predictions_root)[0].requests
    assert requests is not None
    assert requests.sentence() == "3 of 8 requests refused; most: not a category: channel (3)"
