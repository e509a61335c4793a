"""Projects: where each stands, and every charter that was ever submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf, get_one
from flywheel.domain.digests import Digest, Json
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.walk import (
    CharterSubmitted,
    CycleStarted,
    ProjectMoved,
    StageAbandoned,
    StageBegun,
    StageBlocked,
    StageEnded,
    StageWaiting,
)
from flywheel.domain.policy import Tier
from flywheel.domain.stages import CycleKind, Stage
from flywheel.errors import NotFound


class StageState(StrEnum):
    """What the project's present stage is doing."""

    IDLE = "idle"
    RUNNING = "running"
    WAITING = "waiting"
    BLOCKED = "blocked"


class ProjectRow(Base):
    """Where a project stands; the row that every decision about the project locks first."""

    __tablename__ = "project"

    slug: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    owner: Mapped[str]
    path: Mapped[str]
    tier: Mapped[str]
    stage: Mapped[str]
    cycle: Mapped[int]
    cycle_kind: Mapped[str]
    charter_digest: Mapped[str]
    project_digest: Mapped[str]
    policy_digest: Mapped[str]
    row_version: Mapped[int]
    stage_state: Mapped[str]
    stage_detail: Mapped[str]
    updated_at: Mapped[datetime]


class CharterRow(Base):
    """A charter as it was submitted."""

    __tablename__ = "charter"

    project: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    project_digest: Mapped[str]
    document: Mapped[Document]
    hooks: Mapped[str | None]
    submitted_at: Mapped[datetime]


@dataclass(frozen=True)
class ProjectRecord:
    """Where a project stands."""

    slug: str
    title: str
    owner: str
    path: str
    tier: Tier
    stage: Stage
    cycle: int
    cycle_kind: CycleKind
    charter_digest: Digest
    project_digest: Digest
    policy_digest: Digest
    row_version: int
    next_stage_state: StageState
    detail: str = ""


def lock_project(session: Session, slug: str) -> ProjectRow:
    """Lock the project's row until the transaction ends: decisions about one project happen one after another."""
    row = session.scalar(
        select(ProjectRow).where(ProjectRow.slug == slug).with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        raise _unknown(session, slug)
    return row


def read_project(session: Session, slug: str) -> ProjectRecord:
    """Read where a project stands."""
    row = session.get(ProjectRow, slug)
    if row is None:
        raise _unknown(session, slug)
    return record_of(row)


def read_projects(session: Session) -> tuple[ProjectRecord, ...]:
    """Read all projects by name."""
    return tuple(record_of(row) for row in session.scalars(select(ProjectRow).order_by(ProjectRow.slug)))


@dataclass(frozen=True)
class Submission:
    """What was submitted: the charter and the text of the project's own code."""

    document: Mapping[str, Json]
    hooks: str | None
    project_digest: Digest


def read_charter(session: Session, slug: str, *, project_digest: str) -> Mapping[str, Json]:
    """Read a charter as it was submitted with a project's files of this digest."""
    return read_submission(session, slug, project_digest=project_digest).document


def read_submission(session: Session, slug: str, *, project_digest: str) -> Submission:
    """Read what was submitted of a project under this digest."""
    submitted = select(CharterRow).where(CharterRow.project == slug, CharterRow.project_digest == project_digest)
    row = session.scalars(submitted.order_by(CharterRow.sequence.desc()).limit(1)).first()
    if row is None:
        raise NotFound("there is no such charter", found=project_digest)
    return Submission(row.document, row.hooks, Digest(row.project_digest))


def record_of(row: ProjectRow) -> ProjectRecord:
    """Read a row."""
    return ProjectRecord(
        slug=row.slug,
        title=row.title,
        owner=row.owner,
        path=row.path,
        tier=Tier(row.tier),
        stage=Stage(row.stage),
        cycle=row.cycle,
        cycle_kind=CycleKind(row.cycle_kind),
        charter_digest=Digest(row.charter_digest),
        project_digest=Digest(row.project_digest),
        policy_digest=Digest(row.policy_digest),
        row_version=row.row_version,
        next_stage_state=StageState(row.stage_state),
        detail=row.stage_detail,
    )


def record_from(values: Mapping[str, Json]) -> ProjectRecord:
    """Read a record back from plain values."""
    known = dict(values)
    return ProjectRecord(
        **known
        | {
            "tier": Tier(str(known["tier"])),
            "stage": Stage(str(known["stage"])),
            "cycle_kind": CycleKind(str(known["cycle_kind"])),
            "next_stage_state": StageState(str(known["next_stage_state"])),
        }  # type: ignore[arg-type]  # the values were written from a record
    )


def _unknown(session: Session, slug: str) -> NotFound:
    """Say that a project is not there, and which is probably meant."""
    last = slug.rstrip("/").rpartition("/")[2]
    close = get_close_matches(last, session.scalars(select(ProjectRow.slug)).all(), n=1)
    register = "register it: `flywheel register PATH`"
    if "/" in slug:
        register = f"a project is called by its short name once it is registered: `flywheel register {slug}`"
    next_step = f"did you mean {close[0]}?" if close else register
    return NotFound("there is no such project", found=slug, next_step=next_step)


def _submit(shelf: Shelf, event: Event, said: CharterSubmitted) -> None:
    row = shelf.get(ProjectRow, event.subject_id)
    if row is None:
        row = ProjectRow(
            slug=event.subject_id,
            stage=Stage.IDEATION.value,
            cycle=0,
            cycle_kind=CycleKind.LIFECYCLE.value,
            stage_state=StageState.IDLE.value,
            stage_detail="",
            row_version=0,
        )
        shelf.add(row)
    row.title, row.owner, row.path, row.tier = said.title, said.owner, said.path, said.tier.value
    row.charter_digest, row.project_digest = said.charter_digest, said.project_digest
    row.policy_digest = said.policy_digest
    _touch(row, event)
    shelf.add(
        CharterRow(
            project=event.subject_id,
            sequence=event.sequence,
            project_digest=said.project_digest,
            document=dict(said.document),
            hooks=said.hooks,
            submitted_at=event.happened_at,
        )
    )


def _start_cycle(shelf: Shelf, event: Event, said: CycleStarted) -> None:
    row = _row(shelf, event)
    row.cycle, row.cycle_kind = said.cycle, said.kind.value
    _stand(row, event, StageState.IDLE, stage=said.stage)


def _begin(shelf: Shelf, event: Event, _said: StageBegun) -> None:
    _stand(_row(shelf, event), event, StageState.RUNNING)


def _wait(shelf: Shelf, event: Event, said: StageWaiting) -> None:
    _stand(_row(shelf, event), event, StageState.WAITING, detail=said.why)


def _move_on(shelf: Shelf, event: Event, said: StageEnded) -> None:
    _stand(_row(shelf, event), event, StageState.IDLE, stage=said.next)


def _block(shelf: Shelf, event: Event, said: StageBlocked) -> None:
    _stand(_row(shelf, event), event, StageState.BLOCKED, detail="; ".join(said.reasons))


def _abandon(shelf: Shelf, event: Event, said: StageAbandoned) -> None:
    state = StageState.BLOCKED if said.gives_up else StageState.IDLE
    _stand(_row(shelf, event), event, state, detail=said.reason)


def _move_to(shelf: Shelf, event: Event, said: ProjectMoved) -> None:
    _stand(_row(shelf, event), event, StageState.IDLE, stage=said.to, detail=said.reason)


def _stand(row: ProjectRow, event: Event, state: StageState, *, stage: Stage | None = None, detail: str = "") -> None:
    row.stage = row.stage if stage is None else stage.value
    row.stage_state, row.stage_detail = state.value, detail
    _touch(row, event)


def _touch(row: ProjectRow, event: Event) -> None:
    row.row_version += 1
    row.updated_at = event.happened_at


def _row(shelf: Shelf, event: Event) -> ProjectRow:
    return get_one(shelf, ProjectRow, event.subject_id)


PROJECTIONS: dict[Verb, Projection] = {
    Verb.CHARTER_SUBMITTED: _submit,
    Verb.CYCLE_STARTED: _start_cycle,
    Verb.STAGE_BEGUN: _begin,
    Verb.STAGE_WAITING: _wait,
    Verb.STAGE_CONCLUDED: _move_on,
    Verb.STAGE_SKIPPED: _move_on,
    Verb.STAGE_BLOCKED: _block,
    Verb.STAGE_ABANDONED: _abandon,
    Verb.PROJECT_MOVED_BACK: _move_to,
    Verb.PROJECT_CLOSED_NULL: _move_to,
    Verb.PROJECT_RETIRED: _move_to,
}
