"""What the charter says otherwise than when people last signed: whoever is asked again sees why."""

from __future__ import annotations

from collections.abc import Mapping

from flywheel.catalog.agreement import find_agreement
from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.event import events_of
from flywheel.catalog.signoff import signoffs_of
from flywheel.catalog.version import VersionRecord, read_versions
from flywheel.domain.events import Verb
from flywheel.domain.payloads.making import VersionRegistered, VersionResubmitted
from flywheel.domain.signoffs import Answer
from flywheel.domain.stages import Stage
from flywheel.project.agreed import agreed_digest
from flywheel.project.stage_inputs import SIGNED_FOR, Change, changes
from flywheel.services.terms.charters import submitted


def changed_since_signed(work: UnitOfWork, record: VersionRecord) -> tuple[Change, ...]:
    """Compare the charter that a version is judged under with the one that was last approved in its project.

    What was approved of this version under this very charter is left out, so that judging it again files the same
    dossier; nothing where nobody approved anything yet.
    """
    signed = [
        (signoff.sequence, _charter_at(charters, signoff.sequence), version.id)
        for version in read_versions(work.session, record.project)
        for charters in (_charters_of(work, version),)
        for signoff in signoffs_of(work.session, version.id)
        if signoff.answer is Answer.APPROVE and not signoff.is_withdrawn
    ]
    before = [(at, charter) for at, charter, of in signed if (charter, of) != (record.project_digest, record.id)]
    last = max(before, default=(0, str(record.project_digest)))[1]
    if last == record.project_digest:
        return ()
    old, new = (submitted(work, record.project, charter) for charter in (last, record.project_digest))
    return changes(SIGNED_FOR, old=old, new=new)


def changed_since_agreed(work: UnitOfWork, project: str, project_digest: str) -> tuple[Change, ...]:
    """Compare what is agreed in a charter with what people last approved in its project; nothing where nobody did."""
    new = submitted(work, project, project_digest)
    now = agreed_digest(new)
    given = signoffs_of(work.session, project)
    before = [one for one in given if one.answer is Answer.APPROVE and not one.is_withdrawn and one.digest != now]
    filed = find_agreement(work.session, project, before[-1].digest) if before else None
    if filed is None:
        return ()
    return changes((Stage.IDEATION,), old=submitted(work, project, filed.project_digest), new=new)


def _charters_of(work: UnitOfWork, version: VersionRecord) -> dict[int, str]:
    """Give the charters that a version was submitted under, by the place in the record from which on."""
    registered = events_of(work.session, verb=Verb.VERSION_REGISTERED, subject_id=version.id)
    again = events_of(work.session, verb=Verb.VERSION_RESUBMITTED, subject_id=version.id)
    said = {one.sequence: str(one.said(VersionRegistered).project_digest) for one in registered}
    return said | {one.sequence: str(one.said(VersionResubmitted).project_digest) for one in again}


def _charter_at(charters: Mapping[int, str], sequence: int) -> str:
    return max((at, charter) for at, charter in charters.items() if at < sequence)[1]
