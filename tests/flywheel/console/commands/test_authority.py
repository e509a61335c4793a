"""Taking an approval back and lending a role, on the command line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.services.people.identity import Identity
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, IVAN, OWNER, VERA, code_of
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock
from tests.flywheel.console.conftest import Cli, LogIn


@pytest.fixture
def desk(catalog: Catalog, identity: Identity) -> Desk:
    """A version that waits, at this very time: commands go by the machine's clock."""
    clock = SettableClock(datetime.now(UTC) - timedelta(minutes=10))
    return make_desk(replace(catalog, clock=clock), identity, clock)


def now_code(desk: Desk, person: str) -> str:
    return code_of(desk.people[person], datetime.now(UTC))


def test_withdrawn_approval_is_asked_for_again(cli: Cli, desk: Desk) -> None:
    desk.sign(VERA)
    given = cli("withdraw", desk.version.id, "--as", VERA, "--reason", "new facts", "--code", now_code(desk, VERA))
    assert (given.code, "withdrawn" in given.out, "1 x validator" in given.out) == (0, True, True)


def test_an_endpoint_is_stopped_and_then_the_project_can_be_closed(cli: Cli, desk: Desk, log_in: LogIn) -> None:
    log_in(BEN)
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    refused = cli("close", SLUG, "--verdict", "done", "--as", BEN)
    assert (refused.code, f"`flywheel stop {SLUG} --as EMAIL`" in refused.err) == (3, True)
    stopped = cli("stop", SLUG, "--as", OWNER, "--reason", "enough", "--code", now_code(desk, OWNER))
    assert (stopped.code, "is stopped" in stopped.out) == (0, True)
    shown = cli("status").out
    assert ("stopped on purpose" in shown, "not ready" in shown) == (True, False)
    assert f"{SLUG}: nobody answers, stopped by {OWNER} (enough)" in shown
    closed = cli("close", SLUG, "--verdict", "done", "--as", BEN)
    assert (closed.code, "nothing of it starts, serves or is signed" in closed.out) == (0, True)


def test_role_is_lent_listed_and_taken_back(cli: Cli, desk: Desk) -> None:
    until = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    words = ("delegate", SLUG, "--as", VERA, "--to", IVAN)
    lent = cli(*words, "--until", until, "--reason", "holidays", "--code", now_code(desk, VERA))
    assert (lent.code, f"is delegated to {IVAN}" in lent.out) == (0, True)
    assert [(one["giver"], one["receiver"]) for one in cli("delegate", SLUG, "--json").json] == [(VERA, IVAN)]
    assert cli("delegate", SLUG, "--as", VERA, "--to", IVAN, "--end", "--code", "000000").code == 3
    assert cli("delegate", SLUG, "--as", VERA, "--to", IVAN).code == 2
    assert cli(*words, "--until", "soon", "--code", "1").code == 2


@pytest.mark.parametrize("until", ["soon", "9999-12-31"])
def test_a_last_day_without_a_day_after_it_is_refused_in_words(bare_cli: Cli, until: str) -> None:
    told = bare_cli("delegate", "churn", "--as", BEN, "--to", VERA, "--until", until, "--reason", "away")
    assert (told.code, "such as 2027-06-30" in told.err) == (2, True)
