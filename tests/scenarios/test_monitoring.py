"""Clean weeks pass in silence; the bureau's 999 is noticed, made harmless and paged, on the real servers."""

from __future__ import annotations

import re
import shutil
import sys
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from examples.card_default import generator
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.services.incidents import incidents
from flywheel.services.serving import endpoints, serving
from flywheel.services.watching import health
from tests.deployments.conftest import HOME
from tests.scenarios.lab import Lab

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(900)]

PROJECT = "card-default"
CLEAN_WEEKS = 30
ROWS_A_WEEK = 1_000
SEED = 23


@pytest.fixture(scope="module")
def url(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The card model in business, where it answers."""
    folder = tmp_path_factory.mktemp("projects") / PROJECT
    folder.mkdir()
    shutil.copyfile(HOME / "examples" / "card_default" / "project.toml", folder / "project.toml")
    generator.write_history(folder)
    record = lab.register(folder)
    lab.finished(lab.run("lifecycle", PROJECT, started_by=record.owner))
    version = lab.version_to_sign(PROJECT)
    lab.sign(version, person="vera@bank.example", role=Role.VALIDATOR)
    lab.sign(version, person="ivan@bank.example", role=Role.IT)
    lab.sign(version, person="ben@bank.example", role=Role.BUSINESS)
    lab.until(lambda: lab.project(PROJECT).stage is Stage.MONITORING, "delivery")
    return lab.endpoint_url(PROJECT)


def test_thirty_clean_weeks_are_silent_and_the_999_is_caught_paged_and_made_harmless(lab: Lab, url: str) -> None:
    for week in range(CLEAN_WEEKS):
        send(url, generator.week(SEED, ROWS_A_WEEK, week))
    monitor(lab, CLEAN_WEEKS)
    judged = health.list_health(lab.bench.catalog, project=PROJECT, limit=100)
    false_alarms = sum(bool(window.signals) for window in judged)
    sys.stdout.write(f"false alarms: {false_alarms} of {len(judged)} clean weeks of {ROWS_A_WEEK} rows, seed {SEED}\n")
    assert (len(judged), false_alarms) == (CLEAN_WEEKS, 0)
    assert incidents.list_incidents(lab.bench.catalog, project=PROJECT) == ()

    send(url, generator.null_to_999(generator.week(SEED, ROWS_A_WEEK, CLEAN_WEEKS)))
    monitor(lab, CLEAN_WEEKS + 1)
    rung = health.latest(lab.bench.catalog, project=PROJECT)
    assert rung is not None
    assert {"input", "sentinels"} <= {sign.partition(": ")[0] for sign in rung.signals}
    page = lab.page_about(PROJECT)
    assert PROJECT in page["title"]
    assert "bureau_score" in page["message"]
    assert re.search(r"earns each day over the baseline: [\d,]+\.\d\d EUR", page["message"])
    endpoint = endpoints.find(lab.bench.catalog, name=PROJECT)
    assert endpoint is not None
    assert endpoint.mode is EndpointMode.RULE  # there is no earlier version yet
    asked = generator.null_to_999(generator.week(SEED, 50, CLEAN_WEEKS + 1))
    answer = send(lab.endpoint_url(PROJECT), asked)
    assert answer["served_by"] == "rule"
    hit = asked[generator.SCORE].eq(999).to_numpy()
    assert all(one["decision"] == "decline" for one, bad in zip(answer["predictions"], hit, strict=True) if bad)


def send(url: str, frame: pd.DataFrame) -> dict[str, Any]:
    """Ask for a frame's rows over HTTP, as callers do."""
    return serving.ask(url, serving.as_rows(generator.as_seen(frame)[serving.asked_for(url)]))


def monitor(lab: Lab, up_to_week: int) -> None:
    """Run the monitoring flow over everything up to a week."""
    until = generator.FIRST_WEEK + timedelta(weeks=up_to_week)
    run = lab.finished(lab.run("monitoring", PROJECT, until=until.isoformat()))
    assert run.state_name == "Completed", run.message
