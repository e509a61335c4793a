"""Bearing a risk on the command line: the validator's code and that of whoever bears it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.services.people.identity import Identity
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, VERA, VIKTOR, code_of
from tests.fakes.clock import SettableClock
from tests.flywheel.console.conftest import Cli


@pytest.fixture
def desk(catalog: Catalog, identity: Identity) -> Desk:
    """A version that waits, at this very time: commands go by the machine's clock."""
    clock = SettableClock(datetime.now(UTC) - timedelta(minutes=10))
    return make_desk(replace(catalog, clock=clock), identity, clock)


def now_code(desk: Desk, person: str) -> str:
    return code_of(desk.people[person], datetime.now(UTC))


def test_a_finding_that_is_not_there_is_called_by_its_name(cli: Cli, desk: Desk) -> None:
    told = cli("findings", "close", "nope", "--as", VERA, "--reason", "done", "--code", now_code(desk, VERA))
    assert (told.code, "there is no such finding; found 'nope'" in told.err) == (4, True)


def test_a_finding_is_borne_only_by_somebody_who_says_so(cli: Cli, desk: Desk) -> None:
    version, until = desk.version.id, (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    told = cli("findings", "open", version, "no income", "--as", VIKTOR, "--code", now_code(desk, VIKTOR), "--json")
    words = ("findings", "accept", told.json["id"], "--as", VERA, "--owner", BEN, "--until", until, "--reason", "few")
    refused = cli(*words, "--code", now_code(desk, VERA), "--owner-code", "000000")
    assert (refused.code, "code is wrong" in refused.err) == (3, True)
    assert [one["state"] for one in cli("findings", "list", version, "--json").json] == ["open"]
    borne = cli(*words, "--code", now_code(desk, VERA), "--owner-code", now_code(desk, BEN), "--json")
    assert (borne.code, borne.json["state"], borne.json["owner"]) == (0, "accepted", BEN)
