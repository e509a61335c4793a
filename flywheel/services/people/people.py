"""People: the first one begins the installation, all others are invited and redeem their invitation themselves."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from flywheel.catalog.credential import drop_invitation, find_invitation, hold_secret
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import events_of, has_happened, latest_of
from flywheel.catalog.person import EVERYWHERE, Person, find_person, founders_guests, is_judged_by_others, roles_of
from flywheel.domain.authority import GIVEN_BY_OTHERS, Permission, check_may_give
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.people import RoleGranted
from flywheel.domain.seen_text import EMAIL, LONGEST_LINE, is_line, spelled
from flywheel.domain.signoffs import Role
from flywheel.errors import InputRefused, Refused
from flywheel.services.people.authority import authors_in, check_right, refused_act
from flywheel.services.people.enrolment import Enrolment, How, Invitation, enrol_in, invite_in
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, prove
from flywheel.services.people.sessions import Session, open_in
from flywheel.services.people.telling import Word, tell

__all__ = [
    "EVERYWHERE",
    "Enrolment",
    "Founded",
    "Guest",
    "Identity",
    "Invitation",
    "Person",
    "find",
    "found",
    "grant",
    "grant_in",
    "invite",
    "is_founded",
    "redeem",
    "roles",
]

Roles = Mapping[str, set[Role]]


def is_founded(catalog: Catalog) -> bool:
    """Whether this installation has had its first person."""
    with catalog.look() as work:
        return has_happened(work.session, Verb.PERSON_ENROLLED)


@dataclass(frozen=True)
class Guest:
    """Who is invited, and the roles that come with it."""

    person: str
    name: str
    roles: Roles = field(default_factory=dict)


@dataclass(frozen=True)
class Founded:
    """The first person of an installation, enrolled and with a session of their own."""

    enrolment: Enrolment
    session: Session


@notarised
def found(catalog: Catalog, *, identity: Identity, person: str, name: str, channel: str) -> Founded:
    """Enrol the first person, as administrator of all projects; once, for whoever holds a fresh installation."""
    who = address(person)
    with catalog.begin() as work:
        hold_secret(work.session, who)
        work.settle()  # the end of the chain is ours: whoever else begins waits, and finds that we have
        if has_happened(work.session, Verb.PERSON_ENROLLED):
            raise Refused("this installation is set up already", next_step="ask an administrator for an invitation")
        made = enrol_in(work, identity, person=who, name=_called(name, who), how=How.FOUNDING)
        grant_in(work, person=who, roles={EVERYWHERE: {Role.ADMIN}}, actor=who, is_founding=True)
        return Founded(made, open_in(work, identity, person=who, channel=channel))


@notarised
def invite(catalog: Catalog, *, guests: Sequence[Guest], proof: Proof) -> tuple[Invitation, ...]:
    """Invite people by one code, each with the roles that they will hold; an earlier invitation is void."""
    named = {address(guest.person): guest for guest in guests}

    def act(work: UnitOfWork) -> tuple[Invitation, ...]:
        _hold_invitations(work, named)
        known = {who: find_person(work.session, who) for who in named}
        for who, person in known.items():
            if person is not None and person.enrolled_at is not None:
                further = f"`flywheel people grant {who} --role PROJECT:ROLE`, or `flywheel people reset {who}`"
                raise Refused(f"{who} is enrolled already", next_step=further)
        gifts = {who: dict(guest.roles) for who, guest in named.items()}
        is_founding = _check_giving(work, gifts, proof, Permission.INVITE)
        prove(work, proof)
        made = []
        for who, guest in named.items():
            before = known[who]
            called = _called(guest.name, before.name if before else who)
            made.append(invite_in(work, proof.identity, person=who, name=called, how=How.INVITATION, actor=proof.who))
            if guest.roles:
                grant_in(work, person=who, roles=guest.roles, actor=proof.who, is_founding=is_founding)
        return tuple(made)

    return decide(catalog, proof, act=act, refused=lambda _, why: refused_act(proof, Permission.INVITE, why))


@notarised
def grant(catalog: Catalog, *, person: str, roles: Roles, proof: Proof) -> None:
    """Give a known person more roles, and tell them."""
    who = address(person)

    def act(work: UnitOfWork) -> None:
        _hold_invitations(work, ())
        if find_person(work.session, who) is None:
            raise Refused(f"{who} is not known here", next_step=f"`flywheel people invite {who} --name NAME`")
        is_founding = _check_giving(work, {who: roles}, proof, Permission.GRANT)
        prove(work, proof)
        grant_in(work, person=who, roles=roles, actor=proof.who, is_founding=is_founding)
        given = ", ".join(f"{place}:{role.value}" for place, held in sorted(roles.items()) for role in sorted(held))
        word = Word("Flywheel: you were given roles", f"{proof.who} gave you {given}.")
        tell(work, proof.identity, person=who, word=word, key=work.now.isoformat())

    decide(catalog, proof, act=act, refused=lambda _, why: refused_act(proof, Permission.GRANT, why))


@notarised
def redeem(catalog: Catalog, *, identity: Identity, person: str, token: str, channel: str) -> Enrolment:
    """Let the invited person come to a secret of their own; the invitation is used up."""
    proof = Proof(identity, person, "", channel, "")

    def act(work: UnitOfWork) -> Enrolment:
        waiting = find_invitation(work.session, proof.who) if "\x00" not in proof.who else None
        digest = identity.digest_of_token(proof.who, token)
        if waiting is None or waiting.until_at <= work.now or not _is_invited(work, proof.who):
            raise Refused(
                f"{proof.who} has no valid invitation: each can be used once, until it expires",
                next_step=f"ask an administrator for a new one: `flywheel people invite {proof.who} --name NAME`",
            )
        if not hmac.compare_digest(waiting.digest, digest):
            raise Refused(
                f"this is not the invitation that {proof.who} was given",
                next_step=f"type it again: the right one is valid until {waiting.until_at:%Y-%m-%d %H:%M} UTC",
            )
        known = find_person(work.session, proof.who)
        work.session.delete(waiting)
        name = known.name if known else proof.who
        return enrol_in(work, identity, person=proof.who, name=name, how=How(waiting.how))

    return decide(catalog, proof, act=act, refused=lambda _, why: refused_act(proof, Permission.ENROL, why))


def _hold_invitations(work: UnitOfWork, guests: Collection[str]) -> None:
    """Hold what an invitation may take the place of, before the end of the chain is held."""
    for who in sorted({*guests, *founders_guests(work.session)}):
        find_invitation(work.session, who)


def _is_invited(work: UnitOfWork, person: str) -> bool:
    """Whether the record knows of an invitation that was not redeemed: one that was used cannot be put back."""
    invited = latest_of(work.session, verb=Verb.PERSON_INVITED, subject_id=person)
    enrolled = latest_of(work.session, verb=Verb.PERSON_ENROLLED, subject_id=person)
    return invited is not None and (enrolled is None or enrolled.sequence < invited.sequence)


def grant_in(work: UnitOfWork, *, person: str, roles: Roles, actor: str, is_founding: bool = False) -> None:
    """Write down which roles a person holds from now on, within a decision that is under way.

    The founder's one gift takes the place of an earlier one whose invitation nobody has redeemed: that one is void.
    """
    if is_founding:
        for guest in founders_guests(work.session) - {person}:
            drop_invitation(work.session, guest)
    given = RoleGranted({place: tuple(sorted(held)) for place, held in roles.items()}, is_founding)
    work.append(Draft(Verb.ROLE_GRANTED, actor, SubjectKind.PERSON, person, "", given))


def find(catalog: Catalog, *, person: str) -> Person | None:
    """Look a person up."""
    with catalog.begin() as work:
        return find_person(work.session, person.strip().casefold())


def roles(catalog: Catalog, *, person: str, project: str) -> frozenset[Role]:
    """Name the roles that a person holds in a project."""
    with catalog.begin() as work:
        return roles_of(work.session, person=person.strip().casefold(), project=project, authors=())


def address(person: str) -> str:
    """Read an e-mail address as the record knows people, or refuse what is none."""
    if not EMAIL.fullmatch(person.strip()):
        raise InputRefused("this is not an e-mail address", found=spelled(person), allowed="such as ana@bank.example")
    return person.strip().casefold()


def _called(name: str, otherwise: str) -> str:
    """Read a person's name, as others will see it, or refuse one that is not seen whole."""
    written = name.strip() or otherwise
    if not is_line(written):
        raise InputRefused(
            "this is not a name that people can read",
            found=spelled(written),
            allowed=f"one line of up to {LONGEST_LINE} signs that are seen",
        )
    return written


def _check_giving(work: UnitOfWork, gifts: Mapping[str, Roles], proof: Proof, action: Permission) -> bool:
    """Refuse to give what the giver may not; say whether it is a gift that only a founder can make.

    Until another person judges anything, an administrator who is no author may not exist: so a founder, though an
    author, names one person who judges, and gives that person whatever else they need.
    """
    work.stand(EVERYWHERE)
    places = {place for roles in gifts.values() for place in roles}
    for place in sorted(places or {EVERYWHERE}):
        check_right(work, proof.who, action, project=place)
    judges = [who for who, roles in gifts.items() if any(GIVEN_BY_OTHERS & held for held in roles.values())]
    if len(judges) == 1 and _is_founders_own(work, founder=proof.who, judge=judges[0]):
        return True
    authors = {place: authors_in(work, {place}) for place in places}
    for roles in gifts.values():
        check_may_give(roles, giver=proof.who, authors=authors)
    return False


def _is_founders_own(work: UnitOfWork, *, founder: str, judge: str) -> bool:
    """Whether this is the one person whom the founder of this installation may name, and nobody else judges yet."""
    given = events_of(work.session, verb=Verb.ROLE_GRANTED, subject_id=founder)
    is_founder = any(event.actor == founder and event.said(RoleGranted).is_founding for event in given)
    return is_founder and judge != founder and not is_judged_by_others(work.session, founder=founder, judge=judge)
