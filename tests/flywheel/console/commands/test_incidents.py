"""Incidents on the command line: seen, taken up, ended."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.incidents import IncidentSeverity
from flywheel.services.incidents.incidents import Sighting, open_incident
from tests.factories.people import OWNER, VERA
from tests.factories.projects import SLUG, registered
from tests.flywheel.console.conftest import Cli, LogIn


@pytest.fixture
def incident(catalog: Catalog) -> str:
    """Something that went wrong."""
    registered(catalog)
    return open_incident(
        catalog,
        Sighting(
            project=SLUG,
            key=f"{SLUG}:sentinels",
            severity=IncidentSeverity.PAGE,
            title="bureau_score piles up at 999",
            cause="the bureau sends 999 for no hit",
            consequence=Decimal("1200.00"),
            actions=("fall back to the rule", "call the bureau"),
            evidence={},
            run_id="run-9",
            version=f"{SLUG}:1",
            window_from=datetime(2026, 1, 5, tzinfo=UTC),
            window_until=datetime(2026, 1, 12, tzinfo=UTC),
        ),
        channels=(),
        actor="flow:monitoring",
    ).id


def test_no_incident_is_good_news(cli: Cli) -> None:
    assert "no incident is open" in cli("incidents", "list").out


def test_list_gives_cause_and_actions(cli: Cli, incident: str) -> None:
    shown = cli("incidents", "list").out
    about = f"({SLUG}:1, traffic from 2026-01-05 00:00 to 2026-01-12 00:00 UTC)"
    assert f"{incident} {about}: the bureau sends 999 for no hit\n  - fall back to the rule" in shown


def test_acknowledged_incident_names_who_has_it(cli: Cli, incident: str, log_in: LogIn) -> None:
    log_in(VERA)
    taken = cli("incidents", "ack", incident, "--as", VERA, "--json").json
    assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", VERA)


def test_resolved_incident_leaves_the_list_but_not_the_record(cli: Cli, incident: str, log_in: LogIn) -> None:
    log_in(VERA)
    cli("incidents", "resolve", incident, "--as", VERA, "--resolution", "the bureau mended it")
    assert cli("incidents", "list", "--json").json == []
    assert cli("incidents", "list", "--all", "--json").json[0]["resolution"] == "the bureau mended it"


@pytest.fixture
def two_faults(catalog: Catalog, incident: str) -> str:
    """Another fault, told of in the same incident."""
    seen = Sighting(
        project=SLUG,
        key=f"{SLUG}:sentinels",
        severity=IncidentSeverity.PAGE,
        title="income is null",
        cause="the form lost a field",
        consequence=None,
        actions=(),
        evidence={},
        run_id="run-10",
        signs=("input: page about income",),
    )
    return open_incident(catalog, seen, channels=(), actor="flow:monitoring").id


def test_a_resolution_asks_which_of_several_faults_it_closes(
    cli: Cli, two_faults: str, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(VERA)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert "1: bureau_score piles up at 999\n  fault 2: income is null" in cli("incidents", "list").out
    words = ("incidents", "resolve", two_faults, "--as", VERA, "--resolution", "mended")
    refused = cli(*words)
    assert refused.code == 2
    assert "2: income is null" in refused.err
    assert "--fault" in refused.err
    assert "income" in cli(*words, "--fault", "3").err
    monkeypatch.setattr("sys.stdin", io.StringIO("2\n"))
    assert "closed: income is null; bureau_score piles up at 999 stands" in cli(*words).out
    (left,) = cli("incidents", "list", "--json").json
    assert (left["state"], [one["is_over"] for one in left["faults"]]) == ("open", [False, True])
    assert f"{two_faults} is resolved; closed: bureau_score" in cli(*words, "--fault", "all").out


def test_resolving_twice_is_refused(cli: Cli, incident: str, log_in: LogIn) -> None:
    log_in(VERA)
    words = ("incidents", "resolve", incident, "--as", VERA, "--resolution", "done")
    cli(*words)
    assert cli(*words).code == 3


def test_unknown_incident_is_not_found(cli: Cli, catalog: Catalog, log_in: LogIn) -> None:
    registered(catalog)
    log_in(VERA)
    assert cli("incidents", "ack", "nothing", "--as", VERA).code == 4


def test_nobody_acts_by_a_name_alone(cli: Cli, incident: str, log_in: LogIn) -> None:
    for person in ("zzz@nobody", VERA):
        words = ("incidents", "resolve", incident, "--as", person, "--resolution", "done")
        assert "give it with --code" in cli(*words).err
        refused = cli(*words, "--code", "000000")
        assert refused.code == 3, refused.out
    assert "nobody is logged in" in cli("incidents", "ack", incident).err
    log_in(VERA)
    log_in(OWNER)
    assert "give it with --code" in cli("incidents", "ack", incident, "--as", VERA).err
    assert cli("incidents", "list", "--json").json[0]["state"] == "open"


@pytest.mark.parametrize("act", [("ack",), ("resolve", "--resolution", "mended")])
def test_an_incident_that_is_none_is_answered_with_where_they_are_listed(
    cli: Cli, incident: str, log_in: LogIn, act: tuple[str, ...]
) -> None:
    log_in(OWNER)
    ran = cli("incidents", act[0], f"{incident}0", *act[1:])
    assert ran.code == 4
    assert "flywheel incidents list --all" in ran.err
