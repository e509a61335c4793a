"""Inboxes: what waits for whose decision, and which approvals in business run out and can be renewed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flywheel.catalog.delegation import delegations_in
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.person import read_person, roles_of
from flywheel.catalog.project import read_projects
from flywheel.catalog.signoff import SignoffRequest, read_requests, signoffs_of
from flywheel.catalog.version import VersionRecord, VersionState, read_version
from flywheel.domain.changes_of_mind import may_renew
from flywheel.domain.delegations import lent_to
from flywheel.domain.digests import Digest
from flywheel.domain.signoffs import Role, Signoff
from flywheel.domain.standing import Standing, last_words
from flywheel.services.approval.refusals import last_refused, last_refused_agreement
from flywheel.services.standing.agreements import awaited_agreement, open_agreement
from flywheel.services.standing.weighing import awaits_release, standing_in, terms_of

_RENEWED = frozenset({VersionState.RELEASED, VersionState.WITHDRAWN})


@dataclass(frozen=True)
class InboxItem:
    """What waits for somebody's decision: a version, or what is agreed in a project, which goes by its name alone."""

    project: str
    version: str
    dossier_digest: Digest
    run_id: str
    requested_at: datetime
    roles: tuple[Role, ...]
    standing: Standing
    is_renewal: bool = False
    """Whether it has been in business, and an approval runs out or has run out."""
    refused: str = ""
    """The last answer to it, where it was not taken."""


def inbox(catalog: Catalog, *, person: str | None = None) -> tuple[InboxItem, ...]:
    """List what waits for a decision: everybody's, or what this person may answer now."""
    with catalog.look() as work:
        if person is not None:
            read_person(work.session, person.strip().casefold())
        agreed = (_agreement(work, one.slug, person) for one in read_projects(work.session))
        items = (_item(work, request, person) for request in read_requests(work.session))
        return tuple(item for item in (*agreed, *items) if item is not None)


def _item(work: UnitOfWork, request: SignoffRequest, person: str | None) -> InboxItem | None:
    record, now = read_version(work.session, request.version), standing_in(work, request.version)
    if record.dossier_digest != request.dossier_digest or now.refused_by or now.asks_rework:
        return None
    is_new = awaits_release(work, record)
    is_renewal = record.state in _RENEWED and not is_new
    due = _due(work, record) if is_renewal else ()
    if now.is_granted and not due and now.glass_until_at is None:
        return None
    if record.state is VersionState.RETIRED or not (is_renewal or is_new):
        return None
    is_last_in_turn = now.signs_last in now.awaited or not now.missing
    turns = (signoff.role for signoff in due if signoff.role is not now.signs_last or is_last_in_turn)
    roles = tuple(dict.fromkeys([*now.awaited, *turns]))
    if person is not None:
        roles = _roles_for(work, record, person.strip().casefold(), roles, now, due)
    if not roles:
        return None
    return InboxItem(
        record.project,
        record.id,
        request.dossier_digest,
        request.run_id,
        request.requested_at,
        roles,
        now,
        is_renewal,
        last_refused(work, request),
    )


def _agreement(work: UnitOfWork, project: str, person: str | None) -> InboxItem | None:
    """Show what is agreed in a project, to whom it waits for."""
    found, who = open_agreement(work, project), person.strip().casefold() if person else ""
    if found is None or found.filed is None:
        return None
    waits_for = awaited_agreement(work, project)
    roles = tuple(one.role for one in waits_for if not who or who in one.people)
    if not roles:
        return None
    filed = found.filed
    refused = last_refused_agreement(work, project)
    return InboxItem(project, project, found.digest, filed.run_id, filed.filed_at, roles, found.now, refused=refused)


def _due(work: UnitOfWork, record: VersionRecord) -> tuple[Signoff, ...]:
    """Pick the approvals that their persons may renew now."""
    terms, given = terms_of(work, record, record.dossier_digest), signoffs_of(work.session, record.id)
    if terms is None:
        return ()
    words = last_words(given, terms=terms)
    return tuple(word for word in words if may_renew(given, word, terms=terms, now=work.now))


def _roles_for(
    work: UnitOfWork, record: VersionRecord, who: str, roles: tuple[Role, ...], now: Standing, due: tuple[Signoff, ...]
) -> tuple[Role, ...]:
    renewing = {signoff.role for signoff in due if signoff.person == who}
    if who in record.authors or (who in now.approved_by and not renewing):
        return ()
    lent = lent_to(delegations_in(work.session, record.project), person=who, now=work.now)
    held = roles_of(work.session, person=who, project=record.project, authors=record.authors) | {
        one.role for one in lent
    }
    return tuple(role for role in roles if role in held and (role in now.awaited or role in renewing))
