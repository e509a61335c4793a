"""`flywheel mend`: what is whole is left alone, and what was never released is named."""

from __future__ import annotations

import pytest

from flywheel.adapters.bentoml import PACKAGE
from flywheel.catalog.engine import Catalog
from flywheel.project.manifest import write_manifest
from flywheel.services.people.identity import Identity
from flywheel.services.record.sealing import Seal
from flywheel.settings import Settings
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA
from tests.factories.projects import SLUG, registered
from tests.factories.versions import judged
from tests.fakes.clock import SettableClock
from tests.flywheel.console.conftest import Cli, LogIn


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock, settings: Settings) -> Desk:
    """A version in production, with a whole package."""
    made = make_desk(catalog, identity, clock)
    path = settings.data_root / "packages" / SLUG
    path.mkdir(parents=True)
    (path / "model.json").write_text("{}")
    digest = write_manifest(path, kind=PACKAGE, about={}, signer=Seal.of(settings))
    made.sign(BEN)
    made.sign(VERA)
    judged(catalog, made.version, key="package", package=digest)
    made.release({"path": str(path), "digest": digest, "tag": "x"})
    return made


def test_a_package_that_is_whole_is_left_alone(cli: Cli, desk: Desk, log_in: LogIn) -> None:
    log_in(OWNER)
    ran = cli("mend", SLUG, "--as", OWNER, "--json")
    assert (ran.code, ran.json["version"], ran.json["aside"], ran.json["resolved"]) == (0, desk.version.id, "", [])


def test_a_project_that_was_never_released_is_not_found(cli: Cli, catalog: Catalog, log_in: LogIn) -> None:
    registered(catalog)
    log_in(OWNER)
    ran = cli("mend", SLUG, "--as", OWNER)
    assert (ran.code, "was ever released" in ran.err) == (4, True)
