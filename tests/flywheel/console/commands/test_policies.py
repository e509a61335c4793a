"""Policies on the command line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from flywheel.catalog.engine import Catalog, utc_now
from flywheel.services.people.identity import Identity
from flywheel.services.terms import policies
from tests.factories.people import BEN, OWNER, code_of, enrol
from tests.factories.projects import make_policy, registered
from tests.flywheel.console.conftest import Cli


def test_what_is_in_force_and_what_waits_is_listed_and_decided(cli: Cli, catalog: Catalog, identity: Identity) -> None:
    registered(catalog)
    people = enrol(catalog, identity, OWNER, BEN)
    now = datetime.now(UTC)
    weaker = make_policy(warned_opens=True)
    live = replace(catalog, clock=utc_now)
    change = policies.propose_change(
        live,
        identity=identity,
        policy=weaker,
        person=OWNER,
        reason="too slow",
        code=code_of(people[OWNER], now),
        channel="test",
        key="k",
    )
    listed = cli("policy", "list")
    assert make_policy().digest in listed.out
    assert "waiting: high" in listed.out
    assert "a warning opens a gate" in listed.out
    code = code_of(people[BEN], datetime.now(UTC))
    refused = cli("policy", "sign", change.digest, "--as", BEN, "--code", code)
    assert (refused.code, "neither validator nor administrator of all projects" in refused.err) == (3, True)


def test_proposal_that_asks_for_no_less_is_refused(cli: Cli, catalog: Catalog, identity: Identity) -> None:
    people = enrol(catalog, identity, OWNER)
    code = code_of(people[OWNER], datetime.now(UTC))
    refused = cli("policy", "propose", "low", "--as", OWNER, "--reason", "x", "--code", code)
    assert (refused.code, "needs no sign-off" in refused.err) == (3, True)
