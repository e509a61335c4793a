"""Restoring: what was taken back returns through the same door, asked for by a person who is proven."""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.errors import Refused
from flywheel.services.incidents import incidents
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.services.serving import releases
from flywheel.services.serving.endpoints import EndpointMode
from tests.factories.desk import Desk, make_desk, make_serving_desk
from tests.factories.people import OWNER, VERA, resolved
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock

STRANGER = "nobody@elsewhere.example"


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that serves."""
    return make_serving_desk(catalog, identity, clock)


def fall_back(desk: Desk) -> None:
    releases.fall_back(desk.catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")


def test_a_version_that_was_taken_back_serves_again(desk: Desk) -> None:
    fall_back(desk)
    restored = desk.restore(OWNER)
    assert (restored.version, restored.mode) == (desk.version.id, EndpointMode.MODEL)


def test_the_same_key_restores_once(desk: Desk) -> None:
    fall_back(desk)
    desk.restore(OWNER, key="one")
    fall_back(desk)
    assert desk.restore(OWNER, key="one").mode is EndpointMode.RULE


def test_an_approval_that_was_withdrawn_keeps_it_out(desk: Desk) -> None:
    desk.withdraw(VERA)
    for asked in incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True):
        resolved(desk.catalog, incident=asked.id, resolution="read", actor=OWNER)
    with pytest.raises(Refused, match="waiting for 1 x validator"):
        desk.restore(OWNER)


def test_a_wrong_code_restores_nothing_and_is_in_the_record(desk: Desk) -> None:
    fall_back(desk)
    with pytest.raises(Refused, match="code is wrong"):
        desk.restore(OWNER, code="000000")
    (last,) = record.list_events(desk.catalog, limit=1)
    assert (last.verb, last.payload["answer"]) == (Verb.SIGNOFF_REFUSED, "restore")


def test_nobody_without_a_role_restores(desk: Desk) -> None:
    fall_back(desk)
    with pytest.raises(Refused, match="not known here"):
        desk.restore(STRANGER, code="123456")


def test_what_never_served_is_not_restored(catalog: Catalog, identity: Identity, clock: SettableClock) -> None:
    with pytest.raises(Refused, match="never been released"):
        make_desk(catalog, identity, clock).restore(OWNER)


def test_what_was_not_taken_back_is_not_restored(desk: Desk) -> None:
    with pytest.raises(Refused, match="was not taken back; found 'released'"):
        desk.restore(OWNER)


def test_a_reason_is_given(desk: Desk) -> None:
    fall_back(desk)
    with pytest.raises(Refused, match="restoring a version needs a reason"):
        desk.restore(OWNER, reason=" ")
