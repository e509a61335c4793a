"""What is agreed in a project on the command line: shown part by part, signed as shown, found in inbox and status."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.services.people.identity import Identity
from tests.factories.agreeing import Table, calm, make_table
from tests.factories.people import BEN, IVAN, OWNER, code_of
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock
from tests.flywheel.console.conftest import Cli, Ran


@pytest.fixture
def table(cli: Cli, catalog: Catalog, identity: Identity, clock: SettableClock) -> Table:
    """A charter that waits for business and IT."""
    table = make_table(catalog, identity, clock, calm())
    table.ask(table.register())
    return table


def sign(cli: Cli, table: Table, person: str, *more: str, answer: str = "approve") -> Ran:
    code = code_of(table.people[person], datetime.now(UTC))
    return cli("sign", SLUG, "--as", person, "--answer", answer, "--code", code, *more)


def test_showing_names_the_digest_and_every_part(cli: Cli, table: Table) -> None:
    shown = cli("sign", SLUG, "--show")
    assert shown.code == 0
    asked = "now: waiting for 1 x business, 1 x it"
    for words in (str(table.now().digest), "Money", "decisions a year: 240,000", asked):
        assert words in shown.out


def test_two_people_sign_and_each_is_told_what_is_missing(cli: Cli, table: Table) -> None:
    assert "is recorded. What is agreed is waiting for 1 x it" in sign(cli, table, BEN).out
    assert sign(cli, table, IVAN, "--json").json["is_granted"]


def test_the_author_is_refused_with_the_reason(cli: Cli, table: Table) -> None:
    refused = sign(cli, table, OWNER)
    assert refused.code != 0
    assert "is an author of this charter" in refused.err


def test_another_digest_than_the_present_is_not_signed(cli: Cli, table: Table) -> None:
    refused = sign(cli, table, BEN, "--dossier", "sha256:" + "0" * 64)
    assert "the agreement has changed since it was shown" in refused.err


@pytest.mark.parametrize("more", [("--share", "0.5"), ("--feedback", "major"), ("--until", "2027-01-01")])
def test_what_only_a_version_can_be_approved_with_is_refused(cli: Cli, table: Table, more: tuple[str, ...]) -> None:
    assert "is signed whole" in sign(cli, table, BEN, *more).err


def test_inbox_and_status_name_who_is_waited_for(cli: Cli, table: Table) -> None:
    assert [one["version"] for one in cli("inbox", "--as", IVAN, "--json").json] == [SLUG]
    status = cli("status").out
    assert f"1 x business on {SLUG}: {BEN} or carla@" in status
    assert f"1 x it on {SLUG}: igor@bank.example or {IVAN}" in status
