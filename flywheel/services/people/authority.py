"""Authority: whoever acts is known, proven and allowed to by the table of roles; refusals stay in the record."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.person import EVERYWHERE, find_person, roles_of
from flywheel.catalog.project import lock_project, read_project, read_projects
from flywheel.catalog.version import read_versions
from flywheel.domain.authority import GIVEN_BY_OTHERS, RIGHTS, Permission, check_may
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.people import ActRefused
from flywheel.errors import Refused
from flywheel.services.people.authors import authorship_of
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, prove, prove_session, short

Done = TypeVar("Done")


def perform(
    catalog: Catalog, proof: Proof, action: Permission, act: Callable[[UnitOfWork], Done], *, project: str = ""
) -> Done:
    """Let a proven person act in one transaction, if the table of roles allows it."""

    def admitted(work: UnitOfWork) -> Done:
        if project:
            lock_project(work.session, project)
        admit(work, proof, action, project=project)
        return act(work)

    return decide(
        catalog, proof, act=admitted, refused=lambda _, refusal: refused_act(proof, action, refusal, project=project)
    )


@notarised
def permit(catalog: Catalog, proof: Proof, action: Permission, *, project: str = "") -> str:
    """Name the proven person who may have a machine act; it records its work under this name."""
    perform(catalog, proof, action, lambda _: None, project=project)
    return proof.who


def admit(work: UnitOfWork, proof: Proof, action: Permission, *, project: str = "") -> None:
    """Refuse whoever is not known, not allowed, or not proven: by a code, or by a session where that is enough."""
    right = RIGHTS[action]
    check_right(work, proof.who, action, project=EVERYWHERE if right.is_everywhere else project)
    if proof.code.strip() or right.needs_code:
        prove(work, proof)
    else:
        prove_session(work, proof)


def check_right(work: UnitOfWork, who: str, action: Permission, *, project: str) -> None:
    """Hold a person against the table of roles; whoever has redeemed no invitation is not known.

    Unless the action leads to safety, the roles are those that the proven chain says. Where only those who judge
    others may act, their roles must hold against the authors there.
    """
    if not RIGHTS[action].leads_to_safety:
        work.stand(project)
    known = find_person(work.session, who) if "\x00" not in who else None
    wanted = RIGHTS[action].roles
    authors = authors_in(work, {project}) if wanted and wanted <= GIVEN_BY_OTHERS else ()
    check_may(
        action,
        person=short(who),
        is_known=known is not None and known.enrolled_at is not None,
        roles=roles_of(work.session, person=who, project=project, authors=authors) if known else (),
        place="all projects" if project == EVERYWHERE else project,
    )


def refused_act(proof: Proof, action: Permission, refusal: Refused, *, project: str = "") -> Draft:
    """Write down what was refused to whom, and why."""
    said = ActRefused(action.name.lower(), short(project), short(proof.channel), refusal.sentence())
    kind = SubjectKind.PROJECT if project else SubjectKind.PERSON
    return Draft(Verb.ACT_REFUSED, short(proof.who), kind, short(project or proof.who), "", said)


def authors_in(work: UnitOfWork, places: Collection[str]) -> frozenset[str]:
    """Gather whoever is an author of anything in some projects: of versions, of charters, of walks."""
    known = [record.slug for record in read_projects(work.session)]
    found: set[str] = set()
    for slug in known if EVERYWHERE in places else sorted(set(places) & set(known)):
        found |= {read_project(work.session, slug).owner, *authorship_of(work, slug, named=(), commits=None).reasons}
        found |= {author for version in read_versions(work.session, slug) for author in version.authors}
    return frozenset(author.casefold() for author in found)
