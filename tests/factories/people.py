"""People for tests: stakeholders who are enrolled, and the codes that their authenticators show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pyotp

from flywheel.catalog.engine import Catalog
from flywheel.services.identity import Identity
from flywheel.services.people import Enrolment, add_person

OWNER, BEN, VERA, VIKTOR, IVAN = (f"{name}@bank.example" for name in ("ana", "ben", "vera", "viktor", "ivan"))
STAKEHOLDERS: Mapping[str, list[str]] = {"business": [BEN], "validator": [VERA, VIKTOR], "it": [IVAN]}


def enrol(catalog: Catalog, identity: Identity, *people: str) -> dict[str, Enrolment]:
    """Give people their secrets; their roles come from the charter."""
    return {
        person: add_person(catalog, identity=identity, person=person, name="", roles={}, actor="admin@bank.example")
        for person in people
    }


def code_of(enrolment: Enrolment, at: datetime) -> str:
    """What the person's authenticator shows at a time."""
    return pyotp.TOTP(enrolment.secret).at(at)
