"""Model versions in the record: numbered, immutable, with their authors and their pinned policy."""

from __future__ import annotations

from flywheel.adapters.git import Commits
from flywheel.catalog.endpoint import read_releases
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.experiment import read_experiment
from flywheel.catalog.project import lock_project
from flywheel.catalog.version import (
    VersionRecord,
    VersionState,
    find_by_model,
    find_released,
    next_number,
    read_version,
    read_versions,
)
from flywheel.domain.digests import Digest
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.making import VersionRegistered, VersionResubmitted
from flywheel.errors import Conflict, Refused
from flywheel.project.tabular.recipe import may_be_promoted, recipe_name
from flywheel.services.people.authors import authorship_of

__all__ = [
    "VersionRecord",
    "VersionState",
    "champion",
    "get_version",
    "list_versions",
    "register_version",
    "resubmit_version",
]


def register_version(
    catalog: Catalog,
    *,
    project: str,
    experiment_id: str,
    authors: tuple[str, ...],
    run_id: str,
    actor: str,
    commits: Commits | None = None,
) -> VersionRecord:
    """Make an experiment's model a numbered version; the same model again is the same version.

    Its authors are those named and all whom the record and git know to have had a hand in it.
    """
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        work.stand(project)
        experiment = read_experiment(work.session, experiment_id)
        if experiment.project != project:
            raise Refused("this experiment belongs to another project", found=experiment.project, allowed=project)
        if not may_be_promoted(experiment.recipe):
            raise Refused(
                f"{recipe_name(experiment.recipe)} was tried, and its model is not kept",
                next_step="take an estimator that ONNX or xgboost's JSON holds: `flywheel check` says which are",
            )
        known = find_by_model(work.session, project=project, model_digest=experiment.model_digest)
        if not authors:
            raise Refused("a version needs at least one author", next_step="name who made it")
        if known is not None:
            return _submitted_again(work, known, named=authors, commits=commits, actor=actor)
        authorship = authorship_of(work, project, named=authors, commits=commits)
        number = next_number(work.session, project)
        said = VersionRegistered(
            project=project,
            number=number,
            experiment_id=experiment_id,
            mlflow_run_id=experiment.mlflow_run_id,
            dataset_digest=experiment.dataset_digest,
            recipe=experiment.recipe,
            authors=tuple(sorted({*authorship.reasons, *(author.strip().casefold() for author in authors)})),
            authorship=authorship.to_json(),
            policy_digest=Digest(row.policy_digest),
            project_digest=Digest(row.project_digest),
            run_id=run_id,
        )
        version = f"{project}:{number}"
        work.append(Draft(Verb.VERSION_REGISTERED, actor, SubjectKind.VERSION, version, experiment.model_digest, said))
        return read_version(work.session, version)


def resubmit_version(
    catalog: Catalog,
    *,
    version: str,
    project_digest: str,
    authors: tuple[str, ...],
    actor: str,
    commits: Commits | None = None,
) -> VersionRecord:
    """Hold a version to the charter and policy that its project is submitted under now; its authors can only grow."""
    with catalog.begin() as work:
        row = lock_project(work.session, read_version(work.session, version).project)
        work.stand(row.slug)
        if row.project_digest != project_digest:
            raise Conflict("another charter was registered meanwhile", found=row.project_digest, allowed=project_digest)
        known = read_version(work.session, version)
        return _submitted_again(work, known, named=authors, commits=commits, actor=actor)


def _submitted_again(
    work: UnitOfWork, known: VersionRecord, *, named: tuple[str, ...], commits: Commits | None, actor: str
) -> VersionRecord:
    """Take over the policy in force and whoever had a hand in it since, as a new version would; people sign anew."""
    row = lock_project(work.session, known.project)
    authorship = authorship_of(work, known.project, named=named, commits=commits).to_json()
    reasons = authorship["reasons"]
    assert isinstance(reasons, dict)
    authors = tuple(sorted({*known.authors, *reasons, *(author.strip().casefold() for author in named)}))
    now = (row.policy_digest, row.project_digest, authors)
    if now == (known.policy_digest, known.project_digest, known.authors):
        return known
    earlier = known.authorship.get("reasons", {})
    assert isinstance(earlier, dict)
    said = VersionResubmitted(
        project=known.project,
        policy_digest=Digest(row.policy_digest),
        project_digest=Digest(row.project_digest),
        authors=authors,
        authorship={**authorship, "reasons": {**earlier, **reasons}},
    )
    work.append(Draft(Verb.VERSION_RESUBMITTED, actor, SubjectKind.VERSION, known.id, known.model_digest, said))
    return read_version(work.session, known.id)


def get_version(catalog: Catalog, *, version: str) -> VersionRecord:
    """Read a version."""
    with catalog.begin() as work:
        return read_version(work.session, version)


def list_versions(catalog: Catalog, *, project: str) -> tuple[VersionRecord, ...]:
    """List a project's versions, the newest first."""
    with catalog.begin() as work:
        return read_versions(work.session, project)


def last_in_use(catalog: Catalog, *, project: str) -> VersionRecord | None:
    """Read the version that is released, or the last one that was: what a retraining repeats and is held against.

    An alarm often takes the champion back and asks for retraining in one breath.
    """
    with catalog.begin() as work:
        released = find_released(work.session, project)
        if released is not None:
            return released
        names = (release.version for release in read_releases(work.session, project))
        records = (read_version(work.session, name) for name in names)
        return next((record for record in records if record.state is not VersionState.RETIRED), None)


def champion(catalog: Catalog, *, project: str) -> VersionRecord | None:
    """Read the version that is released, if any is."""
    with catalog.begin() as work:
        return find_released(work.session, project)
