"""Incidents: one for each key, one page for each channel."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import events_of
from flywheel.domain.digests import Json
from flywheel.domain.events import Verb
from flywheel.domain.incidents import IncidentSeverity, IncidentState
from flywheel.domain.payloads.serving import IncidentResolved
from flywheel.errors import InputRefused, Refused
from flywheel.services.incidents import incidents
from flywheel.services.incidents.incidents import IncidentRecord
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from tests.factories.datasets import with_data
from tests.factories.people import BEN, logged_in
from tests.factories.projects import SLUG, make_policy, registered, submitted
from tests.flywheel.services.outgoing import messages_of


def ring(
    catalog: Catalog,
    *,
    run: str = "run-1",
    key: str = f"{SLUG}:drift",
    cause: str = "999 in 12 % of rows",
    severity: IncidentSeverity = IncidentSeverity.PAGE,
    signs: tuple[str, ...] = (),
    about: tuple[str | None, datetime | None, datetime | None] = (None, None, None),
) -> IncidentRecord:
    return incidents.open_incident(
        catalog,
        incidents.Sighting(
            project=SLUG,
            key=key,
            severity=severity,
            title="bureau_score looks different",
            cause=cause,
            consequence=Decimal("1234.50"),
            actions=("fall back",),
            evidence={"report": "sha256:1"},
            run_id=run,
            signs=signs,
            version=about[0],
            window_from=about[1],
            window_until=about[2],
        ),
        channels=("desk", "mail", "desk"),
        actor="flow:monitoring",
    )


@pytest.fixture(autouse=True)
def project(catalog: Catalog) -> None:
    registered(catalog)


@pytest.fixture
def ben(catalog: Catalog, identity: Identity) -> Proof:
    """What Ben shows."""
    return logged_in(catalog, identity, BEN)


def test_new_incident_pages_every_channel_once(catalog: Catalog) -> None:
    ring(catalog)
    assert [page["channel"] for page in messages_of(catalog, "page")] == ["desk", "mail"]


@pytest.mark.parametrize(("stated", "said"), [({}, "EUR"), ({"currency": "JPY"}, "JPY")])
def test_money_is_paged_with_its_currency_where_the_charter_leaves_it_at_the_default_too(
    catalog: Catalog, stated: dict[str, Json], said: str
) -> None:
    payoff: Json = {"true_positive": 1, "false_positive": -1, "true_negative": 0, "false_negative": -1}
    value: Json = {"unit": "case", "volume_per_year": 10, "payoff": payoff, **stated}
    submitted(catalog, project=with_data(SLUG, {"main": {"uri": "x.csv"}}, value=value), policy=make_policy())
    ring(catalog)
    assert {page["currency"] for page in messages_of(catalog, "page")} == {said}


def test_repeated_step_counts_nothing_twice(catalog: Catalog) -> None:
    assert ring(catalog) == ring(catalog)
    assert len(messages_of(catalog, "page")) == 2


def test_later_run_adds_an_occurrence_and_no_page(catalog: Catalog) -> None:
    first = ring(catalog)
    again = ring(catalog, run="run-2")
    assert (again.id, again.occurrences, again.consequence) == (first.id, 2, Decimal("1234.50"))
    assert len(messages_of(catalog, "page")) == 2


def test_a_sign_that_did_not_ring_before_is_told_again_and_stands_first_among_all_causes(
    catalog: Catalog, ben: Proof
) -> None:
    first = ring(catalog, signs=("drift page", "km_stand"))
    incidents.acknowledge(catalog, incident=first.id, proof=ben)
    worse = ring(catalog, run="run-2", signs=("input fallback", "premium"), cause="premium is 100 times too large")
    assert worse.id == first.id
    assert worse.cause == "premium is 100 times too large\nbefore that: 999 in 12 % of rows"
    assert (worse.state, worse.acknowledged_by) == (IncidentState.OPEN, None)
    pages = messages_of(catalog, "page")
    assert [page["channel"] for page in pages] == ["desk", "mail", "desk", "mail"]
    assert pages[-1]["cause"] == worse.cause
    known = ring(catalog, run="run-3", signs=("input fallback", "km_stand"), cause="premium is 99 times too large")
    assert (known.cause, known.occurrences) == (worse.cause, 3)
    assert len(messages_of(catalog, "page")) == 4


def test_what_let_people_sleep_and_is_to_wake_them_now_pages_them(catalog: Catalog) -> None:
    ring(catalog, severity=IncidentSeverity.NOTICE)
    assert messages_of(catalog, "page") == [], "a notice wakes nobody"
    assert ring(catalog, run="run-2").severity is IncidentSeverity.PAGE
    assert [page["severity"] for page in messages_of(catalog, "page")] == ["page", "page"]
    assert ring(catalog, run="run-3", severity=IncidentSeverity.NOTICE).severity is IncidentSeverity.PAGE
    assert len(messages_of(catalog, "page")) == 2


def test_other_key_is_another_incident(catalog: Catalog) -> None:
    assert ring(catalog).id != ring(catalog, key=f"{SLUG}:kpi").id


def test_resolved_incident_makes_room_for_a_new_one(catalog: Catalog, ben: Proof) -> None:
    first = ring(catalog)
    incidents.acknowledge(catalog, incident=first.id, proof=ben)
    done = incidents.resolve(catalog, incident=first.id, resolution="null again", proof=ben)
    assert (done.state, done.acknowledged_by, done.resolved_by) == (IncidentState.RESOLVED, BEN, BEN)
    assert ring(catalog, run="run-2").id != first.id
    assert len(incidents.list_incidents(catalog, is_unresolved=True)) == 1


def test_where_several_faults_stand_a_resolution_says_which_it_closes(catalog: Catalog, ben: Proof) -> None:
    first = ring(catalog, signs=("drift: page about km",), cause="km moved")
    ring(catalog, run="run-2", signs=("drift: page about km", "input: page about age"), cause="age is null")
    with pytest.raises(Refused, match=r"which of them.*found '1: .*; 2: .*'.*--fault"):
        incidents.resolve(catalog, incident=first.id, resolution="mended", proof=ben)
    left = incidents.resolve(catalog, incident=first.id, resolution="km is km again", faults=(1,), proof=ben)
    assert (left.state, left.resolution) == (IncidentState.OPEN, "")
    assert "over: bureau_score looks different (km is km again)" in left.cause
    assert [(one.number, one.is_over) for one in incidents.faults_of(catalog, incident=first.id)] == [
        (1, True),
        (2, False),
    ]
    done = incidents.resolve(catalog, incident=first.id, resolution="age comes again", proof=ben)
    assert (done.state, done.resolution) == (IncidentState.RESOLVED, "age comes again")
    assert all(one.is_over for one in incidents.faults_of(catalog, incident=first.id))


def test_a_fault_that_was_closed_and_rings_again_is_told_again(catalog: Catalog, ben: Proof) -> None:
    first = ring(catalog, signs=("drift: page about km",))
    both = ("drift: page about km", "input: page about age")
    ring(catalog, run="run-2", signs=both)
    incidents.resolve(catalog, incident=first.id, resolution="km is km again", faults=(1,), proof=ben)
    assert len(messages_of(catalog, "page")) == 4
    ring(catalog, run="run-3", signs=both)
    assert len(messages_of(catalog, "page")) == 6
    assert [one.is_over for one in incidents.faults_of(catalog, incident=first.id)] == [True, False, False]
    incidents.resolve(catalog, incident=first.id, resolution="all is mended", faults=(2, 3), proof=ben)
    assert incidents.list_incidents(catalog, is_unresolved=True) == ()


@pytest.mark.parametrize("faults", [(3,), (0, 1), (2, 2, 7)])
def test_a_fault_that_does_not_stand_is_not_closed(catalog: Catalog, ben: Proof, faults: tuple[int, ...]) -> None:
    first = ring(catalog, signs=("a",))
    ring(catalog, run="run-2", signs=("b",))
    with pytest.raises(InputRefused, match="has no such open fault"):
        incidents.resolve(catalog, incident=first.id, resolution="mended", faults=faults, proof=ben)


def test_a_resolution_names_in_the_record_what_it_closes(catalog: Catalog, ben: Proof) -> None:
    first = ring(catalog, signs=("a",))
    incidents.resolve(catalog, incident=first.id, resolution="mended", proof=ben)
    with catalog.look() as work:
        (event,) = events_of(work.session, verb=Verb.INCIDENT_RESOLVED, subject_id=first.id)
    assert event.said(IncidentResolved).faults == ("bureau_score looks different",)


def test_resolved_incident_cannot_be_acknowledged(catalog: Catalog, ben: Proof) -> None:
    first = ring(catalog)
    incidents.resolve(catalog, incident=first.id, resolution="null again", proof=ben)
    with pytest.raises(Refused, match="is resolved and cannot become acknowledged"):
        incidents.acknowledge(catalog, incident=first.id, proof=ben)


def test_an_incident_knows_of_which_version_it_was_seen_and_from_when_to_when(catalog: Catalog) -> None:
    weeks = [datetime(2026, 1, day, tzinfo=UTC) for day in (5, 12, 19, 26)]
    seen = [(f"{SLUG}:1", weeks[0], weeks[1]), (f"{SLUG}:1", weeks[1], weeks[2]), (f"{SLUG}:2", weeks[2], weeks[3])]
    told = [ring(catalog, run=f"run-{at}", about=about) for at, about in enumerate(seen)]
    assert [(one.version, one.window_from, one.window_until) for one in told] == [
        (f"{SLUG}:1", weeks[0], weeks[1]),
        (f"{SLUG}:1", weeks[0], weeks[2]),  # it goes on
        (f"{SLUG}:2", weeks[2], weeks[3]),  # another version has it too
    ]
