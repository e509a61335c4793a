"""Everybody with their roles, and where each may sign: nobody signs a version that they are an author of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.person import EVERYWHERE, Holder, read_people
from flywheel.catalog.project import read_projects
from flywheel.catalog.version import read_versions
from flywheel.domain.authority import GIVEN_BY_OTHERS, SIGNING
from flywheel.domain.policy import Policy
from flywheel.domain.seats import Candidate, Seat, seats_of, told_of, ways_of
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import ENDED_AS
from flywheel.project.charter.charter import Charter


@dataclass(frozen=True)
class Signer:
    """Somebody who may act, or whom a charter names."""

    person: str
    name: str
    roles: Mapping[str, tuple[Role, ...]]
    has_secret: bool
    signs: tuple[str, ...]
    """The projects, or places yet without one, whose newest version this person may sign."""
    author_of: tuple[str, ...]
    """The newest versions that this person's roles would sign, and that they are an author of."""

    def sentence(self) -> str:
        """Say where this person can sign, and why not elsewhere."""
        if not self.has_secret:
            return "no: not enrolled yet"
        if not self.signs and not self.author_of:
            return "no: no role that signs"
        barred = f"not {', '.join(self.author_of)}: an author" if self.author_of else ""
        return "; ".join(part for part in (", ".join(self.signs), barred) if part)


def everybody(catalog: Catalog) -> tuple[Signer, ...]:
    """List people with their roles, those whom only a charter names included."""
    with catalog.begin() as work:
        newest = _newest_authors(work)
        return tuple(_signer(holder, newest) for holder in read_people(work.session))


def told_of_signers(catalog: Catalog, *, charter: Charter, policy: Policy) -> tuple[str, ...]:
    """Say before anything is signed whom this installation has for each seat of a policy, and how the others come."""
    with catalog.look() as work:
        found = _found(work, charter, policy)
    return tuple(
        told_of(found.seats, found.candidates, project=charter.name, has_administrator=found.has_administrator)
    )


def ways_in(work: UnitOfWork, *, charter: Charter, policy: Policy) -> Mapping[Role, tuple[str, ...]]:
    """Name by role the commands that bring in who lacks to sign."""
    found = _found(work, charter, policy)
    return ways_of(found.seats, found.candidates, project=charter.name, has_administrator=found.has_administrator)


@dataclass(frozen=True)
class _Found:
    seats: tuple[Seat, ...]
    candidates: tuple[Candidate, ...]
    has_administrator: bool
    """Whether one is free of the project, who may name those who judge."""


def _found(work: UnitOfWork, charter: Charter, policy: Policy) -> _Found:
    named: dict[str, set[Role]] = {}
    for role, people in charter.stakeholders.by_role.items():
        for person in people:
            named.setdefault(person.casefold(), set()).add(role)
    versions = read_versions(work.session, charter.name)
    barred = {charter.owner.casefold(), *(versions[0].authors if versions else ())}
    known = {one.person: one for one in read_people(work.session, authors=barred)}
    candidates = tuple(
        _candidate(person, known.get(person), named.get(person, set()), charter.name)
        for person in sorted({*known, *named})
    )
    everywhere = {**policy.agreed_by(is_watched=charter.is_watched), **policy.quorum}
    seats = seats_of(replace(policy, quorum=everywhere), candidates, barred=barred, now=work.now)
    free = [one for one in known.values() if one.person not in barred and Role.ADMIN in one.roles.get(EVERYWHERE, ())]
    return _Found(seats, candidates, bool(free))


def _candidate(person: str, holder: Holder | None, named: set[Role], project: str) -> Candidate:
    """What a charter says of its signers holds once it is registered, except for those who judge others."""
    roles = holder.roles if holder else {}
    held = {role for place in (project, EVERYWHERE) for role in roles.get(place, ())}
    held |= named - GIVEN_BY_OTHERS
    return Candidate(person, frozenset(held & SIGNING), frozenset(named), holder.enrolled_at if holder else None)


def _newest_authors(work: UnitOfWork) -> dict[str, tuple[str, frozenset[str]]]:
    """Give for each project that goes on its newest version, or none, and the authors of that."""
    found = {}
    for record in read_projects(work.session):
        if record.stage not in ENDED_AS:
            versions = read_versions(work.session, record.slug)
            newest = versions[0] if versions else None
            authors = newest.authors if newest else (record.owner.casefold(),)
            found[record.slug] = (newest.id if newest else record.slug, frozenset(authors))
    return found


def _signer(holder: Holder, newest: Mapping[str, tuple[str, frozenset[str]]]) -> Signer:
    places = [place for place, roles in holder.roles.items() if SIGNING & set(roles)]
    wanted = {*places, *newest} if EVERYWHERE in places else set(places)
    author_of = {place for place in wanted if place in newest and holder.person in newest[place][1]}
    is_long = EVERYWHERE in places
    signs = (("all others" if author_of else "all projects"),) if is_long else tuple(sorted(set(places) - author_of))
    barred = tuple(newest[place][0] for place in sorted(author_of))
    return Signer(holder.person, holder.name, holder.roles, holder.has_secret, signs, barred)
