"""Alarms carried out: the safest thing that the plan asks for, once, and what is at stake meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.monitoring import Action
from flywheel.domain.signoffs import Answer
from flywheel.services.approval import signoffs
from flywheel.services.people.identity import Identity
from flywheel.services.serving import endpoints, releases
from flywheel.services.serving.endpoints import EndpointMode
from flywheel.services.watching import alarms
from flywheel.services.watching.alarms import Decided
from tests.factories.desk import make_desk
from tests.factories.people import BEN, VERA, code_of, enrol
from tests.factories.projects import SLUG, registered
from tests.factories.versions import judged, make_package, registered_version, with_dossier
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of

FIRST = f"{SLUG}:1"


@pytest.fixture
def serving(catalog: Catalog, identity: Identity, clock: SettableClock) -> str:
    """A released version; gives its id."""
    registered(catalog)
    people = enrol(catalog, identity, BEN, VERA)
    version = registered_version(catalog)
    judged(catalog, version)
    dossier = with_dossier(catalog, version)
    for person in people:
        signoffs.sign(
            catalog,
            identity=identity,
            version=version.id,
            dossier_digest=dossier,
            person=person,
            role=None,
            answer=Answer.APPROVE,
            comment="",
            code=code_of(people[person], clock()),
            channel="test",
            key=person,
        )
    package = make_package(version)
    releases.make_release(catalog, version=version.id, run_id="run-1", actor="flow:delivery", package=package)
    return version.id


def carry_out(
    catalog: Catalog, *wanted: Action, version: str = FIRST, served_by: str = EndpointMode.MODEL
) -> tuple[str, ...]:
    return alarms.carry_out(
        catalog,
        project=SLUG,
        version=version,
        served_by=served_by,
        wanted=wanted,
        reason="income is gone",
        window="2026-01-05",
    )


def mode(catalog: Catalog) -> EndpointMode:
    return endpoints.desired(catalog)[0].mode


def test_a_fallback_without_an_earlier_version_is_the_business_rule(catalog: Catalog, serving: str) -> None:
    assert carry_out(catalog, Action.FALLBACK, Action.PAGE) == ("the endpoint fell back to its business rule",)
    assert mode(catalog) is EndpointMode.RULE


def test_a_second_alarm_finds_the_rule_answering_already(catalog: Catalog, serving: str) -> None:
    carry_out(catalog, Action.FALLBACK)
    assert carry_out(catalog, Action.ROLLBACK) == ("the business rule already answers",)


def test_the_earlier_version_that_took_over_stays_when_the_alarm_is_carried_out_again(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_desk(catalog, identity, clock)
    newer = registered_version(catalog, name="m2")
    judged(catalog, newer)
    for each in (desk, replace(desk, version=newer, dossier=with_dossier(catalog, newer))):
        each.sign(BEN)
        each.sign(VERA)
        each.release()
    assert carry_out(catalog, Action.FALLBACK, version=newer.id) == (f"the endpoint fell back to {FIRST}",)
    again = carry_out(catalog, Action.FALLBACK, version=newer.id)
    assert again == (f"{FIRST} answers in place of {newer.id} already",)
    assert endpoints.desired(catalog)[0].version == FIRST


def test_what_the_rule_answered_takes_no_model_back(catalog: Catalog, serving: str) -> None:
    done = carry_out(catalog, Action.FALLBACK, served_by=EndpointMode.RULE)
    assert done == (f"the business rule answered then; {FIRST} answers now",)
    carry_out(catalog, Action.FALLBACK)
    assert carry_out(catalog, Action.FALLBACK, served_by=EndpointMode.RULE) == ("the business rule already answers",)
    assert carry_out(catalog, Action.STOP, served_by=EndpointMode.RULE) == ("the endpoint was stopped",)


def test_a_version_that_answers_no_more_stops_nobody(catalog: Catalog, serving: str) -> None:
    assert carry_out(catalog, Action.STOP, version=f"{SLUG}:0") == (f"{FIRST} answers in place of {SLUG}:0 already",)
    assert mode(catalog) is EndpointMode.MODEL


def test_the_safest_of_several_wishes_is_carried_out(catalog: Catalog, serving: str) -> None:
    assert carry_out(catalog, Action.FALLBACK, Action.STOP) == ("the endpoint was stopped",)
    assert mode(catalog) is EndpointMode.STOPPED


def test_a_stopped_endpoint_is_not_opened_by_a_fallback(catalog: Catalog, serving: str) -> None:
    carry_out(catalog, Action.STOP)
    assert carry_out(catalog, Action.FALLBACK) == ("the endpoint is stopped",)
    assert mode(catalog) is EndpointMode.STOPPED


def test_a_page_alone_changes_nothing(catalog: Catalog, serving: str) -> None:
    assert carry_out(catalog, Action.PAGE) == ()
    assert mode(catalog) is EndpointMode.MODEL


def test_a_retraining_is_asked_for_once_a_window(catalog: Catalog, serving: str) -> None:
    assert carry_out(catalog, Action.RETRAIN) == carry_out(catalog, Action.RETRAIN) == ("a retraining was asked for",)
    (message,) = messages_of(catalog, "emit_event")
    assert (message["event"], message["project"]) == (alarms.DRIFT_EVENT, SLUG)


def at_stake(catalog: Catalog, decided: Decided, *, served_by: str = "model") -> Decimal | None:
    return alarms.at_stake_per_day(catalog, project=SLUG, version=FIRST, served_by=served_by, decided=decided)


def test_at_stake_is_what_the_version_earns_a_day_over_the_naive_answer(catalog: Catalog, serving: str) -> None:
    week, weekend = timedelta(days=7), timedelta(days=2)
    assert at_stake(catalog, Decided(700, 700, week)) == Decimal("850.00"), "100 a day, 10.50 instead of 2"
    assert at_stake(catalog, Decided(200, 200, weekend)) == Decimal("850.00"), "live since Saturday"
    assert at_stake(catalog, Decided(175, 700, week)) == Decimal("212.50"), "the rule decides the other three quarters"
    assert at_stake(catalog, Decided(700, 700, week), served_by="rule") is None


@pytest.mark.parametrize(
    ("decided", "of", "over", "planned", "cases"),
    [
        (700, 700, timedelta(days=7), 10_000, Decimal(100)),
        (12, 12, timedelta(days=1), None, Decimal(12)),
        (900, 900, timedelta(minutes=1), 3_650, Decimal(10)),
        (225, 900, timedelta(minutes=1), 3_650, Decimal("2.5")),
        (900, 900, timedelta(hours=23), 3_650, Decimal(10)),
        (0, 0, timedelta(0), 3_650, None),
        (900, 900, timedelta(minutes=1), None, None),
    ],
)
def test_a_window_shorter_than_a_day_does_not_say_how_many_cases_a_day_brings(
    decided: int, of: int, over: timedelta, planned: int | None, cases: Decimal | None
) -> None:
    assert alarms.cases_per_day(Decided(decided, of, over), planned_per_year=planned) == cases
