"""People, the roles they hold, and the secrets of their one-time codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import LargeBinary, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Projection
from flywheel.domain.events import Event, Verb
from flywheel.domain.signoffs import Role

EVERYWHERE = "*"
"""Stands for every project in a grant."""

FROM_CHARTER, FROM_ADMIN = "charter", "admin"


class PersonRow(Base):
    """Somebody who may act; the id is the e-mail address in lower case."""

    __tablename__ = "person"

    person: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    added_at: Mapped[datetime]


class RoleGrantRow(Base):
    """A role of a person in a project, and where that was said."""

    __tablename__ = "role_grant"

    person: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str] = mapped_column(primary_key=True, index=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)


class PersonSecretRow(Base):
    """The encrypted secret behind a person's codes; not part of the event log, and never shown."""

    __tablename__ = "person_secret"

    person: Mapped[str] = mapped_column(primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary())
    last_step: Mapped[int]
    wrong_codes: Mapped[int]
    locked_until_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Person:
    """Somebody who may act."""

    person: str
    name: str


@dataclass(frozen=True)
class Holder:
    """Somebody who may act, or whom a charter names, with the roles held in each project."""

    person: str
    name: str
    roles: Mapping[str, tuple[Role, ...]]
    has_secret: bool


def find_person(session: Session, person: str) -> Person | None:
    """Look a person up by e-mail."""
    row = session.get(PersonRow, person)
    return Person(row.person, row.name) if row else None


def roles_of(session: Session, *, person: str, project: str) -> frozenset[Role]:
    """Name the roles that a person holds in a project."""
    roles = session.scalars(
        select(RoleGrantRow.role).where(RoleGrantRow.person == person, RoleGrantRow.project.in_((project, EVERYWHERE)))
    )
    return frozenset(Role(role) for role in roles)


def read_people(session: Session) -> tuple[Holder, ...]:
    """List everybody who was added or holds a role, by e-mail."""
    names = {row.person: row.name for row in session.scalars(select(PersonRow))}
    secrets = set(session.scalars(select(PersonSecretRow.person)))
    roles: dict[str, dict[str, set[Role]]] = {person: {} for person in names}
    for row in session.scalars(select(RoleGrantRow)):
        roles.setdefault(row.person, {}).setdefault(row.project, set()).add(Role(row.role))
    return tuple(
        Holder(
            person,
            names.get(person, ""),
            {project: tuple(sorted(held)) for project, held in sorted(roles[person].items())},
            person in secrets,
        )
        for person in sorted(roles)
    )


def holders_of(session: Session, *, project: str, role: Role) -> tuple[str, ...]:
    """Name the people who hold a role in a project."""
    query = select(RoleGrantRow.person).where(
        RoleGrantRow.role == role.value, RoleGrantRow.project.in_((project, EVERYWHERE))
    )
    return tuple(sorted(set(session.scalars(query))))


def _add_person(session: Session, event: Event) -> None:
    name = str(event.payload["name"])
    row = session.get(PersonRow, event.subject_id)
    if row is None:
        session.add(PersonRow(person=event.subject_id, name=name, added_at=event.happened_at))
    else:
        row.name = name


def _grant_role(session: Session, event: Event) -> None:
    for project, roles in _lists(event.payload["roles"]):
        for role in roles:
            _grant(session, person=event.subject_id, project=project, role=role, source=FROM_ADMIN)


def _grant_stakeholders(session: Session, event: Event) -> None:
    session.execute(
        delete(RoleGrantRow).where(RoleGrantRow.project == event.subject_id, RoleGrantRow.source == FROM_CHARTER)
    )
    for role, people in _lists(event.payload["stakeholders"]):
        for person in people:
            _grant(session, person=person, project=event.subject_id, role=role, source=FROM_CHARTER)


def _grant(session: Session, *, person: str, project: str, role: str, source: str) -> None:
    session.merge(RoleGrantRow(person=person, project=project, role=role, source=source))


def _lists(value: object) -> list[tuple[str, list[str]]]:
    assert isinstance(value, dict)
    return [(key, sorted(items)) for key, items in sorted(value.items())]


PROJECTIONS: dict[Verb, Projection] = {
    Verb.PERSON_ADDED: _add_person,
    Verb.ROLE_GRANTED: _grant_role,
    Verb.CHARTER_SUBMITTED: _grant_stakeholders,
}
