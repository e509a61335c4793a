"""The servers as a whole: each really starts, runs flows, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from deployments.register import Deployable, deploy
from deployments.servers.servers import Servers
from deployments.servers.web_door import mlflow_door
from flywheel.adapters.deployment_names import deployment_of
from flywheel.adapters.prefect import Prefect
from flywheel.adapters.prefect_answers import RunFacts, RunStateType, object_of
from flywheel.domain.digests import Json
from flywheel.errors import Unavailable
from flywheel.project.charter.fields import Duration
from flywheel.settings import Settings
from tests.deployments.conftest import HOME, environment_in
from tests.deployments.healing import healed, questions
from tests.deployments.waiting import eventually, is_alive, processes_with
from tests.scenarios.browser import prefect_ui

FLOWS = {name: f"tests.deployments.sample_flows.{name}" for name in ("trivial", "endless", "monitoring", "retraining")}
DEPLOYABLE = Deployable("sample", "A sample", Duration.parse("1 day"), Duration.parse("1 month"))


@pytest.fixture(scope="module")
def servers(server_settings: Settings) -> Iterator[Servers]:
    """All servers, with a project's deployments made."""
    with Servers(server_settings, out=lambda _: None, with_mlflow=True, flows=FLOWS.values()) as running:
        with Prefect(server_settings) as prefect:
            deploy(prefect, deployable=DEPLOYABLE, settings=server_settings, entrypoints=FLOWS)
        yield running


@pytest.fixture
def prefect(servers: Servers) -> Iterator[Prefect]:
    """A connection to the running Prefect."""
    with Prefect(servers.settings) as connection:
        yield connection


@pytest.mark.scenario
def test_each_server_really_starts(servers: Servers) -> None:
    assert set(servers.ready_seconds) == {
        "postgres",
        "notary",
        "prefect",
        "worker",
        "warm_runner",
        "steward",
        "mlflow",
        "console",
    }
    assert all(seconds > 0 for seconds in servers.ready_seconds.values())


@pytest.mark.scenario
def test_flow_completes_through_the_warm_runner(servers: Servers, prefect: Prefect) -> None:
    run = _start(prefect, "trivial")
    eventually(lambda: prefect.run_state(run).is_final, "the run ends", within_seconds=60)
    assert prefect.run_state(run).state is RunStateType.COMPLETED


@pytest.mark.scenario
def test_who_does_not_know_the_word_can_neither_read_nor_start_anything(servers: Servers) -> None:
    api, pages = servers.settings.prefect.api_url, servers.settings.mlflow.pages_url
    refused = {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}  # the latter where no token against forgery came along
    for call in (("GET", "csrf-token?client=me"), ("GET", "work_pools/flywheel"), ("POST", "deployments/")):
        assert httpx.request(call[0], f"{api}/{call[1]}").status_code in refused
    assert httpx.get(f"{api}/health", headers={"Host": "evil.example"}).status_code == httpx.codes.MISDIRECTED_REQUEST
    answer = httpx.get(f"{pages}/ajax-api/2.0/mlflow/experiments/search", timeout=60)
    assert answer.status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.scenario
@pytest.mark.browser
def test_links_of_up_open_the_pages_in_a_browser(servers: Servers) -> None:
    with prefect_ui(servers.settings) as ui:
        ui.page.goto(mlflow_door(servers.settings))
        expect(ui.page.get_by_text("Experiments").first).to_be_visible(timeout=90_000)  # its pages start when asked for
        assert ui.page.url.startswith(servers.settings.mlflow.pages_url)
        assert ":flywheel" not in ui.page.url


@pytest.mark.scenario
def test_run_that_asks_for_another_program_ends_with_the_reason(servers: Servers, prefect: Prefect) -> None:
    found = prefect.deployment("trivial/sample trivial")
    assert found is not None
    body: dict[str, Json] = {"job_variables": {"command": "id"}, "state": {"type": "SCHEDULED"}}
    made = object_of(prefect._request("POST", f"/deployments/{found['id']}/create_flow_run", body))
    run = str(made["id"])
    eventually(lambda: prefect.run_state(run).is_final, "the run ends", within_seconds=60)
    assert prefect.run_state(run).state is RunStateType.FAILED
    assert "the run sets job variables" in prefect.run_state(run).message


@pytest.mark.scenario
def test_same_key_is_the_same_run(servers: Servers, prefect: Prefect) -> None:
    first, again = (
        prefect.start_run("trivial/sample trivial", parameters={"project": "sample"}, idempotency_key="once")
        for _ in range(2)
    )
    assert first == again


@pytest.mark.scenario
def test_schedule_gives_scheduled_runs(servers: Servers, prefect: Prefect) -> None:
    found = prefect.deployment(deployment_of("monitoring", "sample"))
    assert found is not None

    def scheduled() -> list[RunFacts]:
        return [run for run in prefect.runs(RunStateType.SCHEDULED) if run.deployment_id == found["id"]]

    eventually(scheduled, "Prefect schedules monitoring", within_seconds=90)


@pytest.mark.scenario
def test_drift_event_starts_retraining(servers: Servers, prefect: Prefect) -> None:
    found = prefect.deployment(deployment_of("retraining", "sample"))
    assert found is not None
    resource = {"prefect.resource.id": "flywheel.project.sample"}
    prefect.emit_event("flywheel.drift.detected", resource=resource, payload={}, key="first")

    def retrained() -> list[RunFacts]:
        done = prefect.runs(RunStateType.COMPLETED)
        return [run for run in done if run.deployment_id == found["id"] and "drift" in str(run.parameters["reason"])]

    eventually(retrained, "retraining runs", within_seconds=60)


@pytest.mark.scenario
def test_cancelled_run_ends_with_its_process(servers: Servers, prefect: Prefect) -> None:
    run = _start(prefect, "endless")
    eventually(lambda: prefect.run_state(run).state is RunStateType.RUNNING, "it runs", within_seconds=60)
    prefect.end_run(run, RunStateType.CANCELLING, message="a person's wish")
    eventually(lambda: prefect.run_state(run).state is RunStateType.CANCELLED, "it is cancelled", within_seconds=60)
    eventually(lambda: not processes_with(f"PREFECT__FLOW_RUN_ID={run}"), "its process is gone")
    assert prefect.run_state(run).state is RunStateType.CANCELLED


@pytest.mark.scenario
def test_killed_worker_comes_back_and_its_run_is_closed(servers: Servers, prefect: Prefect) -> None:
    run = _start(prefect, "endless")
    eventually(lambda: prefect.run_state(run).state is RunStateType.RUNNING, "it runs", within_seconds=60)
    worker = servers.pid("worker")
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: prefect.run_state(run).state is RunStateType.CRASHED, "it is closed", within_seconds=60)
    after = _start(prefect, "trivial")
    eventually(lambda: prefect.run_state(after).state is RunStateType.COMPLETED, "the next runs", within_seconds=90)


@pytest.mark.scenario
@pytest.mark.parametrize(
    ("program", "number"),
    [
        ("postgres", signal.SIGKILL),
        ("postgres", signal.SIGSTOP),
        ("console", signal.SIGKILL),
        ("worker", signal.SIGSTOP),
        ("notary", signal.SIGKILL),
    ],
)
def test_whatever_dies_or_hangs_is_started_again_and_runs_go_on(
    servers: Servers, prefect: Prefect, program: str, number: signal.Signals
) -> None:
    if program == "console":
        eventually(questions(servers.settings)[program], "it was asked for", within_seconds=60)
    healed(servers, program, number)
    after = _start(prefect, "trivial")
    eventually(lambda: prefect.run_state(after).is_final, "the next run ends", within_seconds=90)
    assert prefect.run_state(after).state is RunStateType.COMPLETED


@pytest.mark.scenario
def test_the_worker_keeps_its_files_where_no_other_user_of_the_machine_has_any(servers: Servers) -> None:
    assert list((servers.settings.sockets_root / "runner_storage").iterdir())


@pytest.mark.scenario
def test_no_other_user_of_the_machine_can_look_at_what_lies_in_the_data_root(servers: Servers) -> None:
    root = servers.settings.data_root
    passing_through = 0o011  # the embedded database runs as another user where we are root
    open_to_others = [
        f"{stat.S_IMODE(path.lstat().st_mode):o} {path.relative_to(root)}"
        for path in (root, *root.iterdir())
        if stat.S_IMODE(path.lstat().st_mode) & (0o077 & ~passing_through if path == root else 0o077)
    ]
    assert open_to_others == []


@pytest.mark.scenario
def test_second_start_on_the_same_data_root_is_refused(servers: Servers) -> None:
    with pytest.raises(Unavailable, match="running already"), Servers(servers.settings, out=lambda _: None):
        pass


def test_busy_port_gives_one_clear_error(tmp_path: Path) -> None:
    environment = environment_in(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        settings = Settings.load(HOME, environ={**environment, "FLYWHEEL_PREFECT__PORT": str(port)})
        with (
            pytest.raises(Unavailable, match=rf"port {port} \(in use by process {os.getpid()} "),
            Servers(settings, out=lambda _: None),
        ):
            pass


@pytest.mark.scenario
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_the_supervisor(number: signal.Signals) -> None:
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        environment = environment_in(Path(folder))
        mark = f"FLYWHEEL_DATA_ROOT={environment['FLYWHEEL_DATA_ROOT']}"
        up = subprocess.Popen(
            [sys.executable, "-m", "deployments.up"],
            cwd=HOME,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
        )
        with up:
            assert up.stdout is not None
            lines = iter(up.stdout.readline, b"")
            assert any(line.startswith(b"all ready") for line in lines)
            database = int((Path(folder) / "data" / "pg" / "postmaster.pid").read_text().split()[0])
            up.send_signal(number)
            up.wait(60)
        eventually(lambda: not processes_with(mark) and not is_alive(database), "nothing is left")
        assert not processes_with(mark)


def _start(prefect: Prefect, flow: str) -> str:
    key = f"{flow}-{time.monotonic_ns()}"
    return prefect.start_run(deployment_of(flow, "sample"), parameters={"project": "sample"}, idempotency_key=key)
