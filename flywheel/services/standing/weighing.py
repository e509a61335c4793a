"""What speaks for a version, read and weighed inside one transaction: its standing, and every reason against it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from flywheel.catalog.endpoint import read_releases
from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.finding import read_findings
from flywheel.catalog.gate import latest_results
from flywheel.catalog.glass import find_glass
from flywheel.catalog.incident import read_incidents
from flywheel.catalog.person import named_by_authors
from flywheel.catalog.policy import read_policy
from flywheel.catalog.reproduction import latest_reproduction
from flywheel.catalog.signoff import signoffs_of
from flywheel.catalog.version import VersionRecord, read_version
from flywheel.catalog.waiver import waivers_about
from flywheel.domain.authority import GIVEN_BY_OTHERS
from flywheel.domain.digests import Digest
from flywheel.domain.events import SubjectKind
from flywheel.domain.gates import GateDecision
from flywheel.domain.incidents import IncidentSeverity
from flywheel.domain.reproduction import TOLERANCE, ReproductionState
from flywheel.domain.stages import Stage
from flywheel.domain.standing import Standing, Terms, standing
from flywheel.domain.tolerance import decide_with
from flywheel.services.people.authors import left_out


def standing_in(work: UnitOfWork, version: str) -> Standing:
    """Weigh the sign-offs on the version's present dossier by its pinned policy; approvals expire, refusals do not."""
    record = read_version(work.session, version)
    return _weigh(work, record, record.dossier_digest)


def standing_of_served(work: UnitOfWork, version: str) -> Standing:
    """Weigh the sign-offs on the dossier that a version was released under; a refusal of a later one counts too.

    They are weighed by the policy and against the authors of that release: what it is submitted under since binds it
    once that is signed.
    """
    record = read_version(work.session, version)
    releases = (one for one in read_releases(work.session, record.project) if one.version == version)
    released, now = next(releases, None), standing_in(work, version)
    if released is None or now.refused_by:
        return now
    signed = replace(record, policy_digest=released.policy_digest, authors=released.authors)
    return _weigh(work, signed, released.dossier_digest)


def awaits_release(work: UnitOfWork, record: VersionRecord) -> bool:
    """Whether its present dossier never went through the door: people are asked, also where another one serves."""
    released = (one for one in read_releases(work.session, record.project) if one.version == record.id)
    newest = next(released, None)
    return newest is None or newest.dossier_digest != record.dossier_digest


def terms_of(work: UnitOfWork, record: VersionRecord, digest: Digest | None) -> Terms | None:
    """Read what the pinned policy asks of the signatures; nothing as long as there is no dossier to sign."""
    if digest is None:
        return None
    policy = read_policy(work.session, record.policy_digest)
    return Terms(
        quorum=policy.quorum,
        digest=digest,
        authors=record.authors,
        final_approver=policy.final_approver,
        validity=timedelta(days=policy.validity_days),
        seasoning=timedelta(days=policy.fresh_secret_days),
        unheard={
            role: named_by_authors(work.session, project=record.project, role=role, authors=record.authors)
            for role in GIVEN_BY_OTHERS & set(policy.quorum)
        },
    )


def gates_in(work: UnitOfWork, record: VersionRecord, *, stages: Collection[Stage]) -> GateDecision:
    """Decide what the gates of some stages said about a version, obeying the waivers that were granted."""
    policy = read_policy(work.session, record.policy_digest)
    required = frozenset[str]().union(*(policy.required_in(stage) for stage in stages))
    others = policy.required_for_release - required
    results = latest_results(work.session, subject_kind=SubjectKind.VERSION, subject_id=record.id)
    return decide_with(
        waivers_about(work.session, project=record.project, subject_id=record.id),
        [result for result in results if result.code not in others],
        required=required,
        warned_opens=policy.warned_opens,
        now=work.now,
    )


def reasons_against(work: UnitOfWork, record: VersionRecord) -> tuple[str, ...]:
    """List everything that keeps a version from serving; nothing listed opens the door."""
    decision = gates_in(work, record, stages=(Stage.VALIDATION, Stage.DELIVERY))
    weighed = standing_in(work, record.id)
    reasons = [
        *_other_terms(record),
        *authors_lack(work, record),
        *decision.reasons,
        *(() if weighed.is_granted else (f"sign-off: {weighed.sentence()}",)),
    ]
    reasons += [
        f"under the conditions of the approvals, no case of {column} is left to the model"
        for column, values in weighed.conditions.only.items()
        if not values
    ]
    return (*reasons, *reproduction_lacks(work, record), *_open_findings(work, record.id))


def incidents_against(work: UnitOfWork, project: str) -> tuple[str, ...]:
    """Name the incidents that keep a version that was taken back from serving again; a notice is none of them."""
    unresolved = read_incidents(work.session, project=project, is_unresolved=True)
    return tuple(
        f"{one.id} is not resolved: `flywheel incidents resolve {one.id}` where it is over"
        for one in unresolved
        if one.severity is IncidentSeverity.PAGE
    )


def _other_terms(record: VersionRecord) -> tuple[str, ...]:
    if record.dossier_terms in {None, record.terms}:
        return ()
    return ("its dossier was filed under another charter or policy than the present one: run validation",)


def authors_lack(work: UnitOfWork, record: VersionRecord) -> tuple[str, ...]:
    """Say who lacks among the authors that a version was registered with: the chain shows them to be authors."""
    return tuple(f"it was registered without {who}, an author by the record" for who in left_out(work, record))


def reproduction_lacks(work: UnitOfWork, record: VersionRecord) -> tuple[str, ...]:
    """Say what lacks where the pinned policy asks that a version be made again; the last attempt counts."""
    if not read_policy(work.session, record.policy_digest).must_be_reproduced:
        return ()
    last = latest_reproduction(work.session, record.id)
    if last is not None and last.counts:
        return ()
    if last is None:
        how = "nobody has reproduced it"
    elif last.state is ReproductionState.PASSED:
        how = (
            f"the last attempt allowed predictions to differ by {last.tolerance:g}, more than the {TOLERANCE:g} "
            "that counts"
        )
    else:
        how = f"the last attempt failed ({last.badge.get('detail')})"
    return (f"the policy asks for a reproduction, and {how}: “flywheel reproduce {record.id}”",)


def _open_findings(work: UnitOfWork, version: str) -> tuple[str, ...]:
    """Name what weighs so much that it closes the door; a broken glass bears the finding that it opened itself."""
    glass = find_glass(work.session, version)
    borne = glass.finding if glass is not None and glass.until_at > work.now else ""
    found = read_findings(work.session, version)
    return tuple(
        f"finding {one.sentence(work.now)}" for one in found if one.closes_the_door(work.now) and one.id != borne
    )


def _weigh(work: UnitOfWork, record: VersionRecord, digest: Digest | None) -> Standing:
    terms = terms_of(work, record, digest)
    if terms is None:
        return Standing(
            is_granted=False,
            missing=dict(read_policy(work.session, record.policy_digest).quorum),
            approved_by={},
        )
    glass = find_glass(work.session, record.id)
    until_at = glass.until_at if glass and glass.dossier_digest == digest else None
    return standing(signoffs_of(work.session, record.id), terms=terms, now=work.now, glass_until_at=until_at)
