"""What a stage's end means in the record: a refusal blocks with its words, anything that may heal does not."""

from __future__ import annotations

import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prefect import Flow
from prefect.client.schemas.objects import FlowRun
from prefect.states import Failed

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.catalog.stage_run import RunState
from flywheel.domain.gates import GateDecision
from flywheel.domain.stages import ORDER, Stage
from flywheel.errors import Conflict, FlywheelError, InputRefused, Unavailable
from flywheel.project.loader import load_project
from flywheel.project.stage_inputs import Given
from flywheel.services.walk import projects, stages
from flywheel.services.walk.projects import StageState
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings
from tasks import stage
from tasks.shapes import Output
from tests.factories.charters import whole, write
from tests.factories.people import OWNER
from tests.factories.projects import SLUG, make_policy, make_project, registered, submitted

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


def test_a_source_that_is_refused_before_the_stage_began_leaves_a_stage_to_block(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = load_project(write(tmp_path, whole()))  # without its files
    through_ideation(submitted(catalog, project=project, policy=make_policy(), actor=OWNER).slug, catalog)
    bench = Workbench(Settings(home=tmp_path, data_root=tmp_path), catalog, Artifacts(tmp_path / "artifacts"))
    monkeypatch.setattr(stage, "workbench", lambda: bench)
    with pytest.raises(FlywheelError, match="no data file matches"):
        stage.begin_stage.fn(SLUG, Stage.DATA_PREPARATION, "ana@bank.example")
    begun = stages.list_runs(catalog, project=SLUG)[0]
    assert (begun.stage, begun.state) == (Stage.DATA_PREPARATION, RunState.RUNNING)


def test_a_run_that_comes_again_ends_what_it_began_under_the_charter_that_it_began_with(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = submitted(catalog, project=make_project(), policy=make_policy()).project_digest
    through_ideation(SLUG, catalog)
    said: dict[str, Any] = {"project": SLUG, "stage": Stage.DATA_PREPARATION, "run_id": str(RUN), "actor": "flow:x"}
    stages.begin_stage(catalog, **said, input_digest="sha256:1")
    newest = submitted(catalog, project=make_project(title="Else"), policy=make_policy()).project_digest
    bench = Workbench(Settings(home=tmp_path, data_root=tmp_path), catalog, Artifacts(tmp_path / "artifacts"))
    monkeypatch.setattr(stage, "workbench", lambda: bench)
    assert newest != first
    monkeypatch.setattr(stage, "this_run", SimpleNamespace(get_id=lambda: str(RUN)))
    monkeypatch.setattr(stage, "tag_run", lambda **_: None)
    monkeypatch.setattr(stage, "_GIVENS", dict.fromkeys(Given, lambda *_: "given"))
    assert stage.begin_stage.fn(SLUG, Stage.DATA_PREPARATION, "")["project_digest"] == first


def through_ideation(slug: str, catalog: Catalog) -> None:
    run: dict[str, Any] = {"project": slug, "stage": Stage.IDEATION, "run_id": str(RUN), "actor": "flow:ideation"}
    stages.begin_stage(catalog, **run, input_digest="sha256:1")
    stages.conclude_stage(catalog, **run, decision=GateDecision(True, ()), output={}, input_digest="sha256:1")


def test_the_runs_message_says_what_the_stage_decided() -> None:
    output: Output = {
        "dataset": {"id": "card@1", "digest": "d", "rows": 12_000},
        "version": "card:1",
        "endpoint": "http://127.0.0.1:3100",
    }
    said = {each.value: stage.decided(each.value, output) for each in ORDER}
    assert said["data_preparation"] == "card@1 passed the data gates: 12,000 rows"
    assert said["delivery"] == "card:1 answers at http://127.0.0.1:3100"
    assert len(set(said.values())) == len(said), "each stage decides something of its own"
