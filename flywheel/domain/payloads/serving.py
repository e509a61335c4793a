"""What events about endpoints, the health of what serves, incidents, costs and notes say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flywheel.domain.conditions import Conditions
from flywheel.domain.digests import Digest, Json
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.incidents import IncidentSeverity
from flywheel.domain.monitoring import WindowState
from flywheel.domain.notes import NoteKind


@dataclass(frozen=True)
class ModelReleased:
    """A version went through the door, for the first time or again."""

    project: str
    version: str
    model_digest: Digest
    mode: EndpointMode
    package: Mapping[str, Json]
    conditions: Conditions
    dossier_digest: Digest
    project_digest: Digest
    policy_digest: Digest
    authors: tuple[str, ...]
    run_id: str = ""
    reason: str = ""


@dataclass(frozen=True)
class EndpointLed:
    """An endpoint was led to safety: to another version, its rule or nobody."""

    project: str
    version: str | None
    model_digest: Digest | None
    mode: EndpointMode
    package: Mapping[str, Json]
    conditions: Conditions
    from_version: str | None
    reason: str
    incident: str | None


@dataclass(frozen=True)
class EndpointLimited:
    """What serves was bound to stricter conditions."""

    project: str
    version: str | None
    model_digest: Digest | None
    mode: EndpointMode
    package: Mapping[str, Json]
    conditions: Conditions


@dataclass(frozen=True)
class HealthRecorded:
    """How a window of traffic was judged."""

    version: str
    served_by: str
    start_at: datetime
    end_at: datetime
    state: WindowState
    rows: int
    words: str
    signals: Mapping[str, Json]
    verdicts: Mapping[str, Json]
    columns: Mapping[str, Json]
    run_id: str


@dataclass(frozen=True)
class RowsCameLate:
    """How many rows came after a window was judged."""

    version: str
    served_by: str
    start_at: datetime
    end_at: datetime
    late_rows: int


@dataclass(frozen=True)
class IncidentSeen:
    """What was seen when an incident opened, or recurred."""

    project: str
    key: str
    severity: IncidentSeverity
    title: str
    cause: str
    consequence: Decimal | None
    actions: tuple[str, ...]
    evidence: Mapping[str, Json]
    run_id: str
    signs: tuple[str, ...]
    adds: bool
    """Whether it is worse than what was known, or another sign rings."""
    version: str | None = None
    """Of which version it was seen, and in which window of its traffic."""
    window_from: datetime | None = None
    window_until: datetime | None = None
    channels: tuple[str, ...] = ()
    """Over which it is paged."""


@dataclass(frozen=True)
class IncidentAcknowledged:
    """Somebody has taken it up."""

    project: str


@dataclass(frozen=True)
class IncidentPartlyResolved:
    """Some of the faults that it was told of are over, and how; others stand."""

    project: str
    resolution: str
    numbers: tuple[int, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class IncidentResolved:
    """It is over, and how; with the titles of the faults that this closes."""

    project: str
    resolution: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class PredictionsSealed:
    """How far the chain of a prediction log had come, and what its last line's digest stands for."""

    project: str
    lines: int
    digest: str
    segments: int
    rows: int
    generation: int
    """What the endpoint was told to serve then."""


@dataclass(frozen=True)
class PredictionsRewritten:
    """A chain of a prediction log is put in the place of another, and why; digests of what went and of what came."""

    project: str
    reason: str
    lines_before: int
    digest_before: str
    lines: int
    digest: str
    replaced: int
    replaced_rows: int
    replaced_digest: str
    made: int
    made_rows: int
    made_digest: str


@dataclass(frozen=True)
class CostRecorded:
    """A line of cost."""

    run_id: str
    kind: str
    quantity: float
    money: Decimal


@dataclass(frozen=True)
class NoteWritten:
    """Somebody said something about a thing, and about which place in it."""

    id: str
    project: str
    version: str
    locator: str
    kind: NoteKind
    text: str
    reply_to: str


@dataclass(frozen=True)
class NoteResolved:
    """What a note asks or claims is settled."""

    id: str
    project: str
    version: str
