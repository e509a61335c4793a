"""A window of traffic is judged by our own examiners always, and by Evidently where it is worth it."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.tasks.conftest import Walk

pytestmark = pytest.mark.usefixtures("foreign_examiners")
EVERY_TIME = {"INPUT-001", "DATA-003", "DRIFT-001"}


def asked(walk: Walk) -> pd.DataFrame:
    """What customers ask, like the rows that the version learned from."""
    frame: pd.DataFrame = walk.ground.artifacts.get_frame(walk.ground.prepared().digest)
    return frame.sample(600, random_state=3)


def gates_of(verdicts: dict[str, str]) -> set[str]:
    return {name for name in verdicts if not name.startswith("watch ")}


def test_a_quiet_week_rings_nothing_and_evidently_looks_once_without_its_page(walk: Walk) -> None:
    judged = walk.window(asked(walk), week=0)
    assert (judged["rows"], judged["alarms"]) == (600, [])
    assert gates_of(judged["verdicts"]) == {*EVERY_TIME, "DRIFT-002"}
    assert set(judged["verdicts"].values()) == {"passed"}
    assert "evidently.html" not in judged["evidence"]


def test_what_rings_names_its_reasons_and_brings_both_examiners_with_their_pages(walk: Walk) -> None:
    rows = asked(walk)
    judged = walk.window(rows.assign(requested_limit=rows["requested_limit"] / 100), week=1)
    assert {"sentinels", "drift"} <= {alarm["watch"] for alarm in judged["alarms"]}
    assert any("requested_limit" in reason for alarm in judged["alarms"] for reason in alarm["reasons"])
    assert judged["verdicts"]["DATA-003"] == judged["verdicts"]["DRIFT-002"] == "failed"
    assert "evidently.html" in judged["evidence"]


def test_whoever_asks_for_a_thorough_look_gets_the_page_of_a_quiet_week(walk: Walk) -> None:
    assert "evidently.html" in walk.window(asked(walk), week=2, is_thorough=True)["evidence"]
