"""What `flywheel run --wait` says once the run has ended or waits for people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flywheel.adapters.deployment_names import deployment_of
from flywheel.catalog.engine import Catalog
from flywheel.console import outcome
from tests.factories.people import OWNER
from tests.factories.projects import SLUG, registered
from tests.fakes.prefect_server import RUN_ID, PrefectServer, prefect_server, run_of
from tests.flywheel.console.conftest import Cli, LogIn


@pytest.fixture
def prefect(monkeypatch: pytest.MonkeyPatch, catalog: Catalog, log_in: LogIn) -> Iterator[PrefectServer]:
    registered(catalog)
    log_in(OWNER)
    monkeypatch.setattr(outcome, "LOOK_EVERY_SECONDS", 0.0)
    with prefect_server(deployment_of("lifecycle", SLUG)) as server:
        monkeypatch.setenv("FLYWHEEL_PREFECT__API", server.url)
        yield server


def ends_as(server: PrefectServer, state: str) -> None:
    server.course = [run_of("lifecycle", project=SLUG, state=said) for said in ("SCHEDULED", "RUNNING", state)]


@pytest.mark.parametrize(
    ("state", "said"),
    [("COMPLETED", "lifecycle of card-default has ended as Completed"), ("PAUSED", "waits for people")],
)
def test_a_run_is_waited_for_until_it_has_ended_or_asks_people(
    cli: Cli, prefect: PrefectServer, state: str, said: str
) -> None:
    ends_as(prefect, state)
    ran = cli("run", SLUG, "--wait")
    assert RUN_ID in ran.out
    assert said in ran.out
    assert ran.code == 0


def test_the_runs_by_which_a_walk_goes_on_are_waited_for_too(cli: Cli, prefect: PrefectServer) -> None:
    begun = run_of("lifecycle", project=SLUG, state="COMPLETED")
    prefect.course = [begun, begun, run_of("delivery", project=SLUG), run_of("delivery", project=SLUG, state="PAUSED")]
    prefect.runs = [run_of("delivery", project=SLUG), run_of("monitoring", project=SLUG)]
    ran = cli("run", SLUG, "--wait", "--key", "again")
    assert "delivery of card-default waits for people" in ran.out


def test_a_walk_has_not_ended_while_its_next_stage_is_about_to_start(
    cli: Cli, prefect: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter([True, True, False])
    monkeypatch.setattr("flywheel.services.walk.cycles.is_about_to_go_on", lambda *_, **__: next(asked))
    prefect.course = [run_of("lifecycle", project=SLUG, state="COMPLETED")]
    assert "has ended as Completed" in cli("run", SLUG, "--wait").out
    assert list(asked) == []


def test_a_stage_that_starts_while_the_walk_is_looked_at_is_waited_for(
    cli: Cli, prefect: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starts_now(*_: object, **__: object) -> bool:
        prefect.runs = [run_of("delivery", project=SLUG)]
        return False

    monkeypatch.setattr("flywheel.services.walk.cycles.is_about_to_go_on", starts_now)
    begun, paused = (run_of(f, project=SLUG, state=s) for f, s in (("lifecycle", "COMPLETED"), ("delivery", "PAUSED")))
    prefect.course = [begun, paused]
    assert "delivery of card-default waits for people" in cli("run", SLUG, "--wait").out


@pytest.mark.parametrize(("state", "code"), [("FAILED", 3), ("CANCELLED", 3), ("CRASHED", 7)])
def test_a_run_that_did_not_complete_makes_the_command_fail(
    cli: Cli, prefect: PrefectServer, state: str, code: int
) -> None:
    ends_as(prefect, state)
    ran = cli("run", SLUG, "--wait")
    assert (ran.code, state.capitalize() in ran.err) == (code, True)
    assert RUN_ID in ran.out, "the run's page is shown before anybody waits"


def test_for_scripts_the_answer_is_one_object(cli: Cli, prefect: PrefectServer) -> None:
    ends_as(prefect, "COMPLETED")
    assert "Completed" in cli("run", SLUG, "--wait", "--json").json["came_to"]
