"""Outages: people are paged once about what cannot be started, and told who answers meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.services.incidents import incidents, outages
from flywheel.services.people.identity import Identity
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, VERA
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version in production whose plan pages two channels."""
    made = make_desk(catalog, identity, clock, page=("desk", "mail"))
    made.sign(BEN)
    made.sign(VERA)
    made.release()
    return made


def tell(desk: Desk, *, generation: int = 1) -> str:
    """Report as the steward does."""
    return outages.report_outage(
        desk.catalog,
        endpoint=SLUG,
        generation=generation,
        what="the server ended",
        answered_by="its rule answers meanwhile",
        actor="steward",
    )


def test_an_outage_is_one_incident_and_pages_every_channel_once(desk: Desk, clock: SettableClock) -> None:
    assert "its rule answers meanwhile" in tell(desk)
    clock.move(timedelta(minutes=5))
    tell(desk)
    (incident,) = incidents.list_incidents(desk.catalog, project=SLUG)
    assert incident.cause == "the server ended. Until it can, its rule answers meanwhile."
    assert incident.occurrences == 2
    assert [page["channel"] for page in messages_of(desk.catalog, "page")] == ["desk", "mail"]


def test_an_endpoint_that_cannot_log_is_told_with_what_its_callers_get(desk: Desk) -> None:
    words = "the prediction log cannot be written: No space left on device"
    assert words in outages.report_complaint(desk.catalog, endpoint=SLUG, generation=1, what=words, actor="steward")
    (incident,) = incidents.list_incidents(desk.catalog, project=SLUG)
    assert incident.cause == f"{words}. What cannot be logged is not answered: callers get 503 until it can."
    assert [page["channel"] for page in messages_of(desk.catalog, "page")] == ["desk", "mail"]
    assert outages.report_complaint(desk.catalog, endpoint=SLUG, generation=2, what=words, actor="steward") == ""


def test_news_of_what_should_no_longer_answer_is_dropped(desk: Desk) -> None:
    assert tell(desk, generation=2) == ""
    assert incidents.list_incidents(desk.catalog, project=SLUG) == ()
