"""The one door into business, and the ways out of it towards safety."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from flywheel.catalog.endpoint import EndpointRecord, find_endpoint, read_endpoint, read_releases
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.gate import has_passed_on
from flywheel.catalog.project import ProjectRecord, lock_project, read_project
from flywheel.catalog.version import VersionRecord, VersionState
from flywheel.domain.conditions import Conditions
from flywheel.domain.digests import Json, plain
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.serving import EndpointLed, EndpointLimited, ModelReleased
from flywheel.domain.payloads.walk import ProjectMoved
from flywheel.domain.stages import Stage, move
from flywheel.errors import Refused
from flywheel.services.people.notary import notarised
from flywheel.services.record.ground import proven_version
from flywheel.services.serving.stand_ins import StandIn, stand_in
from flywheel.services.standing.weighing import awaits_release, incidents_against, reasons_against, standing_in

PARITY = "PARITY-001"
"""The gate that compares the package with the trained model, whatever the policy asks for."""
NOTHING_STANDS_IN = "nothing that the charter's fallback names is available, so nobody answers"


@notarised
def make_release(
    catalog: Catalog, *, version: str, run_id: str, actor: str, package: Mapping[str, Json]
) -> EndpointRecord:
    """Let a version serve if every gate of its policy opened and its quorum signed; else refuse with all reasons."""
    with catalog.begin() as work:
        record = proven_version(work, version)
        serving = find_endpoint(work.session, record.project)
        is_there = serving is not None and serving.version == version and serving.mode is EndpointMode.MODEL
        if (
            serving is not None
            and is_there
            and dict(serving.package) == plain(package)
            and not awaits_release(work, record)
        ):
            return serving
        return _through_the_door(work, Verb.RELEASE_MADE, record, package, run_id=run_id, actor=actor)


def bring_back(work: UnitOfWork, record: VersionRecord, *, reason: str, actor: str) -> EndpointRecord:
    """Let a version that was taken back serve again, through the same door; the project's row is locked."""
    released = read_releases(work.session, record.project)
    package = next((one.package for one in released if one.version == record.id), None)
    if package is None:
        raise Refused(f"{record.id} has never been released", next_step="release it through delivery")
    if record.state is not VersionState.WITHDRAWN:
        raise Refused(
            f"{record.id} was not taken back",
            found=record.state.value,
            allowed="a version that was taken back",
            next_step="take back what serves: `flywheel withdraw` lets the previous version answer",
        )
    return _through_the_door(work, Verb.ENDPOINT_RESTORED, record, package, reason=reason, actor=actor)


@notarised
def fall_back(
    catalog: Catalog,
    *,
    project: str,
    reason: str,
    incident: str | None,
    actor: str,
    version: str | None = None,
    broken: Collection[str] = (),
) -> EndpointRecord:
    """Take back what serves: what its charter's `[delivery] fallback` names first, and is there, answers instead.

    What decides by none of the `broken` columns comes first. Where nothing is there nobody answers. Where a version is
    named, any other that serves by now stays.
    """
    with catalog.begin() as work:
        lock_project(work.session, project)
        present = read_endpoint(work.session, project)
        if present.mode is not EndpointMode.MODEL or version not in {None, present.version}:
            return present
        return take_back(work, present, reason=reason, incident=incident, actor=actor, broken=broken)


def take_back(
    work: UnitOfWork,
    present: EndpointRecord,
    *,
    reason: str,
    incident: str | None,
    actor: str,
    broken: Collection[str] = (),
) -> EndpointRecord:
    """Fall back within a decision that is under way; the project's row is locked by the caller."""
    said = stand_in(work, present, broken=broken)
    if said is None:
        return _stop(work, present, reason=f"{reason}; {NOTHING_STANDS_IN}", incident=incident, actor=actor)
    return _leave(work, Verb.ENDPOINT_FELL_BACK, present, said, reason=reason, incident=incident, actor=actor)


def limit(work: UnitOfWork, present: EndpointRecord, conditions: Conditions, *, actor: str) -> EndpointRecord:
    """Bind what serves to stricter conditions; it begins anew with them."""
    said = EndpointLimited(
        present.project, present.version, present.model_digest, present.mode, present.package, conditions
    )
    work.append(
        Draft(Verb.ENDPOINT_LIMITED, actor, SubjectKind.ENDPOINT, present.name, present.model_digest or "", said)
    )
    return read_endpoint(work.session, present.name)


@notarised
def stop(catalog: Catalog, *, project: str, reason: str, incident: str | None, actor: str) -> EndpointRecord:
    """Let nobody answer."""
    with catalog.begin() as work:
        lock_project(work.session, project)
        return let_nobody_answer(work, project, reason=reason, incident=incident, actor=actor)


def let_nobody_answer(
    work: UnitOfWork, project: str, *, reason: str, incident: str | None, actor: str
) -> EndpointRecord:
    """Stop within a decision that is under way; the project's row is locked by the caller."""
    present = read_endpoint(work.session, project)
    if present.mode is EndpointMode.STOPPED:
        return present
    return _stop(work, present, reason=reason, incident=incident, actor=actor)


def retire(catalog: Catalog, *, project: str, reason: str, actor: str) -> ProjectRecord:
    """End a product: nothing answers and nothing of it can be approved any more."""
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        step = move(Stage(row.stage), Stage.RETIRED, reason=reason)
        present = find_endpoint(work.session, project)
        if present is not None and present.mode is not EndpointMode.STOPPED:
            _stop(work, present, reason=reason, incident=None, actor=actor)
        said = ProjectMoved(Stage(row.stage), step.target, step.reason)
        event = work.append(Draft(Verb.PROJECT_RETIRED, actor, SubjectKind.PROJECT, project, row.project_digest, said))
        work.enqueue("deploy_project", f"deploy:{project}:{event.sequence}", {"project": project})
        return read_project(work.session, project)


def _through_the_door(
    work: UnitOfWork,
    verb: Verb,
    record: VersionRecord,
    package: Mapping[str, Json],
    *,
    actor: str,
    run_id: str = "",
    reason: str = "",
) -> EndpointRecord:
    reasons = [*_reasons_of_state(work, record), *reasons_against(work, record)]
    reasons += _reasons_of_package(work, record, package)
    if reasons:
        raise Refused(f"{record.id} may not serve: {'; '.join(reasons)}", next_step="see its dossier and gates")
    assert record.dossier_digest is not None, "nobody can have signed"
    said = ModelReleased(
        project=record.project,
        version=record.id,
        model_digest=record.model_digest,
        mode=EndpointMode.MODEL,
        package=package,
        conditions=standing_in(work, record.id).conditions,
        dossier_digest=record.dossier_digest,
        project_digest=record.project_digest,
        policy_digest=record.policy_digest,
        authors=record.authors,
        run_id=run_id,
        reason=reason,
    )
    event = work.append(Draft(verb, actor, SubjectKind.ENDPOINT, record.project, record.model_digest, said))
    _move_alias(work, record.project, record.id, event.sequence)
    work.enqueue("export_head", f"head:{event.sequence}", {"project": record.project})
    work.enqueue("deploy_project", f"deploy:{record.project}:{event.sequence}", {"project": record.project})
    return read_endpoint(work.session, record.project)


def _reasons_of_state(work: UnitOfWork, record: VersionRecord) -> tuple[str, ...]:
    if record.state is VersionState.RETIRED:
        return ("the version is retired: its project has ended",)
    if record.state is VersionState.WITHDRAWN:
        return tuple(f"it was taken back and {words}" for words in incidents_against(work, record.project))
    return ()


def _reasons_of_package(work: UnitOfWork, record: VersionRecord, package: Mapping[str, Json]) -> tuple[str, ...]:
    digest = str(package.get("digest") or "")
    if not digest:
        return ("the package has no digest",)
    if has_passed_on(work.session, subject_id=record.id, code=PARITY, figure="package", value=digest):
        return ()
    return (f"{PARITY} has not compared this package ({digest}); run delivery again",)


def _stop(
    work: UnitOfWork, present: EndpointRecord, *, reason: str, incident: str | None, actor: str
) -> EndpointRecord:
    said = StandIn(EndpointMode.STOPPED, present.package)
    return _leave(work, Verb.ENDPOINT_STOPPED, present, said, reason=reason, incident=incident, actor=actor)


def _leave(
    work: UnitOfWork,
    verb: Verb,
    present: EndpointRecord,
    instead: StandIn,
    *,
    reason: str,
    incident: str | None,
    actor: str,
) -> EndpointRecord:
    if not reason.strip():
        raise Refused("taking a version back needs a reason", next_step="say what was observed")
    said = EndpointLed(
        project=present.project,
        version=instead.version.id if instead.version else None,
        model_digest=instead.version.model_digest if instead.version else None,
        mode=instead.mode,
        package=instead.package,
        conditions=instead.conditions,
        from_version=present.version,
        reason=reason.strip(),
        incident=incident,
    )
    event = work.append(Draft(verb, actor, SubjectKind.ENDPOINT, present.name, said.model_digest or "", said))
    _move_alias(work, present.project, said.version, event.sequence)
    return read_endpoint(work.session, present.name)


def _move_alias(work: UnitOfWork, project: str, version: str | None, sequence: int) -> None:
    work.enqueue("move_alias", f"alias:{project}:{sequence}", {"project": project, "version": version})
