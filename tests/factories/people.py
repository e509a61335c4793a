"""People for tests: stakeholders who are enrolled, the codes that their authenticators show, and their sessions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

import pyotp

from flywheel.catalog.engine import Catalog
from flywheel.catalog.incident import IncidentRecord
from flywheel.domain.signoffs import Role
from flywheel.services.incidents import incidents
from flywheel.services.people import people
from flywheel.services.people.enrolment import Enrolment, How, enrol_in
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.people.sessions import open_in

OWNER, BEN, VERA, VIKTOR, IVAN = (f"{name}@bank.example" for name in ("ana", "ben", "vera", "viktor", "ivan"))
ADMIN = "admin@bank.example"
STAKEHOLDERS: Mapping[str, list[str]] = {"business": [BEN], "validator": [VERA, VIKTOR], "it": [IVAN]}
VALIDATORS = frozenset({VERA, VIKTOR})


def enrol(catalog: Catalog, identity: Identity, *persons: str, project: str = "card-default") -> dict[str, Enrolment]:
    """Give people their secrets; their roles come from the charter, those of validators from an administrator."""
    granted: Mapping[str, set[Role]] = {project: {Role.VALIDATOR}}
    return {
        person: enrolled(catalog, identity, person, roles=granted if person in VALIDATORS else {}) for person in persons
    }


def enrolled(
    catalog: Catalog, identity: Identity, person: str, *, roles: Mapping[str, set[Role]] | None = None
) -> Enrolment:
    """A person with a secret and roles, as an invitation and its redeeming leave them."""
    with catalog.begin() as work:
        made = enrol_in(work, identity, person=person, name=person.partition("@")[0], how=How.INVITATION)
        if roles:
            people.grant_in(work, person=person, roles=roles, actor=ADMIN, is_founding=True)
    return made


def code_of(enrolment: Enrolment, at: datetime) -> str:
    """What the person's authenticator shows at a time."""
    return pyotp.TOTP(enrolment.secret).at(at)


def logged_in(catalog: Catalog, identity: Identity, person: str, *, key: str = "") -> Proof:
    """What a person shows who is logged in; enrolled first if need be."""
    known = people.find(catalog, person=person)
    if known is None or known.enrolled_at is None:
        enrol(catalog, identity, person)
    with catalog.begin() as work:
        session = open_in(work, identity, person=person, channel="test")
    return Proof(identity, person, "", "test", key or str(uuid.uuid4()), session.token)


def resolved(catalog: Catalog, *, incident: str, resolution: str, actor: str) -> IncidentRecord:
    """An incident that somebody has ended, whoever was asked for a proof."""
    with catalog.begin() as work:
        return incidents.resolve_in(work, incident=incident, resolution=resolution, actor=actor)


def acknowledged(catalog: Catalog, *, incident: str, actor: str) -> IncidentRecord:
    """An incident that somebody has taken up, whoever was asked for a proof."""
    with catalog.begin() as work:
        return incidents.acknowledge_in(work, incident=incident, actor=actor)
