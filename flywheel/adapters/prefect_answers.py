"""What Prefect's API answers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from flywheel.domain.digests import Json
from flywheel.errors import Unavailable


class RunStateType(StrEnum):
    """The types that a Prefect state can have."""

    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CRASHED = "CRASHED"


FINAL_STATES = frozenset({RunStateType.CANCELLED, RunStateType.COMPLETED, RunStateType.FAILED, RunStateType.CRASHED})


CONTINUES = "continues:"
"""The tag of a run that goes on with the work of one that died, before that run's id."""


@dataclass(frozen=True)
class RunFacts:
    """A flow run as Prefect knows it."""

    id: str
    name: str
    deployment_id: str | None
    parameters: Mapping[str, Json]
    tags: tuple[str, ...]
    state: RunStateType
    state_name: str
    message: str
    state_at: datetime
    pause_key: str | None = None
    form_key: str | None = None
    """Under which key the run keeps the form that it waits for; the form is written just after the run suspends."""
    run_count: int = 0
    is_by_schedule: bool = False
    """Made ahead of its time by the deployment's schedule."""

    @property
    def is_final(self) -> bool:
        """The run has ended, one way or another."""
        return self.state in FINAL_STATES

    @property
    def has_died(self) -> bool:
        """The run has ended without completing."""
        return self.is_final and self.state is not RunStateType.COMPLETED

    @property
    def is_underway(self) -> bool:
        """The run has begun or was asked for, and has not ended; what a schedule made ahead of its time is not."""
        return not self.is_final and not (self.state is RunStateType.SCHEDULED and self.is_by_schedule)

    @property
    def is_waiting(self) -> bool:
        """The run is paused or suspended: a person is asked."""
        return self.state is RunStateType.PAUSED


def run_of(row: Mapping[str, Json]) -> RunFacts:
    """Read a flow run."""
    state = object_of(row["state"]) if row.get("state") else {"type": "PENDING", "name": "Pending", "timestamp": None}
    return RunFacts(
        id=str(row["id"]),
        name=str(row["name"]),
        deployment_id=None if row["deployment_id"] is None else str(row["deployment_id"]),
        parameters=object_of(row["parameters"]),
        tags=tuple(strings_of(row["tags"])),
        state=RunStateType(str(state["type"])),
        state_name=str(state["name"]),
        message=str(state.get("message") or ""),
        state_at=time_of(state["timestamp"] or row["created"]),
        pause_key=_pause_key(state.get("state_details")),
        form_key=_form_key(state.get("state_details")),
        run_count=count if isinstance(count := row.get("run_count"), int) else 0,
        is_by_schedule=row.get("auto_scheduled") is True,
    )


def object_of(value: Json) -> Mapping[str, Json]:
    """Expect an object."""
    if not isinstance(value, dict):
        raise Unavailable("Prefect answered in an unknown form", found=value, allowed="an object")
    return value


def list_of(value: Json) -> list[Mapping[str, Json]]:
    """Expect a list of objects."""
    if not isinstance(value, list):
        raise Unavailable("Prefect answered in an unknown form", found=value, allowed="a list")
    return [object_of(entry) for entry in value]


def strings_of(value: Json) -> list[str]:
    """Read a list of texts."""
    return [str(entry) for entry in value] if isinstance(value, list) else []


def time_of(value: Json) -> datetime:
    """Read a time."""
    return datetime.fromisoformat(str(value)).astimezone(UTC)


def _pause_key(details: Json) -> str | None:
    key = details.get("pause_key") if isinstance(details, dict) else None
    return None if key is None else str(key)


def _form_key(details: Json) -> str | None:
    keys = details.get("run_input_keyset") if isinstance(details, dict) else None
    key = keys.get("schema") if isinstance(keys, dict) else None
    return None if key is None else str(key)
