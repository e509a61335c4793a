"""Waivers on the command line: granted by a validator and borne by somebody, listed, ended, and refused in one line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.gates import Verdict
from flywheel.services.people.identity import Identity
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, VERA, code_of
from tests.factories.projects import SLUG
from tests.factories.versions import CODES, judged
from tests.fakes.clock import SettableClock
from tests.flywheel.console.conftest import Cli

GATE = CODES[1]
UNTIL = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()


@pytest.fixture
def desk(catalog: Catalog, identity: Identity) -> Desk:
    """A version of which one gate failed, at this very time: commands go by the machine's clock."""
    clock = SettableClock(datetime.now(UTC) - timedelta(minutes=10))
    made = make_desk(replace(catalog, clock=clock), identity, clock)
    judged(made.catalog, made.version, verdict=Verdict.FAILED, codes=(GATE,), key="failed")
    return made


def now_code(desk: Desk, person: str, later: int = 0) -> str:
    return code_of(desk.people[person], datetime.now(UTC) + timedelta(seconds=later))


def granting(desk: Desk, *more: str) -> tuple[str, ...]:
    words = ("waivers", "grant", desk.version.id, "--as", VERA, "--gate", GATE, "--owner", BEN, "--until", UNTIL)
    return (*words, "--reason", "known, and small", *more)


def test_a_waiver_is_granted_listed_and_ended(cli: Cli, desk: Desk) -> None:
    codes = ("--code", now_code(desk, VERA), "--owner-code", now_code(desk, BEN))
    made = cli(*granting(desk, *codes, "--json"))
    assert made.code == 0, made.err
    assert (made.code, made.json["subject_id"]) == (0, desk.version.id)
    assert "holds" in cli("waivers", "list", SLUG).out
    ending = ("waivers", "end", made.json["id"], "--as", VERA, "--reason", "no longer small")
    ended = cli(*ending, "--code", now_code(desk, VERA, later=30))
    assert (ended.code, f"ended by {VERA}" in ended.out) == (0, True)


def test_whoever_answers_for_it_says_so(cli: Cli, desk: Desk) -> None:
    refused = cli(*granting(desk, "--code", now_code(desk, VERA), "--owner-code", "000000"))
    assert (refused.code, "code is wrong" in refused.err) == (3, True)
    assert cli("waivers", "list", SLUG).out.strip() == "nothing is waived"


def test_a_day_that_is_none_is_refused_before_anybody_is_asked(cli: Cli, desk: Desk) -> None:
    words = ("waivers", "grant", desk.version.id, "--as", VERA, "--gate", GATE, "--owner", BEN, "--reason", "x")
    refused = cli(*words, "--until", "soon", "--code", "123456", "--owner-code", "123456")
    assert (refused.code, "soon" in refused.err) == (2, True)


def test_a_gate_that_is_never_waived_says_so(cli: Cli, desk: Desk) -> None:
    judged(desk.catalog, desk.version, verdict=Verdict.FAILED, codes=("PARITY-001",), key="parity")
    words = granting(desk, "--code", now_code(desk, VERA), "--owner-code", now_code(desk, BEN))
    refused = cli(*("PARITY-001" if word == GATE else word for word in words))
    assert (refused.code, "whether what serves is what was judged" in refused.err) == (3, True)
    assert "allowed: a finding of a gate that failed" in refused.err
