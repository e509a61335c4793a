"""People, and the roles they hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Projection
from flywheel.catalog.credential import PersonSecretRow
from flywheel.catalog.shelf import Shelf, get_one
from flywheel.domain.authority import GIVEN_BY_OTHERS
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.people import PersonEnrolled, PersonInvited, RoleGranted
from flywheel.domain.payloads.walk import CharterSubmitted
from flywheel.domain.signoffs import Role

EVERYWHERE = "*"
"""Stands for every project in a grant."""

FROM_CHARTER, FROM_ADMIN = "charter", "admin"
_JUDGING = tuple(role.value for role in sorted(GIVEN_BY_OTHERS))


class PersonRow(Base):
    """Somebody who may act; the id is the e-mail address in lower case."""

    __tablename__ = "person"

    person: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    added_at: Mapped[datetime]
    enrolled_at: Mapped[datetime | None]
    """When the secret came that the person holds now; nothing as long as an invitation waits."""


class RoleGrantRow(Base):
    """A role of a person in a project, and where that was said."""

    __tablename__ = "role_grant"

    person: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str] = mapped_column(primary_key=True, index=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)


@dataclass(frozen=True)
class Person:
    """Somebody who may act."""

    person: str
    name: str
    enrolled_at: datetime | None


@dataclass(frozen=True)
class Holder:
    """Somebody who may act, or whom a charter names, with the roles held in each project."""

    person: str
    name: str
    roles: Mapping[str, tuple[Role, ...]]
    has_secret: bool
    enrolled_at: datetime | None
    """When the secret came that the person holds now."""


def find_person(session: Session, person: str) -> Person | None:
    """Look a person up by e-mail."""
    row = session.get(PersonRow, person)
    return Person(row.person, row.name, row.enrolled_at) if row else None


def roles_of(session: Session, *, person: str, project: str) -> frozenset[Role]:
    """Name the roles that a person holds in a project."""
    wanted = and_(RoleGrantRow.person == person, RoleGrantRow.project.in_((project, EVERYWHERE)), _is_held())
    return frozenset(Role(role) for role in session.scalars(select(RoleGrantRow.role).where(wanted)))


def places_of(session: Session, person: str) -> frozenset[str]:
    """Name the projects in which a person holds a role, or may be made to: a charter's word counts here."""
    return frozenset(session.scalars(select(RoleGrantRow.project).where(RoleGrantRow.person == person)))


def read_people(session: Session) -> tuple[Holder, ...]:
    """List everybody who was added or holds a role, by e-mail."""
    known = {row.person: row for row in session.scalars(select(PersonRow))}
    secrets = set(session.scalars(select(PersonSecretRow.person)))
    roles: dict[str, dict[str, set[Role]]] = {person: {} for person in known}
    for row in session.scalars(select(RoleGrantRow).where(_is_held())):
        roles.setdefault(row.person, {}).setdefault(row.project, set()).add(Role(row.role))
    return tuple(
        Holder(
            person,
            known[person].name if person in known else "",
            {project: tuple(sorted(held)) for project, held in sorted(roles[person].items())},
            person in secrets,
            known[person].enrolled_at if person in known and person in secrets else None,
        )
        for person in sorted(roles)
    )


def holders_of(session: Session, *, project: str, role: Role) -> tuple[str, ...]:
    """Name the people who hold a role in a project."""
    query = select(RoleGrantRow.person).where(
        RoleGrantRow.role == role.value, RoleGrantRow.project.in_((project, EVERYWHERE)), _is_held()
    )
    return tuple(sorted(set(session.scalars(query))))


def is_judged_by_others(session: Session, *, than: Collection[str]) -> bool:
    """Whether anybody else was given a role that judges others, wherever."""
    given = and_(RoleGrantRow.source == FROM_ADMIN, RoleGrantRow.role.in_(_JUDGING), RoleGrantRow.person.not_in(than))
    return session.scalar(select(RoleGrantRow.person).where(given).limit(1)) is not None


def _is_held() -> ColumnElement[bool]:
    """A role that judges others is held by an administrator's word alone; a charter only names who should."""
    return or_(RoleGrantRow.source == FROM_ADMIN, RoleGrantRow.role.not_in(_JUDGING))


def _invite(shelf: Shelf, event: Event, said: PersonInvited | PersonEnrolled) -> None:
    row = shelf.get(PersonRow, event.subject_id)
    if row is None:
        shelf.add(PersonRow(person=event.subject_id, name=said.name, added_at=event.happened_at, enrolled_at=None))
    else:
        row.name = said.name


def _enrol(shelf: Shelf, event: Event, said: PersonEnrolled) -> None:
    _invite(shelf, event, said)
    get_one(shelf, PersonRow, event.subject_id).enrolled_at = event.happened_at


def _grant_role(shelf: Shelf, event: Event, said: RoleGranted) -> None:
    for project, roles in said.roles.items():
        for role in roles:
            _grant(shelf, person=event.subject_id, project=project, role=role, source=FROM_ADMIN)


def _grant_stakeholders(shelf: Shelf, event: Event, said: CharterSubmitted) -> None:
    shelf.remove(RoleGrantRow, project=event.subject_id, source=FROM_CHARTER)
    for role, people in said.stakeholders.items():
        for person in people:
            _grant(shelf, person=person, project=event.subject_id, role=role, source=FROM_CHARTER)


def _grant(shelf: Shelf, *, person: str, project: str, role: Role, source: str) -> None:
    shelf.put(RoleGrantRow(person=person, project=project, role=role.value, source=source))


PROJECTIONS: dict[Verb, Projection] = {
    Verb.PERSON_INVITED: _invite,
    Verb.PERSON_ENROLLED: _enrol,
    Verb.ROLE_GRANTED: _grant_role,
    Verb.CHARTER_SUBMITTED: _grant_stakeholders,
}
