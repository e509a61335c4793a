"""People: enrolled with a secret of their own, which only the key can read."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from flywheel.catalog.engine import Catalog
from flywheel.domain.signoffs import Role
from flywheel.errors import InputRefused
from flywheel.services import people
from flywheel.services.identity import Identity
from flywheel.services.people import EVERYWHERE, add_person
from flywheel.settings import Settings
from tests.factories.people import VERA


def test_granted_roles_hold_everywhere_or_in_one_project(catalog: Catalog, identity: Identity) -> None:
    roles = {EVERYWHERE: {Role.VALIDATOR}, "card-default": {Role.LEGAL}}
    add_person(catalog, identity=identity, person=VERA, name="Vera", roles=roles, actor="admin")
    assert people.roles(catalog, person=VERA, project="card-default") == {Role.VALIDATOR, Role.LEGAL}
    assert people.roles(catalog, person=VERA, project="another") == {Role.VALIDATOR}


def test_secret_is_encrypted_and_in_no_event(catalog: Catalog, identity: Identity) -> None:
    enrolment = add_person(catalog, identity=identity, person=VERA, name="Vera", roles={}, actor="admin")
    with catalog.begin() as work:
        stored = work.session.scalar(text("SELECT secret FROM person_secret"))
        events = work.session.scalar(text("SELECT string_agg(payload::text, '') FROM event"))
    assert enrolment.secret.encode() not in stored
    assert enrolment.secret not in events
    assert enrolment.secret not in repr(enrolment)


def test_key_file_is_made_once_for_its_owner_only(settings: Settings) -> None:
    first, second = Identity.of(settings), Identity.of(settings)
    key = settings.data_root / "keys" / "identity.key"
    assert second.cipher.decrypt(first.cipher.encrypt(b"x")) == b"x"
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("person", ["", "vera", "a@b@c", "vera@bank.example\nx", "@bank.example"])
def test_only_addresses_are_enrolled(catalog: Catalog, identity: Identity, person: str) -> None:
    with pytest.raises(InputRefused, match="not an e-mail address"):
        add_person(catalog, identity=identity, person=person, name="", roles={}, actor="admin")
