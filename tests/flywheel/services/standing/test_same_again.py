"""Same again: signatures stand where a walk ends with the very model that serves, and nothing signed has changed."""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.services.modelling import versions
from flywheel.services.people.identity import Identity
from flywheel.services.serving import releases
from flywheel.services.standing import same_again
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, IVAN, VERA
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that waits for signatures."""
    return make_desk(catalog, identity, clock)


def released(desk: Desk) -> Desk:
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    return desk


def stands(desk: Desk, *, charter: str = "") -> str:
    digest = charter or versions.get_version(desk.catalog, version=desk.version.id).project_digest
    return same_again.stands_already(desk.catalog, version=desk.version.id, project_digest=digest)


def test_what_serves_with_its_signatures_stands(desk: Desk) -> None:
    assert stands(released(desk)) == desk.dossier


def test_what_never_served_does_not_stand(desk: Desk) -> None:
    assert stands(desk) == ""


def test_another_charter_is_asked_of_people(desk: Desk) -> None:
    assert stands(released(desk), charter="sha256:other") == ""


def test_an_author_who_came_since_is_asked_of_people(desk: Desk) -> None:
    known = versions.get_version(released(desk).catalog, version=desk.version.id)
    versions.resubmit_version(
        desk.catalog, version=known.id, project_digest=known.project_digest, authors=(IVAN,), actor=IVAN
    )
    assert stands(desk) == ""


def test_what_was_stopped_does_not_stand(desk: Desk) -> None:
    releases.stop(released(desk).catalog, project=SLUG, reason="enough", incident=None, actor="steward")
    assert stands(desk) == ""


def test_what_lost_a_signature_does_not_stand(desk: Desk) -> None:
    released(desk).withdraw(VERA)
    assert stands(desk) == ""
