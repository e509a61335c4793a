"""Model versions: what may be approved and served, and how each stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum

from sqlalchemy import UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf, get_one
from flywheel.domain.digests import Digest, Json, digest_of
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.making import DossierFiled, VersionRegistered, VersionResubmitted
from flywheel.domain.payloads.serving import EndpointLed, ModelReleased
from flywheel.domain.payloads.walk import ProjectMoved
from flywheel.errors import NotFound
from flywheel.project.tabular.recipe import columns_of


class VersionState(StrEnum):
    """Whether a version is a candidate, serves, served, was taken back or is over."""

    CANDIDATE = "candidate"
    RELEASED = "released"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"


class VersionRow(Base):
    """One model version; the same model is never two versions of a project."""

    __tablename__ = "version"
    __table_args__ = (UniqueConstraint("project", "number"), UniqueConstraint("project", "model_digest"))

    id: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str]
    number: Mapped[int]
    model_digest: Mapped[str]
    dataset_digest: Mapped[str]
    experiment_id: Mapped[str]
    mlflow_run_id: Mapped[str]
    recipe: Mapped[Document]
    authors: Mapped[list[Json]]
    authorship: Mapped[Document]
    policy_digest: Mapped[str]
    project_digest: Mapped[str]
    dossier_digest: Mapped[str | None]
    dossier_terms: Mapped[str | None]
    evidence_digest: Mapped[str | None]
    state: Mapped[str]
    row_version: Mapped[int]
    registered_at: Mapped[datetime]


@dataclass(frozen=True)
class VersionRecord:
    """One model version."""

    id: str
    project: str
    number: int
    model_digest: Digest
    dataset_digest: Digest
    recipe: Mapping[str, Json]
    authors: tuple[str, ...]
    policy_digest: Digest
    """What it is judged under now; what it serves under is its release's."""
    dossier_digest: Digest | None
    experiment_id: str
    mlflow_run_id: str
    state: VersionState
    project_digest: Digest
    evidence_digest: Digest | None
    registered_at: datetime
    dossier_terms: Digest | None = None
    """The terms under which its dossier was filed; where they are others by now, nobody has signed these."""
    authorship: Mapping[str, Json] = field(default_factory=dict)
    """Why each author is one, the commit at which it was asked, and what could not be learned."""

    @property
    def terms(self) -> Digest:
        """The charter and policy that it is submitted under now, as one value."""
        return digest_of([self.project_digest, self.policy_digest])

    @property
    def recipe_features(self) -> tuple[str, ...]:
        """Name the features that the model learned from, derived ones among them."""
        features = self.recipe.get("features", [])
        return tuple(str(feature) for feature in features) if isinstance(features, list) else ()

    @property
    def recipe_inputs(self) -> tuple[str, ...]:
        """Name the columns of the data that the model reads, for themselves or for a derived feature."""
        own, read = columns_of(self.recipe)
        return tuple(dict.fromkeys([*own, *read]))


def read_version(session: Session, version: str) -> VersionRecord:
    """Read a version that must be there."""
    row = session.get(VersionRow, version, populate_existing=True)
    if row is None:
        there = session.scalars(select(VersionRow.id)).all()
        own = [one for one in there if one.rpartition(":")[0] == version]
        newest = sorted(own, key=lambda one: int(one.rpartition(":")[2]))[-1:]
        close = newest or get_close_matches(version, there, n=1)
        next_step = f"did you mean {close[0]}?" if close else "see `flywheel status`"
        raise NotFound("there is no such version", found=version, next_step=next_step)
    return record_of(row)


def find_by_model(session: Session, *, project: str, model_digest: str) -> VersionRecord | None:
    """Find the version that this model already is."""
    row = session.scalar(
        select(VersionRow).where(VersionRow.project == project, VersionRow.model_digest == model_digest)
    )
    return record_of(row) if row else None


def find_released(session: Session, project: str) -> VersionRecord | None:
    """Find the project's released version."""
    row = session.scalar(
        select(VersionRow).where(VersionRow.project == project, VersionRow.state == VersionState.RELEASED)
    )
    return record_of(row) if row else None


def next_number(session: Session, project: str) -> int:
    """Number the project's next version."""
    return (session.scalar(select(func.max(VersionRow.number)).where(VersionRow.project == project)) or 0) + 1


def read_versions(session: Session, project: str) -> tuple[VersionRecord, ...]:
    """List a project's versions, the newest first."""
    rows = session.scalars(select(VersionRow).where(VersionRow.project == project).order_by(VersionRow.number.desc()))
    return tuple(record_of(row) for row in rows)


def record_of(row: VersionRow) -> VersionRecord:
    """Read a row."""
    return VersionRecord(
        id=row.id,
        project=row.project,
        number=row.number,
        model_digest=Digest(row.model_digest),
        dataset_digest=Digest(row.dataset_digest),
        recipe=row.recipe,
        authors=tuple(str(author) for author in row.authors),
        policy_digest=Digest(row.policy_digest),
        dossier_digest=Digest(row.dossier_digest) if row.dossier_digest else None,
        experiment_id=row.experiment_id,
        mlflow_run_id=row.mlflow_run_id,
        state=VersionState(row.state),
        project_digest=Digest(row.project_digest),
        evidence_digest=Digest(row.evidence_digest) if row.evidence_digest else None,
        registered_at=row.registered_at,
        dossier_terms=Digest(row.dossier_terms) if row.dossier_terms else None,
        authorship=row.authorship,
    )


def _register(shelf: Shelf, event: Event, said: VersionRegistered) -> None:
    shelf.add(
        VersionRow(
            id=event.subject_id,
            project=said.project,
            number=said.number,
            model_digest=event.subject_digest,
            dataset_digest=said.dataset_digest,
            experiment_id=said.experiment_id,
            mlflow_run_id=said.mlflow_run_id,
            recipe=dict(said.recipe),
            authors=list(said.authors),
            authorship=dict(said.authorship),
            policy_digest=said.policy_digest,
            project_digest=said.project_digest,
            state=VersionState.CANDIDATE.value,
            row_version=1,
            registered_at=event.happened_at,
        )
    )


def _resubmit(shelf: Shelf, event: Event, said: VersionResubmitted) -> None:
    row = get_one(shelf, VersionRow, event.subject_id)
    row.policy_digest, row.project_digest = said.policy_digest, said.project_digest
    row.authors, row.authorship = list(said.authors), dict(said.authorship)
    row.row_version += 1


def _file_dossier(shelf: Shelf, event: Event, said: DossierFiled) -> None:
    row = get_one(shelf, VersionRow, event.subject_id)
    row.dossier_digest, row.evidence_digest = event.subject_digest, said.evidence_digest
    row.dossier_terms = said.terms
    row.row_version += 1


def _release(shelf: Shelf, _event: Event, said: ModelReleased) -> None:
    _put_released(shelf, said.project, said.version, become=VersionState.SUPERSEDED)


def _fall_back(shelf: Shelf, _event: Event, said: EndpointLed) -> None:
    _put_released(shelf, said.project, said.version, become=VersionState.WITHDRAWN)


def _retire(shelf: Shelf, event: Event, _said: ProjectMoved) -> None:
    for row in shelf.find(VersionRow, project=event.subject_id):
        _change(row, VersionState.RETIRED)


def _put_released(shelf: Shelf, project: str, new: str | None, *, become: VersionState) -> None:
    for row in shelf.find(VersionRow, project=project, state=VersionState.RELEASED.value):
        if row.id != new:
            _change(row, become)
    if new is not None:
        _change(get_one(shelf, VersionRow, new), VersionState.RELEASED)


def _change(row: VersionRow, state: VersionState) -> None:
    row.state = state.value
    row.row_version += 1


PROJECTIONS: dict[Verb, Projection] = {
    Verb.VERSION_REGISTERED: _register,
    Verb.VERSION_RESUBMITTED: _resubmit,
    Verb.DOSSIER_FILED: _file_dossier,
    Verb.RELEASE_MADE: _release,
    Verb.ENDPOINT_RESTORED: _release,
    Verb.ENDPOINT_FELL_BACK: _fall_back,
    Verb.ENDPOINT_STOPPED: _fall_back,
    Verb.PROJECT_RETIRED: _retire,
    Verb.PROJECT_CLOSED_NULL: _retire,
}
