"""`flywheel reproduce`: what it found, whose event it is, and an exit code that a script can read."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog
from flywheel.services.again.reproductions import reproduction_of
from tests.factories.people import VERA
from tests.factories.projects import registered
from tests.factories.versions import registered_version
from tests.flywheel.console.conftest import Cli, LogIn


def test_what_cannot_be_made_again_is_recorded_named_and_an_exit_code(
    cli: Cli, catalog: Catalog, log_in: LogIn
) -> None:
    registered(catalog)
    log_in(VERA)
    version = registered_version(catalog)
    ran = cli("reproduce", version.id, "--as", VERA, "--json")
    assert ran.code == 3
    assert (ran.json["state"], ran.json["first_differing_stage"]) == ("failed", "ingest")
    found = reproduction_of(catalog, version=version.id)
    assert found is not None
    assert found.made_by == VERA


def test_a_dry_run_records_nothing(cli: Cli, catalog: Catalog) -> None:
    registered(catalog)
    version = registered_version(catalog)
    ran = cli("reproduce", version.id, "--dry-run")
    assert (ran.code, "Not reproduced" in ran.out) == (3, True)
    assert reproduction_of(catalog, version=version.id) is None


def test_a_version_that_is_not_there_is_not_found(cli: Cli) -> None:
    ran = cli("reproduce", "none:1")
    assert (ran.code, "no such version" in ran.err) == (4, True)
