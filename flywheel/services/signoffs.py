"""Sign-offs: asked for, given by a proven person, weighed; every refusal has a reason and leaves an event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.person import PersonSecretRow, roles_of
from flywheel.catalog.project import lock_project
from flywheel.catalog.signoff import read_requests, request_of, signoffs_of
from flywheel.catalog.version import VersionRecord, VersionState, read_version
from flywheel.domain.changes_of_mind import check_may_answer
from flywheel.domain.digests import Digest, Json
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.signoffs import Answer, Role, Standing, check_comment, check_may_sign
from flywheel.errors import Refused
from flywheel.services.identity import Identity, accept, accepted_step, count_wrong_code, is_about_code
from flywheel.services.weighing import standing_in

MAX_SHORT_TEXT = 200
_OVER = frozenset({VersionState.SUPERSEDED, VersionState.RETIRED})
"""A version that was taken back may be signed anew: it returns only through the door, with its incidents resolved."""


@dataclass(frozen=True)
class InboxItem:
    """A version that waits for somebody's decision."""

    project: str
    version: str
    dossier_digest: Digest
    run_id: str
    requested_at: datetime
    roles: tuple[Role, ...]
    standing: Standing


@dataclass(frozen=True)
class _Answered:
    person: str
    role: Role | None
    answer: Answer
    comment: str
    code: str
    channel: str
    dossier_digest: str


def request_signoff(catalog: Catalog, *, version: str, dossier_digest: str, run_id: str, actor: str) -> None:
    """Put a version into the inboxes of those who may sign it; a later run takes the question over."""
    with catalog.begin() as work:
        record = _locked_version(work, version)
        if record.dossier_digest != dossier_digest:
            raise Refused(
                "this is not the version's present dossier", found=dossier_digest, allowed=record.dossier_digest or ""
            )
        known = request_of(work.session, version)
        if known and (known.dossier_digest, known.run_id) == (dossier_digest, run_id):
            return
        said: dict[str, Json] = {"project": record.project, "run_id": run_id}
        work.append(Draft(Verb.SIGNOFF_REQUESTED, actor, SubjectKind.VERSION, version, dossier_digest, said))


def sign(
    catalog: Catalog,
    *,
    identity: Identity,
    version: str,
    dossier_digest: str,
    person: str,
    role: Role | None,
    answer: Answer,
    comment: str,
    code: str,
    channel: str,
    key: str,
) -> Standing:
    """Take one person's decision; the same key again gives the same standing and counts nothing twice."""
    asked = _Answered(person.strip().casefold(), role, answer, comment, code, channel, dossier_digest)
    try:
        with catalog.begin() as work:
            return _sign(work, identity, version, asked, key)
    except Refused as refusal:
        with catalog.begin() as work:
            _record_refusal(work, identity, version, asked, refusal)
        raise


def standing_of(catalog: Catalog, *, version: str) -> Standing:
    """Say how far the signatures on the present dossier have come."""
    with catalog.begin() as work:
        return standing_in(work, version)


def inbox(catalog: Catalog, *, person: str | None = None) -> tuple[InboxItem, ...]:
    """List what waits for a decision: everybody's, or what this person may still answer."""
    with catalog.begin() as work:
        items = (_item(work, request.version, person) for request in read_requests(work.session))
        return tuple(item for item in items if item is not None)


def _sign(work: UnitOfWork, identity: Identity, version: str, asked: _Answered, key: str) -> Standing:
    request = ["sign", version, asked.dossier_digest, asked.person, asked.role, asked.answer, asked.comment]
    record = _locked_version(work, version)
    first = work.recall(key, request)
    if first is not None:
        return _standing_from(first.value)
    role = _check(work, record, asked)
    step = accepted_step(identity, (secret := _locked_secret(work, asked.person)), code=asked.code, now=work.now)
    accept(secret, step=step)
    before = standing_in(work, version)
    said: dict[str, Json] = {
        "project": record.project,
        "person": asked.person,
        "role": role.value,
        "answer": asked.answer.value,
        "comment": asked.comment,
        "channel": asked.channel,
    }
    event = work.append(
        Draft(Verb.SIGNOFF_GIVEN, asked.person, SubjectKind.VERSION, version, asked.dossier_digest, said)
    )
    now = standing_in(work, version)
    waiting = request_of(work.session, version)
    if now.is_settled and not before.is_settled and waiting is not None:
        message: dict[str, Json] = {"run_id": waiting.run_id, "project": record.project, "version": version}
        work.enqueue("resume_run", f"resume:{waiting.run_id}:{event.sequence}", message)
    work.remember(key, request, now)
    return now


def _check(work: UnitOfWork, record: VersionRecord, asked: _Answered) -> Role:
    check_comment(asked.comment)
    if record.state in _OVER:
        raise Refused(f"{record.id} is {record.state.value} and takes no sign-off any more", allowed="a newer version")
    roles = roles_of(work.session, person=asked.person, project=record.project)
    role = asked.role or _wanted_role(work, record, roles)
    check_may_sign(
        person=asked.person,
        role=role,
        roles=roles,
        authors=record.authors,
        shown=Digest(asked.dossier_digest),
        current=record.dossier_digest,
    )
    given = signoffs_of(work.session, record.id)
    check_may_answer(given, person=asked.person, digest=Digest(asked.dossier_digest), answer=asked.answer)
    return role


def _wanted_role(work: UnitOfWork, record: VersionRecord, roles: frozenset[Role]) -> Role:
    wanted = sorted(role for role in standing_in(work, record.id).missing if role in roles)
    if wanted:
        return wanted[0]
    return min(roles, default=Role.VALIDATOR)


def _locked_version(work: UnitOfWork, version: str) -> VersionRecord:
    lock_project(work.session, read_version(work.session, version).project)
    return read_version(work.session, version)


def _locked_secret(work: UnitOfWork, person: str) -> PersonSecretRow:
    row = work.session.get(PersonSecretRow, person, with_for_update=True, populate_existing=True)
    if row is None:
        raise Refused(f"{person} has no authenticator here", next_step="ask an administrator to enrol this person")
    return row


def _record_refusal(work: UnitOfWork, identity: Identity, version: str, asked: _Answered, refusal: Refused) -> None:
    record = _locked_version(work, version)
    row = work.session.get(PersonSecretRow, asked.person, with_for_update=True, populate_existing=True)
    if row is not None and is_about_code(refusal):
        count_wrong_code(identity, row, now=work.now)
    said: dict[str, Json] = {
        "project": record.project,
        "person": _short(asked.person),
        "role": asked.role.value if asked.role else None,
        "answer": asked.answer.value,
        "channel": _short(asked.channel),
        "reason": refusal.sentence(),
    }
    draft = Draft(
        Verb.SIGNOFF_REFUSED, _short(asked.person), SubjectKind.VERSION, version, _short(asked.dossier_digest), said
    )
    work.append(draft)


def _item(work: UnitOfWork, version: str, person: str | None) -> InboxItem | None:
    request = request_of(work.session, version)
    assert request is not None
    record, now = read_version(work.session, version), standing_in(work, version)
    if record.dossier_digest != request.dossier_digest or record.state is not VersionState.CANDIDATE or now.is_settled:
        return None
    roles = tuple(now.missing)
    if person is not None:
        who = person.strip().casefold()
        held = roles_of(work.session, person=who, project=record.project)
        roles = tuple(role for role in now.missing if role in held)
        if not roles or who in record.authors or who in now.approved_by:
            return None
    return InboxItem(record.project, version, request.dossier_digest, request.run_id, request.requested_at, roles, now)


def _standing_from(value: Json) -> Standing:
    assert isinstance(value, dict)
    missing, approved = value["missing"], value["approved_by"]
    refused, rework = value["refused_by"], value["asks_rework"]
    assert isinstance(missing, dict)
    assert isinstance(approved, dict)
    assert isinstance(refused, list)
    assert isinstance(rework, list)
    return Standing(
        bool(value["is_granted"]),
        {Role(role): int(str(count)) for role, count in missing.items()},
        {who: Role(str(role)) for who, role in approved.items()},
        tuple(map(str, refused)),
        tuple(map(str, rework)),
    )


def _short(text: str) -> str:
    return _storable(text)[:MAX_SHORT_TEXT]


def _storable(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and not "\ud800" <= c <= "\udfff")
