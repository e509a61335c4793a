"""A model from elsewhere on the command line: taken in and walking, or refused in one line with nothing begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import CycleKind
from flywheel.services.people.identity import Identity
from flywheel.services.record.record import list_events
from flywheel.services.walk.projects import get_project
from tests.factories.examinations import POLICY
from tests.factories.examples import Ground, card_default
from tests.factories.external import hand_over
from tests.factories.people import OWNER, enrolled
from tests.factories.projects import submitted
from tests.flywheel.console.conftest import Cli, LogIn

SLUG, BRINGER = "card-default", "bea@bank.example"


@pytest.fixture
def ground(catalog: Catalog, tmp_path: Path) -> Ground:
    """The bank's project, registered."""
    made = card_default(tmp_path / "bank", rows=600)
    submitted(catalog, project=made.project, policy=POLICY, actor=OWNER)
    return made


@pytest.fixture(autouse=True)
def bringer(ground: Ground, catalog: Catalog, identity: Identity, log_in: LogIn) -> None:
    """Who brings it: somebody with a role in the project, logged in."""
    enrolled(catalog, identity, BRINGER, roles={SLUG: {Role.IT}})
    log_in(BRINGER)


@pytest.fixture
def signature(ground: Ground, tmp_path: Path) -> Path:
    return hand_over("xgboost", tmp_path / "maker", ground.artifacts.get_frame(ground.prepared().digest))


def kind_of_walk(catalog: Catalog) -> CycleKind:
    return get_project(catalog, project=SLUG).cycle_kind


def test_a_model_is_received_and_its_walk_begins(cli: Cli, catalog: Catalog, signature: Path) -> None:
    told = cli("register-external", SLUG, str(signature), "--as", BRINGER)
    assert (told.code, "it answers all 12 golden rows within" in told.out) == (0, True)
    assert kind_of_walk(catalog) is CycleKind.EXTERNAL


def test_the_same_key_begins_one_walk(cli: Cli, catalog: Catalog, signature: Path) -> None:
    words = ("register-external", SLUG, str(signature), "--as", BRINGER, "--key", "one", "--json")
    first, second = cli(*words), cli(*words)
    assert first.json == second.json
    begun = [one for one in list_events(catalog, limit=100) if one.verb is Verb.CYCLE_STARTED]
    assert len(begun) == 1


def test_a_model_that_is_not_what_was_signed_begins_nothing(cli: Cli, catalog: Catalog, signature: Path) -> None:
    (signature.parent / "score.json").write_bytes(b"\x80\x04K\x01.")
    refused = cli("register-external", SLUG, str(signature), "--as", BRINGER)
    assert (refused.code, "pickle under another name" in refused.err, refused.out) == (2, True, "")
    assert kind_of_walk(catalog) is CycleKind.LIFECYCLE


def test_a_bringer_is_a_person(cli: Cli, signature: Path) -> None:
    refused = cli("register-external", SLUG, str(signature), "--as", "the robot", "--code", "000000")
    assert (refused.code, "not known here" in refused.err) == (3, True)
