"""What a stage's end means in the record: a refusal blocks with its words, anything that may heal does not."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prefect import Flow
from prefect.client.schemas.objects import FlowRun
from prefect.states import Failed

from flywheel.catalog.engine import Catalog
from flywheel.domain.stages import Stage
from flywheel.errors import Conflict, InputRefused, Unavailable
from flywheel.services import projects, stages
from flywheel.services.projects import StageState
from tasks import stage
from tests.factories.projects import SLUG, registered

RUN = uuid.UUID(int=7)


@pytest.fixture
def at_work(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """A project whose ideation is at work in a run, in the catalog that this process has open."""
    registered(catalog)
    stages.begin_stage(
        catalog, project=SLUG, stage=Stage.IDEATION, run_id=str(RUN), actor="flow:ideation", input_digest="sha256:1"
    )
    monkeypatch.setattr(stage, "workbench", lambda: SimpleNamespace(catalog=catalog))
    return catalog


def end_with(fault: Exception) -> None:
    flow = cast("Flow[..., Any]", SimpleNamespace(name="ideation"))
    run = FlowRun(id=RUN, flow_id=RUN, parameters={"project": SLUG})
    stage.block_on_refusal(flow, run, Failed(data=fault))


def test_a_refusal_blocks_the_stage_with_its_words(at_work: Catalog) -> None:
    end_with(InputRefused("the table lacks the target", next_step="name it"))
    record = projects.get_project(at_work, project=SLUG)
    assert record.next_stage_state is StageState.BLOCKED
    assert "the table lacks the target" in str(record)


@pytest.mark.parametrize(
    "fault", [Unavailable("no server"), Conflict("moved on"), ValueError("a bug")], ids=["away", "parted", "a bug"]
)
def test_what_may_heal_or_is_nobodys_mistake_leaves_the_stage_to_the_next_attempt(
    at_work: Catalog, fault: Exception
) -> None:
    end_with(fault)
    assert projects.get_project(at_work, project=SLUG).next_stage_state is StageState.RUNNING
