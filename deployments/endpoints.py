"""The endpoint keeper: makes what is served on this machine equal to what the catalog desires."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployments.endpoint_plan import DRAIN_SECONDS, Action, Desired, Running, State, Verb, plan
from flywheel.adapters.bentoml import verify_package
from flywheel.adapters.bentoml_server import (
    EndpointServer,
    ask_to_stop,
    listen,
    poll_ready,
    reap,
    start_endpoint,
    stop_endpoint,
)
from flywheel.errors import FlywheelError, Tampered, Unavailable
from flywheel.project.contract import Mode
from flywheel.settings import Settings

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
VERIFY_EVERY_SECONDS = 30.0
PORTS_TRIED = 200


@dataclass(frozen=True)
class Observation:
    """What is true of an endpoint now."""

    name: str
    generation: int
    port: int | None
    pid: int | None
    is_ready: bool
    detail: str = ""


@dataclass(frozen=True)
class Alteration:
    """A package that is no longer what was released."""

    name: str
    generation: int
    what: str
    is_serving: bool


@dataclass
class _Slot:
    """One server of an endpoint, or the memory of one that failed."""

    record: Desired
    server: EndpointServer | None
    state: State
    since: float
    verified_at: float = 0.0
    retry_at: float = 0.0
    detail: str = ""


@dataclass
class Keeper:
    """Holds the servers and their listening sockets for as long as it lives; one thread uses it."""

    settings: Settings
    report: Callable[[Observation], None]
    public_key: str
    """Whose seal packages must bear."""
    clock: Callable[[], float] = time.monotonic
    _slots: dict[tuple[str, int], _Slot] = field(default_factory=dict)
    _listeners: dict[str, socket.socket] = field(default_factory=dict)
    _failures: dict[tuple[str, int], int] = field(default_factory=dict)
    _told: dict[str, Observation] = field(default_factory=dict)
    _altered: list[Alteration] = field(default_factory=list)

    def reconcile(self, desired: Iterable[Desired]) -> tuple[Action, ...]:
        """Take one step towards what is desired, without waiting, and report what is true of each endpoint."""
        records = tuple(desired)
        self._look()
        within = self.settings.serving.ready_within_seconds
        actions = plan(records, self._running(), ready_within_seconds=within)
        by_name = {record.name: record for record in records}
        for action in actions:
            self._carry_out(action, by_name)
        self._close_unused({record.name for record in records if record.mode != "stopped"})
        for record in records:
            self._tell(record)
        return actions

    def take_altered(self) -> tuple[Alteration, ...]:
        """Give what was found altered since this was asked last; what stays altered is found again at every look."""
        taken, self._altered = tuple(self._altered), []
        return taken

    def settle(self, desired: Iterable[Desired], *, within_seconds: float = 90.0) -> None:
        """Reconcile until nothing is left to be done; for tests and for a start that must not go on without."""
        records = tuple(desired)
        deadline = self.clock() + within_seconds
        while self.reconcile(records) or not self.is_settled:
            if self.clock() > deadline:
                words = "; ".join(slot.detail for slot in self._slots.values() if slot.detail)
                raise Unavailable("the endpoints did not become what is desired", found=words or None)
            time.sleep(0.02)

    def stop_all(self) -> None:
        """Let every server drain and end; all at once, so that it takes as long as the slowest."""
        servers = [slot.server for slot in self._slots.values() if slot.server]
        for server in servers:
            ask_to_stop(server)
        for server in servers:
            stop_endpoint(server, within_seconds=DRAIN_SECONDS)
        self._slots.clear()
        self._close_unused(set())

    @property
    def is_settled(self) -> bool:
        """Whether every server that there is answers."""
        return all(slot.state is State.READY for slot in self._slots.values())

    def _look(self) -> None:
        now = self.clock()
        for slot in self._slots.values():
            server = slot.server
            if server is None:
                continue
            if not server.is_alive:
                if slot.state not in {State.STOPPING, State.ENDED}:  # one death is one failure, however often seen
                    self._note_failure(slot, server.last_words() or "the server ended")
                slot.state = State.ENDED
            elif slot.state is State.STARTING and poll_ready(server):
                slot.state, slot.since, slot.detail = State.READY, now, ""
            elif slot.state is State.READY and now - slot.verified_at > VERIFY_EVERY_SECONDS:
                self._verify(slot, now)

    def _verify(self, slot: _Slot, now: float) -> None:
        slot.verified_at = now
        if now - slot.since > LONGEST_PAUSE_SECONDS:
            self._failures.pop((slot.record.name, slot.record.generation), None)
        try:
            _verified(slot.record, self.public_key)
            slot.detail = ""
        except FlywheelError as error:  # what runs was verified when it was read; it is the next start that will fail
            slot.detail = str(error)
            self._note_altered(slot, error)

    def _running(self) -> tuple[Running, ...]:
        now = self.clock()
        return tuple(
            Running(name, generation, slot.state, now - slot.since, slot.retry_at - now)
            for (name, generation), slot in self._slots.items()
        )

    def _carry_out(self, action: Action, records: Mapping[str, Desired]) -> None:
        key = (action.name, action.generation)
        match action.verb:
            case Verb.START:
                self._start(records[action.name])
            case Verb.STOP if (server := self._slots[key].server) is not None:
                ask_to_stop(server)
                self._slots[key].state, self._slots[key].since = State.STOPPING, self.clock()
            case Verb.KILL if (server := self._slots[key].server) is not None:
                if self._slots[key].state is State.STARTING:
                    self._note_failure(self._slots[key], server.last_words() or "not ready in time")
                reap(server)
                self._slots[key].state = State.ENDED
            case Verb.BURY if key in self._slots:
                slot = self._slots[key]
                if slot.server is not None:
                    reap(slot.server)
                if records.get(action.name) is None or records[action.name].generation != action.generation:
                    self._failures.pop(key, None)
                del self._slots[key]

    def _start(self, record: Desired) -> None:
        key = (record.name, record.generation)
        now = self.clock()
        slot = _Slot(record, None, State.STARTING, now, verified_at=now)
        self._slots[key] = slot
        try:
            path = _verified(record, self.public_key)
            slot.server = start_endpoint(
                path,
                public_key=self.public_key,
                digest=str(record.package["digest"]),
                listener=self._listener(record),
                predictions_root=self.settings.predictions_root,
                log_path=self.settings.logs_root / "endpoints" / f"{record.name}-{record.generation}.log",
                mode=Mode(record.mode),
                threads=self.settings.serving.threads,
                conditions={key: value for key, value in record.conditions.items() if key != "until_at"},
            )
        except (FlywheelError, OSError) as error:  # told to the catalog as the endpoint's detail, and tried again
            slot.state = State.ENDED
            self._note_failure(slot, str(error))
            self._note_altered(slot, error)

    def _note_altered(self, slot: _Slot, error: Exception) -> None:
        if isinstance(error, Tampered):
            is_serving = slot.state is State.READY
            self._altered.append(Alteration(slot.record.name, slot.record.generation, error.what, is_serving))

    def _note_failure(self, slot: _Slot, detail: str) -> None:
        key = (slot.record.name, slot.record.generation)
        count = self._failures[key] = self._failures.get(key, 0) + 1
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(count - 1, 10))
        slot.retry_at = self.clock() + (0.0 if count == 1 and slot.state is State.READY else pause)
        slot.detail = detail

    def _listener(self, record: Desired) -> socket.socket:
        if record.name not in self._listeners:
            self._listeners[record.name] = _first_free(self.settings, record.port)
        return self._listeners[record.name]

    def _close_unused(self, wanted: set[str]) -> None:
        served = wanted | {name for name, _ in self._slots}
        for name in [name for name in self._listeners if name not in served]:
            self._listeners.pop(name).close()

    def _tell(self, record: Desired) -> None:
        slot = self._slots.get((record.name, record.generation))
        listener = self._listeners.get(record.name)
        port = listener.getsockname()[1] if listener else record.port
        pid = slot.server.pid if slot and slot.server and slot.server.is_alive else None
        is_ready = slot is not None and slot.state is State.READY
        seen = Observation(record.name, record.generation, port, pid, is_ready, slot.detail if slot else "")
        if self._told.get(record.name) != seen:
            self.report(seen)
            self._told[record.name] = seen


def _verified(record: Desired, public_key: str) -> Path:
    if not (record.package.get("path") and record.package.get("digest")):
        raise Unavailable("nothing was ever packaged for this endpoint", next_step="run delivery")
    path = Path(str(record.package["path"]))
    verify_package(path, public_key=public_key, digest=str(record.package["digest"]))
    return path


def _first_free(settings: Settings, remembered: int | None) -> socket.socket:
    first = settings.serving.first_port
    candidates = [remembered] if remembered else []
    for port in (*candidates, *range(first, min(first + PORTS_TRIED, 65_536))):
        try:
            return listen(settings.serving.host, port)
        except Unavailable:
            continue
    raise Unavailable("no free port for an endpoint", found=f"{first} to {first + PORTS_TRIED - 1} are taken")
