"""Walks on which programs are killed (-9) at seeded random moments, and what may not be found wrong afterwards."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flywheel.catalog.project import ProjectRecord, StageState
from flywheel.domain.events import Verb
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import ORDER, Stage
from flywheel.services.approval import inboxes
from flywheel.services.record import record
from flywheel.services.walk import stages
from tests.deployments.conftest import HOME
from tests.scenarios.effects import faults_of
from tests.scenarios.lab import LOOK_EVERY_SECONDS, Lab

SIGNED = "sign-off"
PLACES = ("ideation", "data_preparation", "research", "validation", SIGNED, "delivery")
"""Where a walk can be hit; the sign-off is the time from a person's signature until delivery begins."""
FIRST_GUESS_SECONDS = 4.0
WALK_SECONDS = 420.0


@dataclass(frozen=True)
class Kill:
    """A program to kill, and when: at a place of the walk, after a share of the time that the place usually takes."""

    program: str
    place: str
    share: float
    is_at_work: bool = False
    """Count the time from the moment at which the stage's run is at work, not from the end of the stage before."""


@dataclass(frozen=True)
class Hit:
    """A kill as it happened, and how long it was until a stage ran again (None: the walk had no stage to begin)."""

    kill: Kill
    found: str
    back_seconds: float | None


@dataclass(frozen=True)
class Ended:
    """How a walk went."""

    project: str
    seconds: float
    hits: tuple[Hit, ...]
    faults: tuple[str, ...]


def planned(count: int, *, chance: random.Random, program: str = "worker") -> tuple[Kill, ...]:
    """Spread kills evenly over the places and randomly over their time, every other round while a run is at work."""
    return tuple(
        Kill(program, PLACES[n % len(PLACES)], chance.random(), is_at_work=n // len(PLACES) % 2 == 1)
        for n in range(count)
    )


def walks_of(kills: tuple[Kill, ...], *, each: int) -> Iterator[tuple[Kill, ...]]:
    """Deal kills out to walks so that those of one walk lie far apart."""
    count = -(-len(kills) // each)
    for first in range(count):
        yield kills[first::count]


@dataclass
class Visit:
    """A walk's stay at a place."""

    place: str
    entered_at: float = field(default_factory=time.monotonic)
    worked_at: float | None = None
    is_clean: bool = True


@dataclass
class Killer:
    """Takes projects through their walks, kills on the way, and learns how long each place takes."""

    lab: Lab
    folder: Path
    usual: dict[str, float] = field(default_factory=dict)

    def walk(self, name: str, kills: tuple[Kill, ...], *, seed: int) -> Ended:
        """Walk a fresh copy of the smallest project to its end, whatever is killed."""
        project = self.lab.register(copied(self.folder / name, name=name, seed=seed))
        began = time.monotonic()
        self.lab.run("lifecycle", name, started_by=project.owner)
        struck = self._follow(name, {kill.place: kill for kill in kills}, deadline=began + WALK_SECONDS)
        seconds = time.monotonic() - began
        hits = tuple(Hit(kill, found, self._back_after(name, at)) for kill, found, at in struck)
        return Ended(name, seconds, hits, faults_of(self.lab, name, person=validator_of(name)))

    def _follow(self, name: str, pending: dict[str, Kill], *, deadline: float) -> list[tuple[Kill, str, float]]:
        struck: list[tuple[Kill, str, float]] = []
        here = Visit("")
        while True:
            now = self.lab.project(name)
            place = self._place(now)
            if place != here.place:
                if here.is_clean and here.place:
                    self.usual[here.place] = time.monotonic() - here.entered_at
                here = Visit(place)
            if here.worked_at is None and now.next_stage_state is not StageState.IDLE:
                here.worked_at = time.monotonic()
            for kill in [kill for kill in pending.values() if self._is_due(kill, here)]:
                struck.append((pending.pop(kill.place), *self._strike(kill, now)))
                here.is_clean = False
            if now.stage is Stage.MONITORING or time.monotonic() > deadline:
                return struck
            if now.next_stage_state is StageState.WAITING and place == "validation":
                self.lab.sign(self._asked(name), person=validator_of(name), role=Role.VALIDATOR)
            time.sleep(LOOK_EVERY_SECONDS / 2)

    def _is_due(self, kill: Kill, here: Visit) -> bool:
        if kill.place != here.place:
            return kill.place not in _ahead(here.place)  # the walk was quicker than usual
        since, span = here.entered_at, self.usual.get(here.place, FIRST_GUESS_SECONDS)
        if kill.is_at_work:
            if here.worked_at is None:
                return False
            since, span = here.worked_at, span / 2  # the other half is the start of the run's process
        return time.monotonic() - since >= kill.share * span

    def _strike(self, kill: Kill, now: ProjectRecord) -> tuple[str, float]:
        pid = self.lab.until(lambda: self.lab.servers.pid(kill.program), f"the {kill.program}")
        os.kill(pid, signal.SIGKILL)
        return f"{now.stage.value} {now.next_stage_state.value}", time.time()

    def _place(self, now: ProjectRecord) -> str:
        is_signed = now.stage is Stage.VALIDATION and any(
            event.verb is Verb.SIGNOFF_GIVEN for event in record.list_events(self.lab.bench.catalog, project=now.slug)
        )
        return SIGNED if is_signed else now.stage.value

    def _asked(self, name: str) -> str:
        items = inboxes.inbox(self.lab.bench.catalog)
        return next(item.version for item in items if item.project == name)

    def _back_after(self, name: str, at: float) -> float | None:
        runs = stages.list_runs(self.lab.bench.catalog, project=name)
        later = [run.begun_at.timestamp() for run in runs if run.begun_at.timestamp() > at]
        return min(later) - at if later else None


def copied(folder: Path, *, name: str, seed: int) -> Path:
    """Copy the smallest project under another name, with another seed and a validator of its own."""
    shutil.copytree(HOME / "examples" / "breast_cancer", folder)
    path = folder / "project.toml"
    text = path.read_text(encoding="utf-8").replace('name = "breast-cancer"', f'name = "{name}"')
    text = text.replace("vera@clinic.example", validator_of(name))
    path.write_text(text.replace("[delivery]", f"[research]\nseed = {seed}\n\n[delivery]"), encoding="utf-8")
    return folder


def validator_of(name: str) -> str:
    """Name the person who signs a project's versions."""
    return f"vera-{name}@clinic.example"


def by_place(walks: tuple[Ended, ...]) -> Mapping[str, tuple[int, int]]:
    """Count for each place the kills after which the walk ended as it should, and all kills."""
    counted = dict.fromkeys(PLACES, (0, 0))
    for walk in walks:
        for hit in walk.hits:
            survived, injected = counted[hit.kill.place]
            counted[hit.kill.place] = (survived + (not walk.faults), injected + 1)
    return counted


def _ahead(place: str) -> tuple[str, ...]:
    """Name the places that a walk has not left yet."""
    return PLACES[PLACES.index(place) :] if place in PLACES else ()


assert PLACES[0] == ORDER[0].value, "the walk begins where the domain says"
