"""Deployments are listed by project and stage, whatever the order in which they were made."""

from __future__ import annotations

from deployments.entrypoints import ENTRYPOINTS
from flywheel.adapters.deployment_names import FLOWS, deployment_name, deployment_of
from flywheel.domain.stages import ORDER


def test_a_list_by_name_is_a_list_by_project_and_stage() -> None:
    names = [deployment_name(flow, project) for project in ("card", "churn") for flow in FLOWS]
    assert sorted(names) == names
    assert names[1] == "card 1 ideation"
    assert names[2] == "card 2 data preparation"


def test_every_flow_has_its_place_and_stages_keep_their_order() -> None:
    assert set(ENTRYPOINTS) == set(FLOWS)
    assert [flow for flow in FLOWS if flow in set(ORDER)] == [stage.value for stage in ORDER]


def test_it_is_looked_up_by_flow_and_name() -> None:
    assert deployment_of("research", "churn") == "research/churn 3 research"
