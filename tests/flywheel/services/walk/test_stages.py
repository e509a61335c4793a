"""Stages: one run at a time, the same run again, equal work passed over, dead runs given up."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import digest_of
from flywheel.domain.gates import GateDecision
from flywheel.domain.stages import CycleKind, Stage
from flywheel.errors import Refused
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.walk import projects, stages
from flywheel.services.walk.projects import ProjectRecord, StageState
from tests.factories.people import OWNER, logged_in
from tests.factories.projects import SLUG, registered
from tests.flywheel.services.outgoing import messages_of

OPEN, CLOSED = GateDecision(is_open=True), GateDecision(is_open=False, reasons=("DATA-001: nulls",))
INPUT = digest_of("the inputs")


@dataclass(frozen=True)
class Walk:
    """A registered project and the short words for its steps."""

    catalog: Catalog
    identity: Identity

    def start(self, kind: CycleKind = CycleKind.LIFECYCLE, *, key: str = "k", reason: str = "because") -> ProjectRecord:
        return stages.start_cycle(self.catalog, project=SLUG, kind=kind, actor=OWNER, reason=reason, key=key)

    def begin(self, stage: Stage, run: str, *, inputs: str = INPUT) -> stages.StageTicket:
        return stages.begin_stage(
            self.catalog, project=SLUG, stage=stage, run_id=run, actor="flow:x", input_digest=inputs
        )

    def conclude(self, stage: Stage, run: str, decision: GateDecision = OPEN, *, inputs: str = INPUT) -> ProjectRecord:
        return stages.conclude_stage(
            self.catalog,
            project=SLUG,
            stage=stage,
            run_id=run,
            actor="flow:x",
            decision=decision,
            output={"made_by": run},
            input_digest=inputs,
        )

    def settle(self, stage: Stage, run: str) -> ProjectRecord:
        return stages.settle_stage(
            self.catalog, project=SLUG, stage=stage, run_id=run, actor="flow:x", input_digest=INPUT
        )

    def abandon(self, stage: Stage, run: str, *, max_attempts: int = 5) -> ProjectRecord:
        return stages.abandon_stage(
            self.catalog,
            project=SLUG,
            stage=stage,
            run_id=run,
            reason="its process is gone",
            actor="flow:reaper",
            max_attempts=max_attempts,
        )

    def through(self, *walked: Stage, run: str = "run") -> None:
        for stage in walked:
            self.begin(stage, f"{run}-{stage}")
            self.conclude(stage, f"{run}-{stage}")

    def started(self) -> list[tuple[object, object, object]]:
        return [(m["cycle"], m["stage"], m["attempt"]) for m in messages_of(self.catalog, "start_stage")]

    def state(self) -> ProjectRecord:
        return projects.get_project(self.catalog, project=SLUG)


UNTIL_VALIDATION = (Stage.IDEATION, Stage.DATA_PREPARATION, Stage.RESEARCH)


def owner(walk: Walk) -> Proof:
    """What the owner shows."""
    return logged_in(walk.catalog, walk.identity, OWNER)


@pytest.fixture
def walk(catalog: Catalog, identity: Identity) -> Walk:
    registered(catalog)
    return Walk(catalog, identity)


def test_open_gate_moves_on_and_starts_the_next_stage(walk: Walk) -> None:
    walk.start()
    walk.through(Stage.IDEATION)
    assert walk.state().stage is Stage.DATA_PREPARATION
    assert walk.started() == [(1, "ideation", 1), (1, "data_preparation", 1)]


def test_closed_gate_blocks_and_starts_nothing(walk: Walk) -> None:
    walk.start()
    walk.begin(Stage.IDEATION, "r1")
    record = walk.conclude(Stage.IDEATION, "r1", CLOSED)
    assert (record.stage, record.next_stage_state, record.detail) == (
        Stage.IDEATION,
        StageState.BLOCKED,
        "DATA-001: nulls",
    )
    assert len(walk.started()) == 1


def test_blocked_stage_can_be_tried_again_by_the_same_and_by_another_run(walk: Walk) -> None:
    walk.begin(Stage.IDEATION, "r1")
    walk.conclude(Stage.IDEATION, "r1", CLOSED)
    assert walk.begin(Stage.IDEATION, "r1").attempt == 2
    walk.conclude(Stage.IDEATION, "r1", CLOSED)
    assert walk.begin(Stage.IDEATION, "r2").attempt == 3


def test_same_run_gets_the_same_ticket_and_concludes_once(walk: Walk) -> None:
    assert walk.begin(Stage.IDEATION, "r1") == walk.begin(Stage.IDEATION, "r1")
    walk.conclude(Stage.IDEATION, "r1")
    assert walk.conclude(Stage.IDEATION, "r1").row_version == walk.state().row_version
    assert walk.started() == [(1, "data_preparation", 1)]


def test_run_that_was_killed_after_concluding_is_settled_when_it_comes_again(walk: Walk) -> None:
    walk.begin(Stage.IDEATION, "r1")
    walk.conclude(Stage.IDEATION, "r1")
    ticket = walk.begin(Stage.IDEATION, "r1")
    assert (ticket.is_settled, ticket.output) == (True, {"made_by": "r1"})
    assert walk.settle(Stage.IDEATION, "r1").stage is Stage.DATA_PREPARATION


def test_second_run_in_a_stage_is_refused(walk: Walk) -> None:
    walk.begin(Stage.IDEATION, "r1")
    with pytest.raises(Refused, match="another run is in progress"):
        walk.begin(Stage.IDEATION, "r2")


def test_stage_that_is_not_the_present_one_is_refused(walk: Walk) -> None:
    with pytest.raises(Refused, match="is in ideation and research cannot begin"):
        walk.begin(Stage.RESEARCH, "r1")


def test_equal_work_is_passed_over_in_the_next_cycle(walk: Walk) -> None:
    walk.through(Stage.IDEATION)
    stages.move_back(walk.catalog, project=SLUG, to=Stage.IDEATION, reason="look again", proof=owner(walk))
    ticket = walk.begin(Stage.IDEATION, "r2")
    assert (ticket.is_settled, ticket.output) == (True, {"made_by": "run-ideation"})
    assert walk.settle(Stage.IDEATION, "r2").stage is Stage.DATA_PREPARATION


def test_changed_inputs_are_worked_on_again(walk: Walk) -> None:
    walk.through(Stage.IDEATION)
    stages.move_back(walk.catalog, project=SLUG, to=Stage.IDEATION, reason="look again", proof=owner(walk))
    assert not walk.begin(Stage.IDEATION, "r2", inputs=digest_of("others")).is_settled


def test_settling_without_earlier_work_is_refused(walk: Walk) -> None:
    walk.begin(Stage.IDEATION, "r1")
    with pytest.raises(Refused, match="has not been concluded"):
        walk.settle(Stage.IDEATION, "r1")


def test_waiting_stage_says_why(walk: Walk) -> None:
    walk.begin(Stage.IDEATION, "r1")
    stages.wait_stage(walk.catalog, project=SLUG, stage=Stage.IDEATION, run_id="r1", actor="flow:x", why="sign-off")
    assert (walk.state().next_stage_state, walk.state().detail) == (StageState.WAITING, "sign-off")
    assert stages.advance(walk.catalog, project=SLUG, actor=OWNER).endswith("waiting in ideation: sign-off")


def test_abandoned_run_gets_a_next_attempt_and_may_not_come_back(walk: Walk) -> None:
    walk.begin(Stage.IDEATION, "r1")
    walk.abandon(Stage.IDEATION, "r1")
    assert walk.started() == [(1, "ideation", 2)]
    with pytest.raises(Refused, match=r"was given up.*Run of its deployment for ideation"):
        walk.begin(Stage.IDEATION, "r1")
    walk.begin(Stage.IDEATION, "r2")
    with pytest.raises(Refused, match="leave it: run r2 is in progress in ideation by now"):
        walk.begin(Stage.IDEATION, "r1")
    with pytest.raises(Refused, match="was given up"):
        walk.conclude(Stage.IDEATION, "r1")


def test_abandoning_twice_or_after_the_end_changes_nothing(walk: Walk) -> None:
    walk.begin(Stage.IDEATION, "r1")
    walk.conclude(Stage.IDEATION, "r1")
    assert walk.abandon(Stage.IDEATION, "r1").stage is Stage.DATA_PREPARATION
    assert walk.started() == [(1, "data_preparation", 1)]


def test_too_many_attempts_block_the_stage_for_a_person(walk: Walk) -> None:
    walk.begin(Stage.IDEATION, "r1")
    record = walk.abandon(Stage.IDEATION, "r1", max_attempts=1)
    assert record.next_stage_state is StageState.BLOCKED
    assert walk.started() == []


def test_only_deaths_count_towards_giving_up(walk: Walk) -> None:
    for number in range(4):
        walk.begin(Stage.IDEATION, f"shut-{number}")
        walk.conclude(Stage.IDEATION, f"shut-{number}", CLOSED)
    walk.begin(Stage.IDEATION, "dead")
    assert walk.abandon(Stage.IDEATION, "dead", max_attempts=2).next_stage_state is StageState.IDLE
    walk.begin(Stage.IDEATION, "dead-again")
    record = walk.abandon(Stage.IDEATION, "dead-again", max_attempts=2)
    assert (record.next_stage_state, "given up after 2 attempts" in record.detail) == (StageState.BLOCKED, True)
    walk.begin(Stage.IDEATION, "a person's")
    assert walk.abandon(Stage.IDEATION, "a person's", max_attempts=2).next_stage_state is StageState.IDLE


def test_same_key_starts_one_cycle(walk: Walk) -> None:
    assert walk.start(key="k") == walk.start(key="k")
    assert walk.started() == [(1, "ideation", 1)]


def test_walking_project_cannot_be_started_again(walk: Walk) -> None:
    walk.start()
    walk.begin(Stage.IDEATION, "r1")
    with pytest.raises(Refused, match="already walking"):
        walk.start(key="other")


def test_standing_lifecycle_goes_on_in_the_same_cycle(walk: Walk) -> None:
    walk.start()
    walk.begin(Stage.IDEATION, "r1")
    walk.conclude(Stage.IDEATION, "r1", CLOSED)
    assert walk.start(key="again").cycle == 1
    assert walk.started()[-1] == (1, "ideation", 2)


def test_asking_again_for_a_stage_that_never_began_sends_another_message(walk: Walk) -> None:
    walk.start()
    stages.advance(walk.catalog, project=SLUG, actor=OWNER)
    assert walk.started() == [(1, "ideation", 1)] * 2


def test_stage_that_never_began_is_started_again_when_the_one_before_it_ends_again(walk: Walk) -> None:
    walk.through(Stage.IDEATION)
    stages.move_back(walk.catalog, project=SLUG, to=Stage.IDEATION, reason="another target", proof=owner(walk))
    walk.begin(Stage.IDEATION, "r2", inputs=digest_of("another charter"))
    walk.conclude(Stage.IDEATION, "r2", inputs=digest_of("another charter"))
    assert walk.started() == [(1, "data_preparation", 1)] * 2


def test_retraining_begins_with_the_data(walk: Walk) -> None:
    walk.through(*UNTIL_VALIDATION, Stage.VALIDATION, Stage.DELIVERY)
    assert walk.state().stage is Stage.MONITORING
    record = walk.start(CycleKind.RETRAINING, reason="drift")
    assert (record.cycle, record.cycle_kind, record.stage) == (2, CycleKind.RETRAINING, Stage.DATA_PREPARATION)
    assert walk.started()[-1] == (2, "data_preparation", 1)


def test_retraining_does_not_pass_over_the_gate_of_ideation(walk: Walk) -> None:
    with pytest.raises(Refused, match="let ideation succeed first"):
        walk.start(CycleKind.RETRAINING)
    walk.start()
    walk.begin(Stage.IDEATION, "r1")
    walk.conclude(Stage.IDEATION, "r1", CLOSED)
    with pytest.raises(Refused, match="let ideation succeed first"):
        walk.start(CycleKind.RETRAINING, key="again")
    assert walk.state().stage is Stage.IDEATION


def test_concluding_delivery_leaves_monitoring_to_its_schedule(walk: Walk) -> None:
    walk.through(*UNTIL_VALIDATION, Stage.VALIDATION, Stage.DELIVERY)
    assert [stage for _, stage, _ in walk.started()][-1] == "delivery"


def test_moving_back_gives_up_the_run_at_work(walk: Walk) -> None:
    walk.through(*UNTIL_VALIDATION)
    walk.begin(Stage.VALIDATION, "r1")
    stages.move_back(walk.catalog, project=SLUG, to=Stage.RESEARCH, reason="rework", proof=owner(walk))
    assert walk.state().next_stage_state is StageState.IDLE
    with pytest.raises(Refused, match="was given up"):
        walk.conclude(Stage.VALIDATION, "r1")


def test_moving_back_wakes_the_run_that_waits_so_that_it_ends(walk: Walk) -> None:
    walk.through(*UNTIL_VALIDATION)
    walk.begin(Stage.VALIDATION, "r1")
    stages.wait_stage(walk.catalog, project=SLUG, stage=Stage.VALIDATION, run_id="r1", actor="flow:x", why="people")
    stages.move_back(walk.catalog, project=SLUG, to=Stage.RESEARCH, reason="rework", proof=owner(walk))
    assert [message["run_id"] for message in messages_of(walk.catalog, "resume_run")] == ["r1"]


def test_inputs_are_what_the_stage_before_last_brought(walk: Walk) -> None:
    walk.through(Stage.IDEATION)
    assert stages.inputs_of(walk.catalog, project=SLUG, stage=Stage.IDEATION) == {}
    assert stages.inputs_of(walk.catalog, project=SLUG, stage=Stage.DATA_PREPARATION) == {"made_by": "run-ideation"}


def test_closing_without_a_model_keeps_the_verdict(walk: Walk) -> None:
    record = stages.close_null(walk.catalog, project=SLUG, verdict="no signal in the data", proof=owner(walk))
    assert (record.stage, record.detail) == (Stage.CLOSED_NULL, "no signal in the data")
    assert stages.advance(walk.catalog, project=SLUG, actor=OWNER).endswith("has ended: closed_null")
