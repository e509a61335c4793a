"""People on the command line: the first begins, others redeem their invitation; nothing secret is ever listed."""

from __future__ import annotations

from datetime import UTC, datetime

import pyotp
import pytest

from flywheel.catalog.engine import Catalog
from flywheel.console.commands.people import roles_from
from flywheel.domain.signoffs import Role
from flywheel.errors import InputRefused
from flywheel.services.people import people
from tests.factories.people import ADMIN, VERA
from tests.factories.projects import SLUG, registered
from tests.flywheel.console.conftest import Cli


def begun(cli: Cli) -> str:
    """An installation that its administrator began; gives the code of this moment."""
    made = cli("people", "begin", ADMIN, "--name", "Admin", "--json")
    assert made.code == 0, made.err
    return pyotp.TOTP(made.json["secret"]).at(datetime.now(UTC))


def test_the_invited_see_their_secret_themselves_and_act_by_it(cli: Cli, catalog: Catalog) -> None:
    code = begun(cli)
    words = ("people", "invite", "Vera@bank.example", "--name", "Vera", "--role", "churn:validator", "--code", code)
    invited = cli(*words, "--json")
    assert set(invited.json) == {"person", "token", "until_at"}
    made = cli("people", "redeem", VERA, "--invitation", invited.json["token"], "--json").json
    assert (made["person"], len(made["recovery_codes"])) == (VERA, 8)
    assert people.roles(catalog, person=VERA, project="churn") == {Role.VALIDATOR}
    logged = cli("login", VERA, "--code", pyotp.TOTP(made["secret"]).at(datetime.now(UTC)))
    assert (logged.code, cli("whoami").out.strip()) == (0, VERA)
    for listed in (cli("people", "list"), cli("people", "list", "--json"), cli("events", "list", "--json")):
        assert all(secret not in listed.out for secret in (made["secret"], invited.json["token"]))
    renewed = cli("people", "reset", VERA, "--recovery-code", made["recovery_codes"][0], "--json")
    assert renewed.json["secret"] != made["secret"]
    assert cli("notes", "list", "churn").code == 4
    assert "has expired" in cli("logout").err, "a reset ends every session"
    assert "nobody is logged in" in cli("whoami").out


def test_a_role_in_a_project_that_nobody_registered_is_told(cli: Cli, catalog: Catalog) -> None:
    registered(catalog)
    words = ("people", "invite", VERA, "--name", "Vera", "--role", f"{SLUG}:it", "--role", "chrun:it", "--code")
    invited = cli(*words, begun(cli))
    assert "not registered yet: chrun; the role counts once it is" in invited.err
    assert SLUG not in invited.err


def test_list_says_who_can_sign(cli: Cli) -> None:
    cli("people", "invite", VERA, "--name", "Vera", "--role", "churn:it", "--code", begun(cli))
    vera = cli("people", "list", "--json").json[1]
    assert vera == {"person": VERA, "name": "Vera", "roles": {"churn": ["it"]}, "has_secret": False} | {
        "signs": ["churn"],
        "author_of": [],
    }
    assert "not enrolled yet" in cli("people", "list").out


def test_an_installation_begins_once(cli: Cli) -> None:
    begun(cli)
    assert cli("people", "begin", "eve@bank.example", "--name", "Eve").code == 3


def test_address_that_is_none_is_refused(cli: Cli) -> None:
    assert cli("people", "begin", "vera", "--name", "Vera").code == 2


@pytest.mark.parametrize("entry", ["validator", "churn:boss", ":validator", "churn:"])
def test_role_that_cannot_be_read_is_refused(entry: str) -> None:
    with pytest.raises(InputRefused):
        roles_from([entry])


def test_roles_of_one_project_are_gathered() -> None:
    assert roles_from(["a:it", "a:legal", "*:admin"]) == {"a": {Role.IT, Role.LEGAL}, "*": {Role.ADMIN}}
