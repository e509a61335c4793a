"""Upkeep: what serves is held to its signatures, whenever they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.conditions import Conditions
from flywheel.domain.signoffs import Answer
from flywheel.services.incidents import incidents
from flywheel.services.people.identity import Identity
from flywheel.services.serving import endpoints, upkeep
from flywheel.services.serving.endpoints import EndpointMode
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA, VIKTOR, resolved
from tests.factories.projects import SLUG
from tests.factories.versions import judged, registered_version, with_dossier
from tests.fakes.clock import SettableClock


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that waits for signatures."""
    return make_desk(catalog, identity, clock)


def serve(desk: Desk, conditions: Conditions | None = None) -> None:
    """Sign and release."""
    desk.sign(BEN)
    desk.sign(VERA, conditions=conditions or Conditions())
    desk.release()


def mode(desk: Desk) -> EndpointMode:
    return endpoints.desired(desk.catalog)[0].mode


def test_endpoint_falls_back_when_an_approval_expires_and_asks_once(desk: Desk) -> None:
    serve(desk)
    desk.pass_days(364)
    assert upkeep.keep_to_standings(desk.catalog, actor="steward") == ()
    desk.pass_days(2)
    (said,) = upkeep.keep_to_standings(desk.catalog, actor="steward")
    assert "no longer has the signatures it needs: waiting for 1 x business" in said
    assert mode(desk) is EndpointMode.RULE
    assert upkeep.keep_to_standings(desk.catalog, actor="steward") == ()
    assert len(incidents.list_incidents(desk.catalog, project=SLUG)) == 1


def test_endpoint_falls_back_when_the_end_of_a_condition_has_passed(desk: Desk) -> None:
    serve(desk, Conditions(until_at=desk.clock() + timedelta(days=10)))
    desk.pass_days(9)
    upkeep.keep_to_standings(desk.catalog, actor="steward")
    assert mode(desk) is EndpointMode.MODEL
    desk.pass_days(1)
    upkeep.keep_to_standings(desk.catalog, actor="steward")
    assert mode(desk) is EndpointMode.RULE


def test_rejection_in_business_goes_to_safety_at_once(desk: Desk) -> None:
    serve(desk)
    desk.sign(VIKTOR, Answer.REJECT)
    assert mode(desk) is EndpointMode.RULE


def test_renewed_approvals_and_an_answered_question_let_the_version_return(desk: Desk) -> None:
    serve(desk)
    desk.pass_days(366)
    upkeep.keep_to_standings(desk.catalog, actor="steward")
    desk.sign(BEN)
    desk.sign(VERA)
    (asked,) = incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True)
    resolved(desk.catalog, incident=asked.id, resolution="renewed", actor="ana@bank.example")
    desk.restore(OWNER)
    assert mode(desk) is EndpointMode.MODEL


def test_newer_dossier_that_nobody_has_signed_leaves_what_serves_alone(desk: Desk) -> None:
    serve(desk)
    newer = with_dossier(desk.catalog, desk.version, content="looked at again")
    desk.sign(VIKTOR, dossier=newer)
    assert upkeep.keep_to_standings(desk.catalog, actor="steward") == ()
    assert mode(desk) is EndpointMode.MODEL
    desk.sign(BEN, Answer.REJECT, dossier=newer)
    assert mode(desk) is EndpointMode.RULE


def with_successor(desk: Desk) -> str:
    """Release a second version beside the one of the desk; gives its name."""
    serve(desk)
    endpoints.observe(desk.catalog, name=SLUG, generation=1, port=1, pid=1, is_ready=True)
    version = registered_version(desk.catalog, name="m2")
    judged(desk.catalog, version, key="m2")
    second = replace(desk, version=version, dossier=with_dossier(desk.catalog, version))
    desk.pass_days(200)
    serve(second)
    return version.id


def test_older_version_that_answers_while_the_next_cannot_start_is_held_to_its_signatures(desk: Desk) -> None:
    second = with_successor(desk)
    before = endpoints.desired(desk.catalog)[0]
    assert upkeep.keep_to_standings(desk.catalog, actor="steward") == ()
    desk.pass_days(200)
    (said,) = upkeep.keep_to_standings(desk.catalog, actor="steward")
    after = endpoints.desired(desk.catalog)[0]
    assert f"{desk.version.id} no longer has the signatures it needs and will not answer until {second}" in said
    assert (after.version, after.mode) == (second, EndpointMode.MODEL)
    assert before.safe_from < after.safe_from == after.generation
    assert upkeep.keep_to_standings(desk.catalog, actor="steward") == ()


def test_older_version_that_the_next_has_replaced_concerns_nobody(desk: Desk) -> None:
    with_successor(desk)
    endpoints.observe(desk.catalog, name=SLUG, generation=2, port=1, pid=2, is_ready=True)
    desk.pass_days(200)
    assert upkeep.keep_to_standings(desk.catalog, actor="steward") == ()
