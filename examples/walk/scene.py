"""What every act of the walk works with, and how it waits for the running system."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from examples.walk.people import Cast
from examples.walk.receiver import Receiver
from examples.walk.screen import Screen
from flywheel.adapters.deployment_names import deployment_of
from flywheel.adapters.prefect import Prefect
from flywheel.catalog.project import ProjectRecord, StageState
from flywheel.catalog.stage_run import RunState, StageRun
from flywheel.domain.digests import Json
from flywheel.domain.stages import ORDER, Stage
from flywheel.errors import Unavailable
from flywheel.services.serving import endpoints, serving
from flywheel.services.serving.endpoints import EndpointRecord
from flywheel.services.walk import projects, stages
from flywheel.services.workbench import Workbench

PROJECT = "card-default"
FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS, LOOK_GROWTH = 0.1, 0.5, 1.2
"""Each look costs the servers that one waits for: what takes long is looked at less often."""
PATIENCE_SECONDS = 180.0

Found = TypeVar("Found")
Place = tuple[int, Stage, int]
"""Cycle, stage and attempt of a run."""


@dataclass
class Scene:
    """The running system and the screen."""

    bench: Workbench
    prefect: Prefect
    screen: Screen
    receiver: Receiver
    cast: Cast
    facts: dict[str, str] = field(default_factory=dict)
    _told: set[Place] = field(default_factory=set)
    _past: frozenset[Place] = frozenset()

    @property
    def folder(self) -> Path:
        """Where the walk's project lives."""
        return self.bench.settings.data_root / PROJECT

    def project(self) -> ProjectRecord:
        """Where the project stands now."""
        return projects.get_project(self.bench.catalog, project=PROJECT)

    def run(self, flow: str, **parameters: Json) -> str:
        """Start a deployment as a person would from the Prefect UI."""
        values: dict[str, Json] = {"project": PROJECT, **parameters}
        return self.prefect.start_run(
            deployment_of(flow, PROJECT), parameters=values, idempotency_key=str(uuid.uuid4())
        )

    def until(self, look: Callable[[], Found | None], what: str) -> Found:
        """Look again and again until something is there."""
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, FIRST_LOOK_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found is not None:
                return found
            time.sleep(pause)
            pause = min(pause * LOOK_GROWTH, LONGEST_LOOK_SECONDS)
        raise Unavailable(f"{what} did not happen within {PATIENCE_SECONDS:.0f} s", next_step="read the logs folder")

    def take_as_told(self) -> None:
        """Take what earlier walks have ended as told."""
        self._told |= {_place(run) for run in self._runs() if run.ended_at is not None}
        self._past = frozenset(self._told)

    def follow_to(
        self, stage: Stage, *, halts: frozenset[StageState], told: Callable[[StageRun], None]
    ) -> ProjectRecord:
        """Follow the stages as they end, until the project halts at something new or reaches a stage."""

        def look() -> ProjectRecord | None:
            now, runs = self.project(), self._runs()
            for run in reversed(runs):
                if run.ended_at is not None and _place(run) not in self._told:
                    self._told.add(_place(run))
                    told(run)
            is_news = bool(runs) and _place(runs[0]) not in self._past
            is_there = ORDER.index(now.stage) >= ORDER.index(stage)
            return now if (is_news if now.next_stage_state in halts else is_there) else None

        return self.until(look, f"the walk to {stage.value}")

    def tell_end(self, run: StageRun) -> None:
        """Say how a stage's run ended; of one that brought nothing also why."""
        match run.state:
            case RunState.CONCLUDED:
                self.screen.good(run.stage.value)
            case RunState.SKIPPED:
                self.screen.good(f"{run.stage.value} (unchanged: the earlier result stands)")
            case _:
                self.screen.refused(f"{run.stage.value}, attempt {run.attempt}, {run.state.value}: {run.detail}")

    def _runs(self) -> tuple[StageRun, ...]:
        return stages.list_runs(self.bench.catalog, project=PROJECT)

    def endpoint(self) -> EndpointRecord:
        """What the record wants the project's endpoint to be."""
        return next(one for one in endpoints.desired(self.bench.catalog) if one.project == PROJECT)

    def endpoint_url(self) -> str:
        """Where the endpoint answers, once what is wanted is served."""
        wanted = self.endpoint()
        return serving.await_ready(
            self.bench.catalog, endpoint=wanted.name, generation=wanted.generation, settings=self.bench.settings
        )

    def wait_for_end(self, run_id: str) -> None:
        """Wait until a run has ended well."""

        def look() -> bool | None:
            run = self.prefect.run_state(run_id)
            if run.is_final and run.state_name != "Completed":
                raise Unavailable(f"{run.name} ended as {run.state_name}: {run.message}")
            return True if run.is_final else None

        self.until(look, "the end of the run")


def _place(run: StageRun) -> Place:
    return run.cycle, run.stage, run.attempt
