"""What is at work is told apart from what waits for people, and from monitoring, which runs beside the walk."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flywheel.adapters.prefect_answers import RunFacts, RunStateType
from flywheel.console.underway import AtWork


@pytest.mark.parametrize(
    ("flow", "state", "project", "moves"),
    [
        ("research", RunStateType.RUNNING, "loans", True),
        ("validation", RunStateType.PAUSED, "loans", False),
        ("monitoring", RunStateType.RUNNING, "loans", False),
        ("research", RunStateType.RUNNING, "cards", False),
    ],
)
def test_a_walk_moves_while_a_run_of_it_waits_for_nobody(
    flow: str, state: RunStateType, project: str, moves: bool
) -> None:
    tags = (f"project:{project}", f"flow:{flow}")
    run = RunFacts("r", "name", None, {}, tags, state, state.value, "", datetime(2026, 1, 1, tzinfo=UTC))
    assert AtWork(are_servers_up=True, runs=((run, "page"),)).is_moving("loans") is moves


def test_a_run_of_monitoring_is_told_to_whoever_looks_at_windows() -> None:
    tags = ("project:loans", "flow:monitoring")
    at = datetime(2026, 1, 1, 8, 30, tzinfo=UTC)
    run = RunFacts("r", "name", None, {}, tags, RunStateType.PENDING, "Pending", "", at)
    seen = AtWork(are_servers_up=True, runs=((run, "page"),))
    assert seen.judging("loans") == "monitoring has been running since 2026-01-01 08:30:00 UTC: page"
    assert seen.judging("cards") == ""
    assert AtWork(are_servers_up=True).judging("loans") == ""
