"""Having traffic judged, and seeing how it was, on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from deployments.entrypoints import ENTRYPOINTS
from deployments.forms import forms_of
from flywheel.adapters.deployment_names import deployment_of
from flywheel.catalog.engine import Catalog
from flywheel.console import outcome
from flywheel.domain.digests import plain
from flywheel.domain.monitoring import WindowState
from flywheel.services.watching import health
from flywheel.services.watching.health import Found, Part
from tests.factories.people import OWNER
from tests.factories.projects import SLUG, registered
from tests.fakes.prefect_server import RUN_ID, PrefectServer, prefect_server, run_of
from tests.flywheel.console.conftest import Cli, LogIn

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def prefect(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrefectServer]:
    """A Prefect server that knows how monitoring is started."""
    form = forms_of({"monitoring": ENTRYPOINTS["monitoring"]})["monitoring"]["schema"]
    assert isinstance(form, dict)
    with prefect_server(deployment_of("monitoring", SLUG)) as server:
        server.forms = {"monitoring": form}
        monkeypatch.setenv("FLYWHEEL_PREFECT__API", server.url)
        yield server


def test_monitor_starts_a_run_with_what_was_asked(
    cli: Cli, catalog: Catalog, prefect: PrefectServer, log_in: LogIn
) -> None:
    registered(catalog)
    log_in(OWNER)
    ran = cli("monitor", SLUG, "--until", "2026-01-12", "--thorough", "--as", OWNER, "--json")
    assert ran.json["run_id"] == RUN_ID
    assert prefect.started[0]["parameters"] == {
        "project": SLUG,
        "thorough": True,
        "early": False,
        "until": "2026-01-12T00:00:00+00:00",
        "started_by": OWNER,
    }
    cli("monitor", SLUG, "--early")
    assert prefect.started[1]["parameters"] == {
        "project": SLUG,
        "thorough": False,
        "early": True,
        "started_by": OWNER,
    }


def test_monitor_waits_for_what_it_started_where_it_is_asked_to(
    cli: Cli, catalog: Catalog, prefect: PrefectServer, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(catalog)
    log_in(OWNER)
    monkeypatch.setattr(outcome, "LOOK_EVERY_SECONDS", 0.0)
    prefect.course = [run_of("monitoring", project=SLUG, state=said) for said in ("SCHEDULED", "RUNNING", "COMPLETED")]
    assert "monitoring of card-default has ended as Completed" in cli("monitor", SLUG, "--early", "--wait").out


def test_a_week_that_still_runs_is_not_closed(bare_cli: Cli, prefect: PrefectServer) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    ran = bare_cli("monitor", SLUG, "--until", f"{tomorrow:%Y-%m-%d %H:%M:%S}")
    assert ran.code == 2
    assert "traffic can only be judged up to now" in ran.err
    assert prefect.started == []


@pytest.mark.parametrize(("hours", "is_past"), [(-14, True), (14, False)])
def test_a_zone_is_kept(
    cli: Cli, catalog: Catalog, prefect: PrefectServer, log_in: LogIn, hours: int, is_past: bool
) -> None:
    """The clock on the wall there shows a later (or an earlier) time than the one in UTC."""
    registered(catalog)
    log_in(OWNER)
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=-1 if is_past else 1)
    there = moment.astimezone(timezone(timedelta(hours=-hours)))
    ran = cli("monitor", SLUG, "--until", there.isoformat(), "--as", OWNER)
    assert [one["parameters"]["until"] for one in prefect.started] == ([moment.isoformat()] if is_past else [])
    said = "over by" if is_past else f"found '{moment:%Y-%m-%d %H:%M} UTC'"
    assert said in ran.out + ran.err


def test_windows_are_listed_with_state_rows_and_what_was_found(cli: Cli, catalog: Catalog) -> None:
    registered(catalog)
    assert "no window was judged" in cli("windows", SLUG).out
    part = Part(f"{SLUG}:1", "rule", MONDAY, MONDAY + timedelta(weeks=1))
    reasons = [f"reason {number}" for number in range(25)]
    found = Found(
        WindowState.BAD,
        700,
        words="income has another unit",
        columns={"income": "bad"},
        signals={"drift: page": plain(reasons)},
    )
    health.record_health(catalog, project=SLUG, part=part, found=found, run_id="r", actor="flow:monitoring")
    health.record_late(catalog, project=SLUG, part=part, late_rows=30, actor="flow:monitoring")
    shown = cli("windows", SLUG).out
    for words in ("2026-01-05 00:00", "bad", "700", "30", f"the rule of {SLUG}:1", "income has another unit"):
        assert words in shown
    assert "reason 3" not in shown
    every = cli("windows", SLUG, "--all").out
    assert f"the rule of {SLUG}:1, drift: page\n  - reason 0\n" in every
    assert "  - reason 24\n" in every
    (row,) = cli("windows", SLUG, "--json").json
    assert row["signals"] == {"drift: page": reasons}
    assert (row["state"], row["late_rows"], row["columns"]) == ("bad", 30, {"income": "bad"})


def test_lines_that_begin_at_one_time_say_what_parts_them(cli: Cli, catalog: Catalog) -> None:
    registered(catalog)
    week = timedelta(weeks=1)
    for served_by, start, end in (("model", 0, 1), ("rule", 0, 1), ("model", 2, 3), ("model", 2, 4), ("model", 5, 6)):
        part = Part(f"{SLUG}:1", served_by, MONDAY + start * week, MONDAY + end * week)
        found = Found(WindowState.INSUFFICIENT, 9)
        health.record_health(catalog, project=SLUG, part=part, found=found, run_id="r", actor="flow:monitoring")
    notes = [line for line in cli("windows", SLUG).out.splitlines() if line.startswith("note: ")]
    goes_on = "a window with too few rows to judge is extended by the next, which begins with it"
    assert notes == [
        f"note: 2 lines begin 2026-01-19 00:00: {goes_on}",
        f"note: 2 lines begin 2026-01-05 00:00: each is what one of {SLUG}:1 and the rule of {SLUG}:1 answered",
    ]


def test_windows_say_that_they_are_being_judged_right_now(cli: Cli, catalog: Catalog, prefect: PrefectServer) -> None:
    registered(catalog)
    prefect.runs = [run_of("monitoring", project=SLUG, state="RUNNING")]
    shown = cli("windows", SLUG).out
    assert "no window was judged: monitoring has been running since " in shown
    assert "judges it up to now" not in shown


def test_a_project_that_is_none_is_not_found(cli: Cli) -> None:
    assert cli("windows", "nothing").code == 4
