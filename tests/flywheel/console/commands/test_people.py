"""People on the command line: added once with their secret, listed without it."""

from __future__ import annotations

from datetime import UTC, datetime

import pyotp
import pytest

from flywheel.catalog.engine import Catalog
from flywheel.console.commands.people import roles_from
from flywheel.domain.signoffs import Role
from flywheel.errors import InputRefused
from flywheel.services import people
from tests.flywheel.console.conftest import Cli


def test_added_person_gets_a_working_secret_and_roles(cli: Cli, catalog: Catalog) -> None:
    words = ("people", "add", "Vera@bank.example", "--name", "Vera", "--role", "churn:validator", "--role", "*:admin")
    made = cli(*words, "--json").json
    assert made["person"] == "vera@bank.example"
    assert len(pyotp.TOTP(made["secret"]).at(datetime.now(UTC))) == 6
    assert people.roles(catalog, person="vera@bank.example", project="churn") == {Role.VALIDATOR, Role.ADMIN}


def test_secret_is_shown_once_and_never_listed(cli: Cli) -> None:
    secret = cli("people", "add", "vera@bank.example", "--name", "Vera", "--json").json["secret"]
    assert secret not in cli("people", "list").out
    assert secret not in cli("people", "list", "--json").out
    assert secret not in cli("events", "list", "--json").out


def test_list_says_who_can_sign(cli: Cli) -> None:
    cli("people", "add", "vera@bank.example", "--name", "Vera", "--role", "churn:validator")
    listed = cli("people", "list", "--json").json
    assert listed == [
        {"person": "vera@bank.example", "name": "Vera", "roles": {"churn": ["validator"]}, "has_secret": True}
    ]


def test_address_that_is_none_is_refused(cli: Cli) -> None:
    assert cli("people", "add", "vera", "--name", "Vera").code == 2


@pytest.mark.parametrize("entry", ["validator", "churn:boss", ":validator", "churn:"])
def test_role_that_cannot_be_read_is_refused(entry: str) -> None:
    with pytest.raises(InputRefused):
        roles_from([entry])


def test_roles_of_one_project_are_gathered() -> None:
    assert roles_from(["a:it", "a:legal", "*:admin"]) == {"a": {Role.IT, Role.LEGAL}, "*": {Role.ADMIN}}
