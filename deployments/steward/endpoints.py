"""The endpoint keeper: makes what is served on this machine equal to what the catalog desires."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployments.steward.doors import Doors
from deployments.steward.endpoint_plan import (
    DRAIN_SECONDS,
    Desired,
    Running,
    ServerStep,
    State,
    StepKind,
    answers,
    cannot_start,
    plan,
)
from deployments.steward.endpoint_slots import Alteration, Complaint, EndpointState, Outage, Place, Slot
from flywheel.adapters.bentoml import verify_package
from flywheel.adapters.bentoml_server import (
    ask_to_stop,
    poll_ready,
    reap,
    seconds_silent,
    start_endpoint,
    stop_endpoint,
)
from flywheel.errors import FlywheelError, Tampered, Unavailable
from flywheel.project.contract import Mode
from flywheel.settings import Settings

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
VERIFY_EVERY_SECONDS = 30.0
HANGS_SECONDS = 10.0
"""A server's loop beats every second; one that is silent so long answers nobody."""
TOLD_FAILURES = 2
"""One death that is healed at once is no outage."""


@dataclass
class Keeper:
    """Holds the servers and their doors for as long as it lives; one thread uses it."""

    settings: Settings
    report: Callable[[EndpointState], None]
    public_key: str
    """Whose seal packages must bear."""
    doors: Doors
    clock: Callable[[], float] = time.monotonic
    _slots: dict[Place, Slot] = field(default_factory=dict)
    _failures: dict[Place, int] = field(default_factory=dict)
    _told: dict[str, EndpointState] = field(default_factory=dict)
    _altered: list[Alteration] = field(default_factory=list)
    _failing: list[Slot] = field(default_factory=list)
    _complaints: list[Complaint] = field(default_factory=list)

    def reconcile(self, desired: Iterable[Desired]) -> tuple[ServerStep, ...]:
        """Take one step towards what is desired, without waiting, and report what is true of each endpoint."""
        records = {record.name: record for record in desired}
        self._look()
        within = self.settings.serving.ready_within_seconds
        steps = plan(records.values(), self._running(), ready_within_seconds=within)
        for step in steps:
            self._carry_out(step, records)
        wanted = {record.name for record in records.values() if record.mode != "stopped"}
        self.doors.keep_only(wanted | {name for name, _, _ in self._slots})
        for record in records.values():
            self._tell(record)
        return steps

    def take_altered(self) -> tuple[Alteration, ...]:
        """Give what was found altered since this was asked last; what stays altered is found again at every look."""
        taken, self._altered = tuple(self._altered), []
        return taken

    def take_outages(self) -> tuple[Outage, ...]:
        """Give what could not be started since this was asked last, once it is known who answers meanwhile."""
        starting = (slot for slot in self._slots.values() if slot.stands_in and slot.state is State.STARTING)
        undecided = {slot.record.name for slot in starting}
        ripe = [slot for slot in self._failing if slot.record.name not in undecided]
        self._failing = [slot for slot in self._failing if slot.record.name in undecided]
        return tuple(
            Outage(one.record.name, one.record.generation, one.detail, self._who_answers(one.record)) for one in ripe
        )

    def take_complaints(self) -> tuple[Complaint, ...]:
        """Give what servers say is amiss with them since this was asked last, each once until it is well again."""
        taken, self._complaints = tuple(self._complaints), []
        return taken

    def settle(self, desired: Iterable[Desired], *, within_seconds: float = 90.0) -> None:
        """Reconcile until nothing is left to be done; for tests and for a start that must not go on without."""
        records = tuple(desired)
        deadline = self.clock() + within_seconds
        while self.reconcile(records) or not self.is_settled:
            if self.clock() > deadline:
                words = "; ".join(slot.detail for slot in self._slots.values() if slot.detail)
                raise Unavailable("the endpoints did not reach the desired state", found=words or None)
            time.sleep(0.02)

    def stop_all(self) -> None:
        """Let every server drain and end; all at once, so that it takes as long as the slowest."""
        servers = [slot.server for slot in self._slots.values() if slot.server]
        for server in servers:
            ask_to_stop(server)
        for server in servers:
            stop_endpoint(server, within_seconds=DRAIN_SECONDS)
        self._slots.clear()
        self.doors.leave()

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
            elif slot.state is State.READY and seconds_silent(server) > HANGS_SECONDS:
                self._note_failure(slot, f"the server hung: its loop has not turned for {HANGS_SECONDS:.0f} s")
                reap(server)
                slot.state = State.ENDED
            elif slot.state is State.READY and now - slot.verified_at > VERIFY_EVERY_SECONDS:
                self._verify(slot, now)
            if slot.state is State.READY:
                self._heed(slot, server.complaint)

    def _heed(self, slot: Slot, complaint: str) -> None:
        if complaint and not slot.complaint:
            self._complaints.append(Complaint(slot.record.name, slot.record.generation, complaint))
        slot.complaint = complaint

    def _verify(self, slot: Slot, now: float) -> None:
        slot.verified_at = now
        if now - slot.since > LONGEST_PAUSE_SECONDS:
            self._failures.pop(slot.place, None)
        try:
            _verified(slot.record, self.public_key)
            slot.detail = ""
        except FlywheelError as error:  # what runs was verified when it was read; it is the next start that will fail
            slot.detail = str(error)
            self._note_altered(slot, error)

    def _running(self) -> tuple[Running, ...]:
        now = self.clock()
        return tuple(
            Running(
                *place[:2],
                slot.state,
                now - slot.since,
                slot.retry_at - now,
                failures=self._failures.get(place, 0),
                stands_in=slot.stands_in,
            )
            for place, slot in self._slots.items()
        )

    def _carry_out(self, step: ServerStep, records: Mapping[str, Desired]) -> None:
        if step.kind is StepKind.START:
            self._start(records[step.name], stands_in=step.stands_in)
            return
        slot = self._slots[step.name, step.generation, step.stands_in]
        server = slot.server
        match step.kind:
            case StepKind.STOP if server is not None:
                ask_to_stop(server)
                slot.state, slot.since = State.STOPPING, self.clock()
            case StepKind.KILL if server is not None:
                if slot.state is State.STARTING:
                    self._note_failure(slot, server.last_words() or "not ready in time")
                reap(server)
                slot.state = State.ENDED
            case StepKind.BURY:
                if server is not None:
                    reap(server)
                record = records.get(step.name)
                if record is None or record.generation != step.generation:
                    self._failures.pop(slot.place, None)
                del self._slots[slot.place]

    def _start(self, record: Desired, *, stands_in: bool) -> None:
        now = self.clock()
        slot = Slot(record, None, State.STARTING, now, verified_at=now, stands_in=stands_in)
        self._slots[slot.place] = slot
        name = f"{record.name}-{record.generation}{'-rule' if stands_in else ''}"
        try:
            slot.server = start_endpoint(
                _verified(record, self.public_key),
                public_key=self.public_key,
                digest=str(record.package["digest"]),
                listener=self.doors.take(record.name, remembered=record.port),
                predictions_root=self.settings.predictions_root,
                log_path=self.settings.logs_root / "endpoints" / f"{name}.log",
                mode=Mode.RULE if stands_in else Mode(record.mode),
                threads=self.settings.serving.threads,
                conditions={key: value for key, value in record.conditions.items() if key != "until_at"},
            )
        except (FlywheelError, OSError) as error:  # told to the catalog as the endpoint's detail, and tried again
            slot.state = State.ENDED
            self._note_failure(slot, str(error))
            self._note_altered(slot, error)

    def _note_altered(self, slot: Slot, error: Exception) -> None:
        if isinstance(error, Tampered) and not slot.stands_in:
            is_serving = slot.state is State.READY
            self._altered.append(Alteration(slot.record.name, slot.record.generation, error.what, is_serving))

    def _note_failure(self, slot: Slot, detail: str) -> None:
        count = self._failures[slot.place] = self._failures.get(slot.place, 0) + 1
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(count - 1, 10))
        slot.retry_at = self.clock() + (0.0 if count == 1 and slot.state is State.READY else pause)
        slot.detail = detail
        if count == TOLD_FAILURES and not slot.stands_in:
            self._failing.append(slot)

    def _tell(self, record: Desired) -> None:
        slot = self._slots.get((record.name, record.generation, False))
        is_ready = slot is not None and slot.state is State.READY
        is_down = record.mode != "stopped" and not is_ready and cannot_start(record, self._running())
        self.doors.close(record.name, is_closed=is_down and answers(record.name, self._running()) is None)
        detail = (slot.detail or slot.complaint) if slot else ""
        if is_down:
            detail = f"{detail or 'it has not become ready'}; {self._who_answers(record)}"
        pid = slot.server.pid if slot and slot.server and slot.server.is_alive else None
        port = self.doors.port_of(record.name) or record.port
        seen = EndpointState(record.name, record.generation, port, pid, is_ready, detail)
        if self._told.get(record.name) != seen:
            self.report(seen)
            self._told[record.name] = seen

    def _who_answers(self, record: Desired) -> str:
        """Say who answers while what is desired cannot."""
        found = answers(record.name, self._running())
        if found is None:
            return "nobody answers, callers are told so at once"
        if found.stands_in:
            return "its rule answers meanwhile"
        return f"what it follows (generation {found.generation}) keeps answering"


def _verified(record: Desired, public_key: str) -> Path:
    if not (record.package.get("path") and record.package.get("digest")):
        raise Unavailable("nothing was ever packaged for this endpoint", next_step="run delivery")
    path = Path(str(record.package["path"]))
    verify_package(path, public_key=public_key, digest=str(record.package["digest"]))
    return path
