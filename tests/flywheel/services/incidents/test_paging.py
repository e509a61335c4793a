"""Paging: a channel that is not there is an error before business and a line afterwards; what is over pages nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.incidents import IncidentSeverity
from flywheel.errors import Unavailable
from flywheel.services.incidents import incidents, pages, paging
from flywheel.services.incidents.relay import Delivered, deliver_due
from flywheel.services.overview import overview
from flywheel.services.walk.projects import get_project
from tests.factories.people import BEN, acknowledged, resolved
from tests.factories.projects import SLUG, make_project, registered
from tests.fakes.clock import SettableClock

DESK = ("desk", "mail")


def seen(catalog: Catalog, title: str) -> incidents.IncidentRecord:
    """Let monitoring see something; what has another title is another sign of the same incident."""
    return incidents.open_incident(
        catalog,
        incidents.Sighting(
            project=SLUG,
            key=f"{SLUG}:traffic",
            severity=IncidentSeverity.PAGE,
            title=title,
            cause="999",
            consequence=None,
            actions=(),
            evidence={},
            run_id="run-1",
            signs=(title,),
        ),
        channels=DESK,
        actor="flow:monitoring",
    )


@pytest.fixture
def paged(catalog: Catalog) -> str:
    """A project that pages two channels, with an open incident; gives the incident's id."""
    registered(catalog, page=DESK)
    return seen(catalog, "bureau_score looks different").id


def test_a_charter_that_pages_nowhere_is_refused_with_every_channel_named() -> None:
    problems = paging.unreachable(make_project(page=DESK).charter, {"night"})
    assert [(problem.key, problem.found) for problem in problems] == [
        ("monitoring.page[1]", "desk"),
        ("monitoring.page[2]", "mail"),
    ]
    assert "night" in str(problems[0])
    assert paging.unreachable(make_project(page=DESK).charter, DESK) == ()
    assert paging.unreachable(make_project().charter, ()) == ()


def test_nothing_goes_into_business_whose_pages_would_go_nowhere(catalog: Catalog) -> None:
    digest = get_project(catalog, project=registered(catalog, page=DESK)).project_digest
    with pytest.raises(Unavailable, match="mail is not set up"):
        paging.await_channels(catalog, project=SLUG, project_digest=digest, channels={"desk"})
    paging.await_channels(catalog, project=SLUG, project_digest=digest, channels=DESK)


def test_status_tells_of_pages_that_wait_for_a_channel_and_of_those_given_up(catalog: Catalog, paged: str) -> None:
    assert overview(catalog, channels=DESK)[0].page_troubles == ()
    (line, waiting) = overview(catalog, channels={"desk"})[0].page_troubles
    assert "the channel mail is not set up" in line
    assert waiting == "2 pages wait to be sent"

    def refuse(_payload: object) -> None:
        raise ConnectionError

    deliver_due(catalog, senders={"page": refuse}, max_attempts=1)
    assert overview(catalog, channels=DESK)[0].page_troubles == ("2 pages were given up after many attempts",)


def test_status_shows_what_only_the_console_was_told_until_somebody_takes_it_up(catalog: Catalog, paged: str) -> None:
    assert overview(catalog, channels=DESK, kept=DESK)[0].kept_pages == ()  # not let go yet
    deliver_due(catalog, senders={"page": lambda _: None})
    assert overview(catalog, channels=DESK, kept=())[0].kept_pages == ()
    (kept,) = overview(catalog, channels=DESK, kept=DESK)[0].kept_pages
    assert (kept.incident, kept.title) == (paged, "bureau_score looks different")
    acknowledged(catalog, incident=paged, actor=BEN)
    assert overview(catalog, channels=DESK, kept=DESK)[0].kept_pages == ()


def test_each_page_that_nobody_took_up_is_shown_though_another_sign_rings_in_the_same_incident(
    catalog: Catalog, clock: SettableClock, paged: str
) -> None:
    clock.move(timedelta(days=7))
    assert seen(catalog, "a name is gone").id == paged
    deliver_due(catalog, senders={"page": lambda _: None})
    shown = overview(catalog, channels=DESK, kept=DESK)[0].kept_pages
    assert [one.title for one in shown] == ["a name is gone", "bureau_score looks different"]

    acknowledged(catalog, incident=paged, actor=BEN)
    clock.move(timedelta(days=7))
    seen(catalog, "a third")
    deliver_due(catalog, senders={"page": lambda _: None})
    assert [one.title for one in overview(catalog, channels=DESK, kept=DESK)[0].kept_pages] == ["a third"]


def test_the_page_of_a_fault_that_is_over_is_neither_sent_nor_shown(catalog: Catalog, paged: str) -> None:
    seen(catalog, "a name is gone")
    with catalog.begin() as work:
        incidents.resolve_in(work, incident=paged, resolution="999 is null again", actor=BEN, faults=(1,))
    deliver_due(catalog, senders={"page": lambda _: None})
    shown = overview(catalog, channels=DESK, kept=DESK)[0].kept_pages
    assert [one.title for one in shown] == ["a name is gone"]


def test_the_page_of_what_is_over_is_not_sent(catalog: Catalog, paged: str) -> None:
    resolved(catalog, incident=paged, resolution="null again", actor=BEN)
    sent: list[object] = []
    done = deliver_due(catalog, senders={"page": sent.append}, questions={pages.TOPIC: paging.is_wanted})
    assert (done, sent) == (Delivered(moot=2), [])


def test_an_incident_that_somebody_has_in_hand_is_told_all_the_same(catalog: Catalog, paged: str) -> None:
    acknowledged(catalog, incident=paged, actor=BEN)
    done = deliver_due(catalog, senders={"page": lambda _: None}, questions={pages.TOPIC: paging.is_wanted})
    assert done == Delivered(sent=2)
