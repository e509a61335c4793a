"""What was done stands behind what it was done for, and before what nothing acts on yet."""

from __future__ import annotations

import logging
import sys

import pytest

from tasks.shapes import Acted, Due, LateRows
from tasks.sum_up import sum_up
from tests.tasks.test_show_found import window


def test_what_was_done_is_not_told_of_what_is_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["tasks.sum_up"], "get_run_logger", lambda: logging.getLogger("said"))
    due = Due(project="parcels", project_digest="", windows=[], waits="", left="")
    judged = window("unknown names", words="7.4% of sender are unknown")
    judged["waiting"] = "it covers 1.4 of 3 days of its window: sender has drifted"
    fell = Acted(actions=["the endpoint fell back to its business rule"], at_stake_per_day=None)
    said = sum_up.fn(due, [judged], [fell], LateRows(rows=0, telling=""))
    assert said.endswith(
        "7.4% of sender are unknown; the endpoint fell back to its business rule; " + judged["waiting"]
    )
