"""Waivers: an uninvolved validator lets one named finding of one gate pass up to a day, and somebody answers for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from flywheel.catalog.dataset import find_dataset, read_datasets
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.gate import latest_results
from flywheel.catalog.person import roles_of
from flywheel.catalog.project import lock_project, read_project
from flywheel.catalog.version import read_version, read_versions
from flywheel.catalog.waiver import GrantedWaiver, read_waiver, read_waivers, waiver_id, waivers_about
from flywheel.domain.authority import RIGHTS, Permission
from flywheel.domain.comments import check_reason
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.approval import WaiverEnded, WaiverGranted, WaiverRefused
from flywheel.domain.tolerance import can_be_waived, check_until, is_waivable
from flywheel.domain.waivers import Waiver
from flywheel.errors import InputRefused, NotFound, Refused, some_of
from flywheel.services.people.notary import notarised
from flywheel.services.people.ownership import prove_with_owner
from flywheel.services.people.proof import Proof, decide, prove, short
from flywheel.services.standing.waking import wake_vain

VERSION_MARK, DATASET_MARK = ":", "@"


@dataclass(frozen=True)
class NewWaiver:
    """What is to be tolerated: a gate's finding about a version, a dataset version or a whole project."""

    about: str
    code: str
    finding: str
    """The place that the finding names, such as a column; empty for a finding that names none."""
    owner: str
    reason: str
    until: date


@dataclass(frozen=True)
class _Subject:
    project: str
    kind: SubjectKind
    id: str


@notarised
def grant_waiver(catalog: Catalog, *, wanted: NewWaiver, proof: Proof, owner_code: str = "") -> GrantedWaiver:
    """Let a validator, no author, tolerate a finding that is there now, up to a day.

    Whoever answers for it, if another than the validator, shows a code as well.
    """

    def act(work: UnitOfWork) -> GrantedWaiver:
        request: list[object] = ["grant_waiver", wanted, proof.who]
        subject = _locked(work, wanted.about)
        work.stand(subject.project)
        first = work.recall(proof.once("grant_waiver"), request)
        if first is not None:
            return read_waiver(work.session, str(first.value))
        _must_be_uninvolved_validator(work, subject.project, proof.who)
        _check(work, subject, wanted)
        who = prove_with_owner(work, proof, owner=wanted.owner, owner_code=owner_code, project=subject.project)
        said = _granted(subject, wanted, who)
        event = work.append(Draft(Verb.WAIVER_GRANTED, proof.who, subject.kind, subject.id, "", said))
        work.remember(proof.once("grant_waiver"), request, waiver_id(event.sequence))
        return read_waiver(work.session, waiver_id(event.sequence))

    return decide(
        catalog,
        proof,
        act=act,
        refused=lambda work, refusal: _refused(
            work, wanted.about, proof, refusal, gate=short(wanted.code), finding=short(wanted.finding)
        ),
        also=wanted.owner,
    )


@notarised
def end_waiver(catalog: Catalog, *, waiver: str, reason: str, proof: Proof) -> GrantedWaiver:
    """Take a waiver back before its day: the gate closes again."""

    def act(work: UnitOfWork) -> GrantedWaiver:
        request: list[object] = ["end_waiver", waiver, reason, proof.who]
        lock_project(work.session, read_waiver(work.session, waiver).project)
        present = read_waiver(work.session, waiver)
        if work.recall(proof.once("end_waiver"), request) is not None:
            return present
        _must_be_uninvolved_validator(work, present.project, proof.who)
        why = check_reason(reason, what="ending a waiver")
        if present.ended_by:
            raise Refused(f"{waiver} was ended already", found=present.ended_by)
        prove(work, proof)
        said = WaiverEnded(present.project, waiver, why)
        event = work.append(Draft(Verb.WAIVER_ENDED, proof.who, present.subject_kind, present.subject_id, "", said))
        wake_vain(work, present.project, sequence=event.sequence)
        work.remember(proof.once("end_waiver"), request, waiver)
        return read_waiver(work.session, waiver)

    about = _read(catalog, waiver).subject_id
    return decide(
        catalog, proof, act=act, refused=lambda work, refusal: _refused(work, about, proof, refusal, waiver=waiver)
    )


def list_waivers(catalog: Catalog, *, project: str) -> tuple[GrantedWaiver, ...]:
    """List a project's waivers, oldest first; those that are over too."""
    with catalog.look() as work:
        read_project(work.session, project)
        return read_waivers(work.session, project)


def waivers_for(catalog: Catalog, *, project: str, subject_id: str) -> tuple[Waiver, ...]:
    """Give the waivers that gates on a thing obey; the decision looks at the day."""
    with catalog.look() as work:
        return waivers_about(work.session, project=project, subject_id=subject_id)


def in_force(catalog: Catalog, *, project: str, kinds: Collection[SubjectKind]) -> tuple[Waiver, ...]:
    """Name a project's waivers that hold now on some kinds of things, for results that lean on them."""
    with catalog.look() as work:
        found = read_waivers(work.session, project)
        return tuple(one.waiver for one in found if one.subject_kind in kinds and one.holds(work.now))


def _read(catalog: Catalog, waiver: str) -> GrantedWaiver:
    with catalog.look() as work:
        return read_waiver(work.session, waiver)


def _locked(work: UnitOfWork, about: str) -> _Subject:
    subject = _subject(work, about)
    lock_project(work.session, subject.project)
    return subject


def _subject(work: UnitOfWork, about: str) -> _Subject:
    if DATASET_MARK in about:
        found = find_dataset(work.session, about)
        if found is None:
            raise NotFound("there is no such dataset version", found=about, next_step="`flywheel data list`")
        return _Subject(found.project, SubjectKind.DATASET, about)
    if VERSION_MARK in about:
        return _Subject(read_version(work.session, about).project, SubjectKind.VERSION, about)
    return _Subject(read_project(work.session, about).slug, SubjectKind.PROJECT, about)


def _must_be_uninvolved_validator(work: UnitOfWork, project: str, person: str) -> None:
    """A waiver may outlive the version that is at hand, so whoever made any of the project's versions is involved."""
    made = {author.casefold() for version in read_versions(work.session, project) for author in version.authors}
    if person in made:
        raise Refused(f"{person} is an author in {project} and may waive nothing there", next_step="ask a validator")
    roles = roles_of(work.session, person=person, project=project, authors=made)
    if not RIGHTS[Permission.WAIVE].roles & roles:
        held = ", ".join(sorted(role.value for role in roles)) or "none"
        raise Refused("only a validator may waive a finding", found=held, next_step="ask a validator of this project")


def _check(work: UnitOfWork, subject: _Subject, wanted: NewWaiver) -> None:
    owner = wanted.owner.strip().casefold()
    check_reason(wanted.reason, what="waiving a finding")
    check_until(wanted.until, now=work.now)
    if "@" not in owner or len(owner) > 200 or not owner.isprintable():
        raise InputRefused(
            "name the person who is accountable for a waiver", found=owner[:60] or None, allowed="an e-mail"
        )
    _must_be_there(work, subject, wanted.code.strip().upper(), wanted.finding.strip())


def _granted(subject: _Subject, wanted: NewWaiver, owner: str) -> WaiverGranted:
    return WaiverGranted(
        project=subject.project,
        version=subject.id if subject.kind is SubjectKind.VERSION else "",
        code=wanted.code.strip().upper(),
        finding=wanted.finding.strip(),
        owner=owner,
        acknowledged_by=owner,
        reason=check_reason(wanted.reason, what="waiving a finding"),
        until=wanted.until,
    )


def _must_be_there(work: UnitOfWork, subject: _Subject, code: str, finding: str) -> None:
    """Refuse a blank cheque: what is waived must have been found on the thing, or on the project's newest ones."""
    things = [(subject.kind, subject.id)]
    if subject.kind is SubjectKind.PROJECT:
        things = [(SubjectKind.VERSION, one.id) for one in read_versions(work.session, subject.project)[:1]]
        things += [(SubjectKind.DATASET, one.id) for one in read_datasets(work.session, subject.project)[:1]]
    results = [one for kind, name in things for one in latest_results(work.session, subject_kind=kind, subject_id=name)]
    if any(can_be_waived(result, code=code, subject=finding) for result in results):
        return
    of_gate = [result for result in results if result.code == code]
    places = sorted({f"“{one.locator}”" for result in of_gate if is_waivable(result) for one in result.findings})
    raise Refused(
        f"{code} has no finding about “{finding}” on {subject.id} that could be waived",
        found=", ".join(f"{result.code} {result.verdict.value}" for result in of_gate) or "this gate has not run on it",
        allowed=f"findings about {some_of(places, most=10)}" if places else "a finding of a gate that failed or warned",
        next_step="never waived: who may see what, whether what serves is what was judged, and a gate that could not "
        "judge "
        "or left findings out of its report",
    )


def _refused(
    work: UnitOfWork, about: str, proof: Proof, refusal: Refused, *, gate: str = "", finding: str = "", waiver: str = ""
) -> Draft:
    subject = _locked(work, about)
    said = WaiverRefused(subject.project, short(proof.who), refusal.sentence(), gate, finding, waiver)
    return Draft(Verb.WAIVER_REFUSED, short(proof.who), subject.kind, subject.id, "", said)
