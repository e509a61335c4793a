"""Cycles: what stands still goes on when somebody asks, and begins anew where a reason is given."""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import digest_of
from flywheel.domain.gates import GateDecision
from flywheel.domain.stages import CycleKind, Stage
from flywheel.services.incidents.relay import deliver_due
from flywheel.services.walk import cycles, stages
from flywheel.services.walk.projects import ProjectRecord, StageState
from tests.factories.people import OWNER
from tests.factories.projects import SLUG, registered
from tests.flywheel.services.outgoing import messages_of

RETRAINED = (Stage.IDEATION, Stage.DATA_PREPARATION, Stage.RESEARCH)


def start(catalog: Catalog, kind: CycleKind, *, reason: str) -> ProjectRecord:
    """Ask for a walk."""
    key = f"{kind}:{reason}"
    return stages.start_cycle(catalog, project=SLUG, kind=kind, actor=OWNER, reason=reason, key=key)


def begin(catalog: Catalog, stage: Stage, run: str) -> stages.StageTicket:
    """Let a run begin a stage, with inputs of its own."""
    digest = digest_of(["inputs of", run])
    return stages.begin_stage(catalog, project=SLUG, stage=stage, run_id=run, actor="flow:x", input_digest=digest)


def conclude(catalog: Catalog, stage: Stage, run: str) -> ProjectRecord:
    """Let a run end a stage well."""
    return stages.conclude_stage(
        catalog,
        project=SLUG,
        stage=stage,
        run_id=run,
        actor="flow:x",
        decision=GateDecision(is_open=True),
        output={"made_by": run},
        input_digest=digest_of(["inputs of", run]),
    )


def give_up(catalog: Catalog, stage: Stage, run: str) -> ProjectRecord:
    """Let a run begin a stage and fail for want of something outside, for the last time."""
    begin(catalog, stage, run)
    reason = "uv is missing"
    return stages.abandon_stage(
        catalog, project=SLUG, stage=stage, run_id=run, reason=reason, actor="flow:reaper", max_attempts=1
    )


@pytest.fixture
def given_up(catalog: Catalog) -> Catalog:
    """A project whose retraining was given up while it prepared the data."""
    registered(catalog)
    start(catalog, CycleKind.LIFECYCLE, reason="first")
    for stage in RETRAINED:
        begin(catalog, stage, f"first-{stage}")
        conclude(catalog, stage, f"first-{stage}")
    start(catalog, CycleKind.RETRAINING, reason="drift")
    assert give_up(catalog, Stage.DATA_PREPARATION, "r1").next_stage_state is StageState.BLOCKED
    return catalog


def test_what_was_given_up_goes_on_when_somebody_asks_whatever_kind_of_walk_it_is(given_up: Catalog) -> None:
    record = start(given_up, CycleKind.LIFECYCLE, reason="")
    assert (record.cycle, record.cycle_kind, record.stage) == (2, CycleKind.RETRAINING, Stage.DATA_PREPARATION)
    sent = messages_of(given_up, "start_stage")[-1]
    assert (sent["cycle"], sent["stage"], sent["attempt"]) == (2, "data_preparation", 2)
    assert not begin(given_up, Stage.DATA_PREPARATION, "r2").is_settled


def test_what_was_given_up_begins_anew_where_a_reason_is_given(given_up: Catalog) -> None:
    record = start(given_up, CycleKind.LIFECYCLE, reason="another idea")
    assert (record.cycle, record.stage) == (3, Stage.IDEATION)


def test_a_stage_that_was_given_up_is_begun_by_any_run_of_its_deployment(given_up: Catalog) -> None:
    assert not begin(given_up, Stage.DATA_PREPARATION, "a click in the Prefect UI").is_settled
    assert conclude(given_up, Stage.DATA_PREPARATION, "a click in the Prefect UI").stage is Stage.RESEARCH


def test_a_walk_is_about_to_go_on_until_its_stage_has_a_run(catalog: Catalog) -> None:
    registered(catalog)
    assert not cycles.is_about_to_go_on(catalog, project=SLUG)
    cycles.start_cycle(
        catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor="flow:lifecycle", reason=cycles.FIRST, key="c"
    )
    assert cycles.is_about_to_go_on(catalog, project=SLUG)
    assert not cycles.is_about_to_go_on(catalog, project="another")
    assert deliver_due(catalog, senders={cycles.START_STAGE: lambda _: None}).sent == 1
    assert not cycles.is_about_to_go_on(catalog, project=SLUG)
