"""Starting runs and seeing where projects stand, on the command line."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployments.entrypoints import ENTRYPOINTS
from deployments.forms import forms_of
from flywheel.adapters.deployment_names import deployment_of
from flywheel.catalog.engine import Catalog
from flywheel.console.commands import walking
from flywheel.console.commands.walking import FLOWS
from flywheel.domain.conditions import NONE
from flywheel.domain.digests import digest_of
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.gates import GateDecision
from flywheel.domain.payloads.serving import EndpointLimited
from flywheel.domain.policy import Tier
from flywheel.domain.stages import ENDS, CycleKind, Stage
from flywheel.project.loader import load_project
from flywheel.services.incidents import relay
from flywheel.services.people.identity import Identity
from flywheel.services.serving import endpoints
from flywheel.services.terms.policy_files import read_policy
from flywheel.services.walk import cycles, projects, stages
from flywheel.settings import Settings
from tests.factories.charters import MINIMAL, ROOT, write
from tests.factories.people import BEN, OWNER, VERA, VIKTOR, enrol, logged_in
from tests.factories.projects import SLUG, registered, submitted
from tests.factories.versions import judged, registered_version, with_dossier
from tests.fakes.prefect_server import RUN_ID, PrefectServer, prefect_server, run_of
from tests.flywheel.console.conftest import Cli, LogIn


@pytest.fixture
def prefect(monkeypatch: pytest.MonkeyPatch, catalog: Catalog, log_in: LogIn) -> Iterator[PrefectServer]:
    """A Prefect server that knows the deployments of one registered project, whose owner is logged in."""
    registered(catalog)
    log_in(OWNER)
    with prefect_server(*(deployment_of(flow, SLUG) for flow in FLOWS)) as server:
        monkeypatch.setenv("FLYWHEEL_PREFECT__API", server.url)
        yield server


def test_run_starts_the_whole_walk(cli: Cli, prefect: PrefectServer) -> None:
    ran = cli("run", SLUG, "--as", OWNER, "--reason", "new data", "--json")
    assert ran.json["run_id"] == RUN_ID
    assert prefect.started[0]["parameters"] == {"project": SLUG, "started_by": OWNER, "reason": "new data"}


def test_run_starts_one_stage(cli: Cli, prefect: PrefectServer) -> None:
    ran = cli("run", SLUG, "ideation")
    assert f"/runs/flow-run/{RUN_ID}" in ran.out
    assert prefect.started[0]["parameters"] == {"project": SLUG, "started_by": OWNER}


@pytest.mark.parametrize("flow", FLOWS)
def test_every_flow_can_be_started_as_somebody_with_a_reason(cli: Cli, prefect: PrefectServer, flow: str) -> None:
    form = forms_of({flow: ENTRYPOINTS[flow]})[flow]["schema"]
    assert isinstance(form, dict)
    prefect.forms = {flow: form}
    ran = cli("run", SLUG, flow, "--as", OWNER, "--reason", "new data", "--key", "once")
    assert (ran.code, ran.err) == (0, "")
    assert prefect.started[0]["parameters"]["started_by"] == OWNER


@pytest.mark.parametrize("flow", ["retraining", "data_preparation", "research", "validation", "delivery"])
def test_what_cannot_begin_where_the_project_stands_is_refused_before_a_run_is_made(
    cli: Cli, prefect: PrefectServer, flow: str
) -> None:
    ran = cli("run", SLUG, flow)
    assert (ran.code, prefect.started) == (3, [])
    assert f"`flywheel run {SLUG}`" in ran.err


def test_a_stage_that_is_behind_is_refused_with_the_way_back_to_it(
    cli: Cli, catalog: Catalog, prefect: PrefectServer
) -> None:
    run: dict[str, Any] = {
        "project": SLUG,
        "stage": Stage.IDEATION,
        "run_id": "r1",
        "actor": "flow:ideation",
        "input_digest": "1",
    }
    stages.begin_stage(catalog, **run)
    stages.conclude_stage(catalog, **run, decision=GateDecision(True), output={})
    ran = cli("run", SLUG, "ideation")
    assert (ran.code, prefect.started) == (3, [])
    assert f"`flywheel move-back {SLUG} ideation" in ran.err


def test_what_a_flow_does_not_take_is_refused_before_a_run_is_made(cli: Cli, prefect: PrefectServer) -> None:
    prefect.forms = {"monitoring": {"properties": {"project": {}}}}
    ran = cli("run", SLUG, "monitoring", "--as", OWNER)
    assert ran.code == 2
    assert "does not take this; found 'started_by'; allowed: project" in ran.err
    assert prefect.started == []


def test_a_charter_that_was_edited_and_not_registered_starts_nothing_and_is_named(
    cli: Cli, catalog: Catalog, prefect: PrefectServer, tmp_path: Path
) -> None:
    folder = write(tmp_path / "cards", MINIMAL.replace('"tiny"', f'"{SLUG}"'))
    submitted(catalog, project=load_project(folder), policy=read_policy(ROOT, Tier.HIGH), actor=OWNER)
    write(folder, (folder / "project.toml").read_text().replace("A tiny project", "Another"))
    ran = cli("run", SLUG, "--as", OWNER)
    assert (ran.code, prefect.started) == (5, [])
    assert all(
        words in ran.err
        for words in ("was edited and not registered again", "title", f"flywheel run {SLUG} --register")
    )
    assert cli("run", SLUG, "--as", OWNER, "--register").code == 0
    assert projects.get_project(catalog, project=SLUG).title == "Another"
    assert len(prefect.started) == 1


def test_key_is_passed_on_and_otherwise_new(cli: Cli, prefect: PrefectServer) -> None:
    cli("run", SLUG, "--key", "mine")
    cli("run", SLUG)
    cli("run", SLUG)
    keys = [body["idempotency_key"] for body in prefect.started]
    assert keys[0] == "mine"
    assert len(set(keys)) == 3


@pytest.mark.parametrize("state", ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"])
def test_what_is_running_already_is_not_started_again_and_its_page_is_shown(
    cli: Cli, prefect: PrefectServer, state: str
) -> None:
    prefect.runs = [run_of("research", project=SLUG, state=state)]
    ran = cli("run", SLUG)
    assert (ran.code, prefect.started) == (3, [])
    assert f"{SLUG} is running already: research" in ran.err
    assert f"/runs/flow-run/{RUN_ID}" in ran.err
    assert f"in research since 2026-03-02 12:00 UTC: {prefect.url[:-4]}/runs/flow-run/{RUN_ID}" in cli("status").out
    assert cli("run", SLUG, "--key", "mine").code == 0, "the same key gives the same run"
    assert cli("run", SLUG, "monitoring").code == 0, "which goes on beside the walk"


def test_what_a_schedule_made_ahead_of_its_time_keeps_nothing_from_starting(cli: Cli, prefect: PrefectServer) -> None:
    ahead = run_of("retraining", project=SLUG, state="SCHEDULED", by_schedule=True)
    prefect.runs = [ahead, run_of("research", project="another"), run_of("monitoring", project=SLUG)]
    assert cli("run", SLUG).code == 0
    assert "is running already: monitoring" in cli("monitor", SLUG).err


def test_project_that_is_not_registered_says_what_to_do(cli: Cli, prefect: PrefectServer) -> None:
    ran = cli("run", "churn")
    assert ran.code == 4
    assert "flywheel register" in ran.err


def test_run_waits_for_the_deployments_of_a_project_that_was_registered_just_now(
    cli: Cli, catalog: Catalog, prefect: PrefectServer
) -> None:
    registered(catalog)
    prefect.unmade_for = 3
    ran = cli("run", SLUG)
    assert ran.code == 0
    assert "registered just now" in ran.err
    assert len(prefect.started) == 1


def test_run_says_why_deployments_are_not_made(
    cli: Cli, catalog: Catalog, prefect: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ValueError("the form of research cannot be made")

    registered(catalog)
    relay.deliver_due(catalog, senders={"deploy_project": fail})
    prefect.unmade_for = 1_000_000
    monkeypatch.setattr(walking, "DEPLOYED_WITHIN_SECONDS", 0.0)
    ran = cli("run", SLUG)
    assert ran.code == 7
    assert "the form of research cannot be made" in ran.err
    assert "steward.log" in ran.err


def test_status_of_a_blocked_stage_names_the_command_that_goes_on(cli: Cli, catalog: Catalog) -> None:
    registered(catalog)
    assert f"next for {SLUG}: `flywheel run {SLUG}`" in cli("status").out
    run: dict[str, Any] = {"project": SLUG, "stage": Stage.IDEATION, "run_id": "r1", "actor": "flow:ideation"}
    stages.begin_stage(catalog, **run, input_digest=digest_of("inputs"))
    stages.abandon_stage(catalog, **run, reason="uv is missing", max_attempts=1)
    shown = cli("status", SLUG).out
    assert "uv is missing; given up after 1 attempt" in shown
    assert f"next for {SLUG}, one of:" in shown
    assert f"`flywheel run {SLUG}` repeats ideation, and nothing before it" in shown


def test_servers_that_are_down_are_named(
    cli: Cli, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, log_in: LogIn
) -> None:
    registered(catalog)
    log_in(OWNER)
    monkeypatch.setenv("FLYWHEEL_PREFECT__API", "http://127.0.0.1:9/api")
    ran = cli("run", SLUG)
    assert ran.code == 7
    assert "flywheel up" in ran.err


def test_servers_that_do_not_run_are_told_and_no_port_is_claimed(
    cli: Cli, catalog: Catalog, settings: Settings, prefect: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = registered_version(catalog)
    said = EndpointLimited(SLUG, version.id, version.model_digest, EndpointMode.MODEL, {}, NONE)
    with catalog.begin() as work:
        work.append(Draft(Verb.ENDPOINT_LIMITED, OWNER, SubjectKind.ENDPOINT, SLUG, "m", said))
    endpoints.observe(catalog, name=SLUG, generation=1, port=3141, pid=1, is_ready=True)
    assert "model on port 3141" in cli("status").out
    monkeypatch.delenv("FLYWHEEL_PREFECT__API")
    told = cli("status")
    assert "the servers are not running" in told.err
    assert ("3141" in told.out, "model, not ready" in told.out) == (False, True)
    assert cli("status", "--json").json[0]["serving"]["is_ready"] is False
    settings.servers_lock.parent.mkdir(parents=True, exist_ok=True)
    with settings.servers_lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        monkeypatch.setenv("FLYWHEEL_PREFECT__PORT", "9")
        told = cli("status")
    assert "the current runs are unknown: Prefect does not answer" in told.err
    assert "model on port 3141" in told.out


def test_a_stage_whose_run_died_says_that_it_goes_on_by_itself(cli: Cli, catalog: Catalog) -> None:
    registered(catalog)
    run: dict[str, Any] = {"project": SLUG, "stage": Stage.IDEATION, "run_id": "r1", "actor": "flow:ideation"}
    stages.begin_stage(catalog, **run, input_digest=digest_of("inputs"))
    stages.abandon_stage(catalog, **run, reason="Crashed: Execution was aborted")
    assert "Crashed: Execution was aborted; it continues by itself" in cli("status").out


def test_status_of_nothing_says_how_to_begin(cli: Cli) -> None:
    assert "flywheel new" in cli("status").out
    assert cli("status", "--json").json == []


def test_status_names_who_can_give_the_missing_signatures(cli: Cli, catalog: Catalog, identity: Identity) -> None:
    registered(catalog)
    enrol(catalog, identity, VERA, VIKTOR)
    version = registered_version(catalog)
    judged(catalog, version)
    with_dossier(catalog, version)
    shown = cli("status")
    assert f"1 x business on {version.id}: {BEN}; 1 x validator on {version.id}: {VERA} or {VIKTOR}" in shown.out
    waiting = cli("status", SLUG, "--json").json[0]["waits_for"]
    assert [entry["role"] for entry in waiting] == ["business", "validator"]


def test_unknown_project_has_its_own_exit_code(cli: Cli) -> None:
    assert cli("status", "churn").code == 4


def test_nothing_moves_back_to_an_end(cli: Cli, catalog: Catalog) -> None:
    registered(catalog)
    for end in sorted(ENDS):
        told = cli("move-back", SLUG, end.value, "--reason", "because")
        assert (told.code, "allowed: ideation, " in told.err) == (2, True)
    assert not [end for end in ENDS if end.value in cli("move-back", "--help").out]


def test_moving_forward_by_hand_is_refused(cli: Cli, catalog: Catalog, log_in: LogIn) -> None:
    registered(catalog)
    log_in(OWNER)
    ended = cli("move-back", SLUG, "research", "--reason", "because")
    assert ended.code == 3
    assert "cannot move to research" in ended.err


def test_closing_keeps_the_verdict(cli: Cli, catalog: Catalog, log_in: LogIn) -> None:
    registered(catalog)
    log_in(OWNER)
    cycles.start_cycle(catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="first", key="one")
    assert cli("close", SLUG, "--verdict", "no signal in the data", "--as", OWNER).code == 0
    assert projects.get_project(catalog, project=SLUG).stage.value == "closed_null"
    last = cli("events", "list", "--project", SLUG, "--json").json[-1]
    assert last["payload"]["reason"] == "no signal in the data"


@pytest.mark.parametrize("flow", FLOWS)
def test_nothing_is_started_in_a_project_that_was_closed(
    cli: Cli, catalog: Catalog, identity: Identity, prefect: PrefectServer, flow: str
) -> None:
    owner = logged_in(catalog, identity, OWNER)
    cycles.close_null(catalog, project=SLUG, verdict="no signal in the data", proof=owner)
    ran = cli("run", SLUG, flow, "--as", OWNER)
    assert (ran.code, prefect.started) == (3, [])
    assert "has ended: closed without a model" in ran.err
    assert f"{SLUG} has ended, closed without a model: no signal in the data" in cli("status").out
