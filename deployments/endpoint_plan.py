"""What to do next so that what is served becomes what is desired: a pure decision, carried out elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

DRAIN_SECONDS = 15.0


class Desired(Protocol):
    """What the catalog says of one endpoint; `services.endpoints.EndpointRecord` has this shape."""

    @property
    def name(self) -> str:
        """The endpoint."""
        ...

    @property
    def mode(self) -> str:
        """model, rule or stopped."""
        ...

    @property
    def package(self) -> Mapping[str, Any]:
        """The package's uri, digest and tag; empty where nothing was ever released."""
        ...

    @property
    def conditions(self) -> Mapping[str, Any]:
        """What the approvals bind it to."""
        ...

    @property
    def generation(self) -> int:
        """Grows with every change."""
        ...

    @property
    def port(self) -> int | None:
        """Where it was last served."""
        ...


class State(StrEnum):
    """Where a server is in its life."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    ENDED = "ended"


@dataclass(frozen=True)
class Running:
    """One server as the plan sees it: which endpoint and generation, its state and for how long."""

    name: str
    generation: int
    state: State
    seconds: float = 0.0
    pause_seconds: float = 0.0
    """How long this endpoint still waits before it is tried again."""


class Verb(StrEnum):
    """What may be needed to get from what runs to what is desired."""

    START = "start"
    STOP = "stop"
    KILL = "kill"
    BURY = "bury"


@dataclass(frozen=True)
class Action:
    """One step, for one server of an endpoint."""

    verb: Verb
    name: str
    generation: int


def plan(
    desired: Iterable[Desired], running: Iterable[Running], *, ready_within_seconds: float = 60.0
) -> tuple[Action, ...]:
    """Say what to do next; a newer generation is started beside the older one, which goes once the newer is ready."""
    wanted = {record.name: record for record in desired if record.mode != "stopped"}
    servers = tuple(running)
    actions = [action for server in servers for action in _end(server, wanted, servers, ready_within_seconds)]
    for record in wanted.values():
        mine = [s for s in servers if s.name == record.name and s.generation == record.generation]
        if all(s.state is State.ENDED and s.pause_seconds <= 0 for s in mine):
            actions.append(Action(Verb.START, record.name, record.generation))
    return tuple(actions)


def _end(
    server: Running, wanted: Mapping[str, Desired], servers: tuple[Running, ...], ready_within_seconds: float
) -> Iterable[Action]:
    record = wanted.get(server.name)
    is_current = record is not None and record.generation == server.generation
    if server.state is State.ENDED:
        if not is_current or server.pause_seconds <= 0:
            yield Action(Verb.BURY, server.name, server.generation)
    elif server.state is State.STOPPING:
        if server.seconds > DRAIN_SECONDS:
            yield Action(Verb.KILL, server.name, server.generation)
    elif is_current:
        if server.state is State.STARTING and server.seconds > ready_within_seconds:
            yield Action(Verb.KILL, server.name, server.generation)
    elif record is None or _has_arrived_or_failed(record, servers):
        yield Action(Verb.STOP, server.name, server.generation)


def _has_arrived_or_failed(record: Desired, servers: tuple[Running, ...]) -> bool:
    """An older generation serves on only while the newer one starts: what cannot start is not covered up."""
    return any(
        s.name == record.name and s.generation == record.generation and s.state in {State.READY, State.ENDED}
        for s in servers
    )
