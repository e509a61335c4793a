"""What to do next so that what is served becomes what is desired: a pure decision, carried out elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

DRAIN_SECONDS = 15.0
SLOW_SECONDS = 10.0
"""A start usually takes three; after so long callers are not left waiting, nor is what became unsafe left serving."""


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
    def safe_from(self) -> int:
        """What was desired before this generation may not answer any more: it was taken back, bound or stopped."""
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
    failures: int = 0
    """How often this generation has ended by itself or not become ready."""
    stands_in: bool = False
    """It answers by the rule of the package whose model cannot be started."""

    @property
    def is_failing(self) -> bool:
        """It rests after it failed, or is tried again after it could not be started."""
        is_resting = self.state is State.ENDED and self.pause_seconds > 0
        return is_resting or (self.state is State.STARTING and self.failures > 1)

    @property
    def is_slow(self) -> bool:
        """Its start takes longer than callers can wait."""
        return self.state is State.STARTING and self.seconds > SLOW_SECONDS


class StepKind(StrEnum):
    """What may be needed to get from what runs to what is desired."""

    START = "start"
    STOP = "stop"
    KILL = "kill"
    BURY = "bury"


@dataclass(frozen=True)
class ServerStep:
    """One step, for one server of an endpoint."""

    kind: StepKind
    name: str
    generation: int
    stands_in: bool = False


def plan(
    desired: Iterable[Desired], running: Iterable[Running], *, ready_within_seconds: float = 60.0
) -> tuple[ServerStep, ...]:
    """Say what to do next.

    A newer generation is started beside the older one, which goes once the newer is ready. Where the newer cannot start
    an older one that may still answer serves on; where none may, the rule of the newer one's package stands in.
    """
    wanted = {record.name: record for record in desired if record.mode != "stopped"}
    servers = tuple(running)
    steps = [_step(kind, one) for one in servers for kind in _end(one, wanted, servers, ready_within_seconds)]
    for record in wanted.values():
        if _may_start(record, servers, stands_in=False):
            steps.append(ServerStep(StepKind.START, record.name, record.generation))
        if _is_in_need(record, servers) and _may_start(record, servers, stands_in=True):
            steps.append(ServerStep(StepKind.START, record.name, record.generation, stands_in=True))
    return tuple(steps)


def answers(name: str, servers: Iterable[Running]) -> Running | None:
    """Find the server that answers for an endpoint: the newest that is ready."""
    ready = (one for one in servers if one.name == name and one.state is State.READY)
    return max(ready, key=lambda one: (one.generation, not one.stands_in), default=None)


def cannot_start(record: Desired, servers: Iterable[Running]) -> bool:
    """Whether what is desired has failed and is not back, or is so slow that callers should not wait for it."""
    return any(one.is_failing or one.is_slow for one in _of(record, servers, stands_in=False))


def _step(kind: StepKind, server: Running) -> ServerStep:
    return ServerStep(kind, server.name, server.generation, server.stands_in)


def _of(record: Desired, servers: Iterable[Running], *, stands_in: bool) -> tuple[Running, ...]:
    wanted = (record.name, record.generation, stands_in)
    return tuple(one for one in servers if (one.name, one.generation, one.stands_in) == wanted)


def _may_start(record: Desired, servers: Iterable[Running], *, stands_in: bool) -> bool:
    mine = _of(record, servers, stands_in=stands_in)
    return all(one.state is State.ENDED and one.pause_seconds <= 0 for one in mine)


def _is_in_need(record: Desired, servers: tuple[Running, ...]) -> bool:
    """Whether nobody answers and the model will not soon."""
    return record.mode == "model" and answers(record.name, servers) is None and cannot_start(record, servers)


def _end(
    server: Running, wanted: Mapping[str, Desired], servers: tuple[Running, ...], ready_within_seconds: float
) -> Iterable[StepKind]:
    record = wanted.get(server.name)
    is_current = record is not None and record.generation == server.generation
    if server.state is State.ENDED:
        if not is_current or server.pause_seconds <= 0:
            yield StepKind.BURY
    elif server.state is State.STOPPING:
        if server.seconds > DRAIN_SECONDS:
            yield StepKind.KILL
    elif record is None or _is_over(server, record, servers):
        yield StepKind.STOP
    elif is_current and server.state is State.STARTING and server.seconds > ready_within_seconds:
        yield StepKind.KILL


def _is_over(server: Running, record: Desired, servers: tuple[Running, ...]) -> bool:
    """Whether a server has been followed by a better one, or may answer no longer."""
    mine = _of(record, servers, stands_in=False)
    if any(one.state is State.READY for one in mine):
        return server not in mine
    if server.generation == record.generation:
        return False
    is_unsafe = server.generation < record.safe_from
    return cannot_start(record, servers) and (is_unsafe or server.state is not State.READY)
