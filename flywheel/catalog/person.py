"""People, and the roles they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Projection
from flywheel.catalog.credential import PersonSecretRow
from flywheel.catalog.shelf import Shelf, get_one
from flywheel.domain.authority import GIVEN_BY_OTHERS
from flywheel.domain.events import Event, Verb
from flywheel.domain.gifts import Gift, holding
from flywheel.domain.payloads.people import PersonEnrolled, PersonInvited, RoleGranted
from flywheel.domain.payloads.walk import CharterSubmitted
from flywheel.domain.signoffs import Role
from flywheel.errors import NotFound

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
    given_by: Mapped[str] = mapped_column(primary_key=True)
    is_founding: Mapped[bool]


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


def read_person(session: Session, person: str) -> Person:
    """Give a person who is known, or refuse with the one who is probably meant."""
    found = find_person(session, person)
    if found is None:
        close = get_close_matches(person, session.scalars(select(PersonRow.person)).all(), n=1)
        next_step = f"did you mean {close[0]}?" if close else f"`flywheel people invite {person} --name NAME`"
        raise NotFound("nobody of this address is known here", found=person, next_step=next_step)
    return found


def roles_of(session: Session, *, person: str, project: str, authors: Collection[str]) -> frozenset[Role]:
    """Name the roles that a person holds in a project; one that judges others must hold against these authors.

    Name no author where nobody is judged.
    """
    wanted = and_(RoleGrantRow.person == person, RoleGrantRow.project.in_((project, EVERYWHERE)), _is_held())
    held = frozenset(Role(role) for role in session.scalars(select(RoleGrantRow.role).where(wanted)))
    if not authors or not held & GIVEN_BY_OTHERS:
        return held
    holding_here = _holding(session, authors, places=(project, EVERYWHERE))
    return held - GIVEN_BY_OTHERS | {gift.role for gift in holding_here if gift.person == person}


def named_by_authors(session: Session, *, project: str, role: Role, authors: Collection[str]) -> frozenset[str]:
    """Name who holds a role that judges others in a project by these authors' word alone, so that it judges nothing."""
    places = (project, EVERYWHERE)
    named = {gift.person for gift in _gifts(session) if gift.role is role and gift.place in places}
    return frozenset(named - {gift.person for gift in _holding(session, authors, places=places) if gift.role is role})


def places_of(session: Session, person: str) -> frozenset[str]:
    """Name the projects in which a person holds a role, or may be made to: a charter's word counts here."""
    return frozenset(session.scalars(select(RoleGrantRow.project).where(RoleGrantRow.person == person)))


def read_people(session: Session, *, authors: Collection[str] = ()) -> tuple[Holder, ...]:
    """List everybody who was added or holds a role, by e-mail; one that judges others must hold against authors."""
    known = {row.person: row for row in session.scalars(select(PersonRow))}
    secrets = set(session.scalars(select(PersonSecretRow.person)))
    roles: dict[str, dict[str, set[Role]]] = {person: {} for person in known}
    held = {(gift.person, gift.place, gift.role) for gift in _holding(session, authors)}
    for row in session.scalars(select(RoleGrantRow).where(_is_held())):
        judges = Role(row.role) in GIVEN_BY_OTHERS
        if authors and judges and (row.person, row.project, Role(row.role)) not in held:
            roles.setdefault(row.person, {})
            continue
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


def holders_of(session: Session, *, project: str, role: Role, authors: Collection[str]) -> tuple[str, ...]:
    """Name the people who hold a role in a project; one that judges others must hold against these authors."""
    query = select(RoleGrantRow.person).where(
        RoleGrantRow.role == role.value, RoleGrantRow.project.in_((project, EVERYWHERE)), _is_held()
    )
    held = frozenset(session.scalars(query))
    if role in GIVEN_BY_OTHERS:
        held -= named_by_authors(session, project=project, role=role, authors=authors)
    return tuple(sorted(held))


def is_judged_by_others(session: Session, *, founder: str, judge: str) -> bool:
    """Whether anybody else, who has come to a secret, holds a role that judges the founder."""
    others = {gift.person for gift in _holding(session, {founder})} - {founder, judge}
    enrolled = select(PersonRow.person).where(PersonRow.person.in_(others), PersonRow.enrolled_at.is_not(None))
    return bool(others) and session.scalar(enrolled.limit(1)) is not None


def founders_guests(session: Session) -> frozenset[str]:
    """Name who holds the founder's one gift and has not redeemed the invitation to it: another's takes its place."""
    query = (
        select(RoleGrantRow.person)
        .join(PersonRow, PersonRow.person == RoleGrantRow.person)
        .where(RoleGrantRow.is_founding, PersonRow.enrolled_at.is_(None))
    )
    return frozenset(session.scalars(query))


def _gifts(session: Session) -> Iterator[Gift]:
    given = and_(RoleGrantRow.source == FROM_ADMIN, RoleGrantRow.role.in_(_JUDGING))
    for row in session.scalars(select(RoleGrantRow).where(given)):
        yield Gift(row.person, row.project, Role(row.role), row.given_by, row.is_founding)


def _holding(session: Session, authors: Collection[str], *, places: Collection[str] = ()) -> Iterator[Gift]:
    held = holding(_gifts(session), authors=authors)
    return (gift for gift in held if not places or gift.place in places)


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
    if said.is_founding:
        _free_the_founding_seat(shelf, event.subject_id)
    for project, roles in said.roles.items():
        for role in roles:
            key = (event.subject_id, project, role.value, FROM_ADMIN, event.actor)
            before = shelf.get(RoleGrantRow, *key)
            is_founding = said.is_founding or (before is not None and before.is_founding)
            shelf.put(_row(*key, is_founding=is_founding))


def _free_the_founding_seat(shelf: Shelf, guest: str) -> None:
    """Take back what the founder gave to somebody who never came."""
    for row in shelf.find(RoleGrantRow, is_founding=True):
        holder = shelf.get(PersonRow, row.person)
        if row.person != guest and (holder is None or holder.enrolled_at is None):
            shelf.remove(RoleGrantRow, person=row.person, is_founding=True)


def _grant_stakeholders(shelf: Shelf, event: Event, said: CharterSubmitted) -> None:
    shelf.remove(RoleGrantRow, project=event.subject_id, source=FROM_CHARTER)
    for role, people in said.stakeholders.items():
        for person in people:
            shelf.put(_row(person, event.subject_id, role.value, FROM_CHARTER, event.actor))


def _row(person: str, project: str, role: str, source: str, giver: str, *, is_founding: bool = False) -> RoleGrantRow:
    return RoleGrantRow(
        person=person, project=project, role=role, source=source, given_by=giver, is_founding=is_founding
    )


PROJECTIONS: dict[Verb, Projection] = {
    Verb.PERSON_INVITED: _invite,
    Verb.PERSON_ENROLLED: _enrol,
    Verb.ROLE_GRANTED: _grant_role,
    Verb.CHARTER_SUBMITTED: _grant_stakeholders,
}
