"""What people are asked to sign: the open questions, and who can give what each still waits for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flywheel.catalog.delegation import delegations_in
from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.person import holders_of
from flywheel.catalog.policy import read_policy
from flywheel.catalog.signoff import SignoffRequest, read_requests
from flywheel.catalog.version import VersionState, read_version
from flywheel.domain.signoffs import Role
from flywheel.services.standing.weighing import awaits_release, standing_in

_ON_THEIR_WAY = frozenset({VersionState.CANDIDATE, VersionState.WITHDRAWN})
"""Versions that wait for signatures: new ones, and those that were taken back and asked about again."""


@dataclass(frozen=True)
class Awaited:
    """A decision that is missing, and the people who can give it."""

    version: str
    """A version, or a project by its name where people are asked what is agreed in it."""
    role: Role
    count: int
    people: tuple[str, ...]
    since_at: datetime
    fresh: tuple[str, ...] = ()
    """Who has signed in this role already, with a secret that is too new to count alone."""
    fresh_days: int = 0
    """How long a secret is new under the policy that the version is judged by."""


def open_questions(work: UnitOfWork) -> tuple[SignoffRequest, ...]:
    """List what people are asked about, the oldest first."""
    requests = read_requests(work.session)
    records = {r.version: read_version(work.session, r.version) for r in requests}
    return tuple(
        r
        for r in requests
        if (record := records[r.version]).state in _ON_THEIR_WAY
        or (record.state is not VersionState.RETIRED and awaits_release(work, record))
    )


def awaited_by(work: UnitOfWork, request: SignoffRequest) -> tuple[Awaited, ...]:
    """List the decisions that a question still waits for; none once it is settled."""
    record, now = read_version(work.session, request.version), standing_in(work, request.version)
    if now.is_settled or record.dossier_digest != request.dossier_digest:
        return ()
    barred = {*record.authors, *now.approved_by}
    return tuple(
        Awaited(
            request.version,
            role,
            count,
            tuple(p for p in able(work, record.project, role, authors=record.authors) if p not in barred),
            request.requested_at,
            tuple(person for person in now.fresh_by if now.approved_by[person] is role),
            read_policy(work.session, record.policy_digest).fresh_secret_days,
        )
        for role, count in now.awaited.items()
    )


def able(work: UnitOfWork, project: str, role: Role, *, authors: Collection[str]) -> tuple[str, ...]:
    """Name who holds a role, and to whom it is lent now."""
    lent = (one for one in delegations_in(work.session, project) if one.role is role and one.is_active(work.now))
    holders = holders_of(work.session, project=project, role=role, authors=authors)
    return tuple(dict.fromkeys([*holders, *(one.receiver for one in lent if one.giver in holders)]))
