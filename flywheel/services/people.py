"""People: added with their roles, and given a secret for their authenticator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.dialects.postgresql import insert

from flywheel.catalog.engine import Catalog
from flywheel.catalog.person import EVERYWHERE, Person, PersonSecretRow, find_person, roles_of
from flywheel.domain.digests import Json, plain
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.signoffs import Role
from flywheel.errors import InputRefused
from flywheel.services.identity import Identity, enrolment_uri, new_secret

__all__ = ["EVERYWHERE", "Enrolment", "Identity", "Person", "add_person", "find", "roles"]

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")


@dataclass(frozen=True)
class Enrolment:
    """What a person needs to set up an authenticator; shown once."""

    person: str
    secret: str = field(repr=False)
    uri: str = field(repr=False)


def add_person(
    catalog: Catalog, *, identity: Identity, person: str, name: str, roles: Mapping[str, set[Role]], actor: str
) -> Enrolment:
    """Add a person, or give a known one more roles and a new secret in place of the old."""
    who = person.strip().casefold()
    if not _EMAIL.fullmatch(who):
        raise InputRefused("this is not an e-mail address", found=person)
    secret = new_secret()
    with catalog.begin() as work:
        values = {"secret": identity.cipher.encrypt(secret.encode()), "last_step": 0, "wrong_codes": 0}
        work.session.execute(
            insert(PersonSecretRow)
            .values(person=who, locked_until_at=None, **values)
            .on_conflict_do_update(index_elements=["person"], set_=values | {"locked_until_at": None})
        )
        work.append(Draft(Verb.PERSON_ADDED, actor, SubjectKind.PERSON, who, "", {"name": name.strip() or who}))
        if roles:
            granted: dict[str, Json] = {"roles": plain({place: sorted(held) for place, held in roles.items()})}
            work.append(Draft(Verb.ROLE_GRANTED, actor, SubjectKind.PERSON, who, "", granted))
    return Enrolment(who, secret, enrolment_uri(identity, person=who, secret=secret))


def find(catalog: Catalog, *, person: str) -> Person | None:
    """Look a person up."""
    with catalog.begin() as work:
        return find_person(work.session, person.strip().casefold())


def roles(catalog: Catalog, *, person: str, project: str) -> frozenset[Role]:
    """Name the roles that a person holds in a project."""
    with catalog.begin() as work:
        return roles_of(work.session, person=person.strip().casefold(), project=project)
