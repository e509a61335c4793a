"""Deployments from a charter's durations and a flow's signature."""

from __future__ import annotations

import importlib
import inspect
import json

import httpx
import pytest
from prefect import Flow

from deployments.entrypoints import ENTRYPOINTS
from deployments.register import Deployable, _retrain_on_drift, deploy, schedule_of
from flywheel.adapters.prefect import Prefect
from flywheel.adapters.prefect_answers import object_of
from flywheel.console.commands.walking import WALKS
from flywheel.project.charter.fields import Duration
from flywheel.settings import Settings
from tests.factories.projects import SLUG

FLOWS = {"trivial": "tests.deployments.sample_flows.trivial"}


class Server:
    """Prefect as far as deployments go."""

    def __init__(self) -> None:
        self.deployments: dict[str, dict[str, object]] = {}
        self.writes = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/csrf-token"):
            return httpx.Response(200, json={"token": "t"})
        if "/deployments/name/" in path:
            found = self.deployments.get(path.rpartition("/")[2])
            return httpx.Response(404) if found is None else httpx.Response(200, json=found)
        body = json.loads(request.content)
        if path.endswith("/flows/"):
            return httpx.Response(200, json={"id": "f"})
        self.writes += 1
        self.deployments[body["name"]] = {"id": "d", **body}
        return httpx.Response(200, json={"id": "d"})


def registered(server: Server, *titles: str) -> dict[str, object]:
    """Register a project under each title and give the deployment."""
    settings = Settings.load()
    with Prefect(settings, transport=httpx.MockTransport(server.answer)) as prefect:
        for title in titles:
            deploy(prefect, deployable=Deployable("sample", title), settings=settings, entrypoints=FLOWS)
    return server.deployments["sample trivial"]


def test_form_has_types_descriptions_and_defaults_with_the_project_filled_in() -> None:
    schema = registered(Server(), "A sample")["parameter_openapi_schema"]
    assert isinstance(schema, dict)
    assert schema["properties"]["size"]["type"] == "integer"
    assert schema["properties"]["size"]["default"] == 1
    assert "how much of it" in schema["properties"]["size"]["description"]
    assert schema["properties"]["project"]["enum"] == ["sample"]
    assert schema["required"] == []


@pytest.mark.parametrize("flow", ENTRYPOINTS)
def test_every_flow_takes_what_each_way_of_starting_it_gives(flow: str) -> None:
    """By its schedule, by the walk or the automation, by the command line as somebody; from the form with any field."""
    known = set(inspect.signature(flow_of(ENTRYPOINTS[flow]).fn).parameters)
    drift = _retrain_on_drift(Deployable(SLUG, "Cards"), "d")["actions"]
    assert isinstance(drift, list)
    automation = object_of(object_of(drift[0])["parameters"]) if flow == "retraining" else {}
    by_person = {"started_by", "reason"} if flow in WALKS else {"started_by"}
    ways = {"schedule, walk": {"project"}, "automation": set(automation), "command line": {"project", *by_person}}
    assert {name: wanted - known for name, wanted in ways.items() if wanted - known} == {}


def flow_of(entrypoint: str) -> Flow[..., object]:
    module, _, name = entrypoint.rpartition(".")
    found: Flow[..., object] = getattr(importlib.import_module(module), name)
    return found


def test_entrypoint_is_a_module_and_no_path_is_baked_in() -> None:
    made = registered(Server(), "A sample")
    assert made["entrypoint"] == "tests.deployments.sample_flows.trivial"
    assert (made["path"], made["pull_steps"], made["job_variables"]) == (None, [], {})


def test_registering_the_same_again_writes_nothing() -> None:
    server = Server()
    registered(server, "A sample", "A sample")
    assert server.writes == 1


def test_change_is_written() -> None:
    server = Server()
    registered(server, "A sample", "Another title")
    assert server.writes == 2


def test_schedules_stop_and_nothing_is_retrained_once_a_project_is_over() -> None:
    server, settings = Server(), Settings.load()
    flows = {"monitoring": "tests.deployments.sample_flows.monitoring"}
    serving = Deployable("sample", "A sample", monitor_every=Duration.parse("1 day"))
    over = Deployable("sample", "A sample", is_over=True)
    schedules = []
    with Prefect(settings, transport=httpx.MockTransport(server.answer)) as prefect:
        for deployable in (serving, over):
            deploy(prefect, deployable=deployable, settings=settings, entrypoints=flows)
            (made,) = server.deployments.values()
            schedules.append(made["schedules"])
    assert [bool(one) for one in schedules] == [True, False]
    assert [_retrain_on_drift(one, "d")["enabled"] for one in (serving, over)] == [True, False]


def test_days_go_by_the_clock_and_months_by_the_calendar() -> None:
    assert schedule_of(Duration.parse("2 days"))["interval"] == 172_800
    assert "FREQ=MONTHLY;INTERVAL=3" in str(schedule_of(Duration.parse("3 months"))["rrule"])
