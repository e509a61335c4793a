"""Where a run died its stage gets another attempt; what was cancelled or died too often waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from deployments.steward.mending import RUNS, UNBEGUN_RUNS, mend
from deployments.steward.senders import start_stage_run
from flywheel.adapters.prefect import STARTED_AGAIN, Prefect
from flywheel.catalog.engine import Catalog
from flywheel.catalog.stage_run import RunState
from flywheel.domain.digests import Json, digest_of
from flywheel.domain.stages import CycleKind, Stage
from flywheel.services.incidents import incidents
from flywheel.services.walk import stages
from tests.factories.people import OWNER
from tests.factories.projects import SLUG, registered
from tests.fakes.prefect_runs import NOW, PrefectRuns
from tests.flywheel.services.outgoing import messages_of

PLACE = f"{SLUG}:1:ideation:1"


@dataclass(frozen=True)
class Walk:
    """A project whose walk has begun, and the Prefect server that knows its runs."""

    catalog: Catalog
    server: PrefectRuns
    prefect: Prefect

    def begin(self, run: str) -> None:
        stages.begin_stage(
            self.catalog, project=SLUG, stage=Stage.IDEATION, run_id=run, actor="flow:x", input_digest=digest_of("in")
        )

    def mend(self, *, later: timedelta = timedelta(minutes=1)) -> None:
        mend(self.catalog, self.prefect, now=lambda: NOW + later)

    def told(self) -> list[str]:
        """The causes of the incidents that are open."""
        return [incident.cause for incident in incidents.list_incidents(self.catalog, is_unresolved=True)]

    def states(self) -> list[RunState]:
        return [run.state for run in stages.list_runs(self.catalog, project=SLUG)]

    def started(self) -> list[str]:
        """The runs that the walk asked for, oldest first."""
        return list(self.server.runs)


@pytest.fixture
def walk(catalog: Catalog) -> Iterator[Walk]:
    registered(catalog)
    stages.start_cycle(catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="because", key="k")
    server = PrefectRuns()
    with server.connect() as prefect:
        yield Walk(catalog, server, prefect)


def test_crashed_run_gives_its_stage_to_another_attempt_that_goes_on_with_its_work(walk: Walk) -> None:
    walk.begin(walk.server.put("r1", "CRASHED"))
    walk.mend()
    assert walk.states() == [RunState.ABANDONED]
    assert messages_of(walk.catalog, "start_stage")[-1] == {
        "project": SLUG,
        "stage": "ideation",
        "cycle": 1,
        "attempt": 2,
        "continues": "r1",
    }


def test_run_that_prefect_has_forgotten_counts_as_dead(walk: Walk) -> None:
    walk.begin("nobody-knows")
    walk.mend()
    assert walk.states() == [RunState.ABANDONED]


@pytest.mark.parametrize("state", ["RUNNING", "PAUSED", "PENDING", "SCHEDULED"])
def test_run_that_lives_or_waits_is_left_alone(walk: Walk, state: str) -> None:
    walk.begin(walk.server.put("r1", state))
    walk.mend()
    assert walk.states() == [RunState.RUNNING]


def test_cancelled_run_is_not_begun_again(walk: Walk) -> None:
    walk.begin(walk.server.put("r1", "CANCELLED"))
    walk.mend()
    assert len(messages_of(walk.catalog, "start_stage")) == 1, "the first start alone"


def test_mending_twice_starts_one_attempt(walk: Walk) -> None:
    walk.begin(walk.server.put("r1", "CRASHED"))
    walk.mend()
    walk.mend()
    assert [message["attempt"] for message in messages_of(walk.catalog, "start_stage")] == [1, 2]


def test_after_too_many_failures_the_stage_waits_for_a_person(walk: Walk) -> None:
    for run in ("r1", "r2", "r3"):
        walk.begin(walk.server.put(run, "FAILED"))
        walk.mend()
    assert [message["attempt"] for message in messages_of(walk.catalog, "start_stage")] == [1, 2, 3]


def test_run_that_died_before_it_could_begin_gives_way_to_another(walk: Walk) -> None:
    walk.server.put("r1", "CRASHED", tags=(f"walk:{PLACE}",))
    walk.mend()
    assert [walk.server.state(run) for run in walk.started()] == ["CRASHED", "SCHEDULED"]
    assert f"walk:{PLACE}" in walk.server.runs["run-2"]["tags"]
    walk.mend()
    assert len(walk.started()) == 2, "the one that is scheduled is waited for"


def test_run_that_never_begins_is_not_started_for_ever(walk: Walk) -> None:
    place: dict[str, Json] = {"project": SLUG, "stage": "ideation", "cycle": 1, "attempt": 1}
    for _ in range(UNBEGUN_RUNS):
        walk.server.put(start_stage_run(walk.prefect, place), "CRASHED", tags=(f"walk:{PLACE}",))
    for _ in range(3):
        walk.mend()
    assert len(walk.started()) == UNBEGUN_RUNS
    (cause,) = walk.told()
    assert f"started {UNBEGUN_RUNS} times and died each time" in cause


def test_a_run_that_died_before_it_could_begin_is_followed_after_a_pause_that_grows(walk: Walk) -> None:
    place: dict[str, Json] = {"project": SLUG, "stage": "ideation", "cycle": 1, "attempt": 1}
    for pause in (1, 2, 4, 8):
        walk.server.put(start_stage_run(walk.prefect, place), "CRASHED", tags=(f"walk:{PLACE}",))
        before = len(walk.started())
        walk.mend(later=timedelta(seconds=pause - 0.1))
        assert len(walk.started()) == before
        walk.mend(later=timedelta(seconds=pause))
        assert len(walk.started()) == before + 1
    assert walk.told() == []


@pytest.mark.parametrize("flow", ["lifecycle", "retraining", "monitoring"])
def test_flow_beside_the_stages_runs_once_more_under_its_own_id(walk: Walk, flow: str) -> None:
    run = walk.server.put("r1", "CRASHED", tags=("flywheel", f"flow:{flow}"))
    walk.mend()
    assert walk.server.state(run) == "SCHEDULED"


def test_flow_beside_the_stages_is_not_started_for_ever(walk: Walk) -> None:
    run = walk.server.put("r1", "CRASHED", tags=("flywheel", "flow:lifecycle"), run_count=RUNS)
    walk.mend()
    assert walk.server.state(run) == "CRASHED"


def test_a_run_that_never_comes_to_its_first_line_is_not_started_for_ever(walk: Walk) -> None:
    tags = ("flywheel", "flow:monitoring", f"project:{SLUG}")
    walk.server.put("m1", "CRASHED", tags=tags)
    for _ in range(300):  # Prefect counts none of these: the run crashes before it runs
        walk.mend()
        walk.server.put("m1", "CRASHED", tags=tags, run_count=0)
    assert walk.server.words["m1"].count(STARTED_AGAIN) == RUNS - 1
    (cause,) = walk.told()
    assert f"started {RUNS} times" in cause
