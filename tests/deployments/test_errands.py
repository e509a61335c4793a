"""Errands of the steward: what is done in another process answers, or fails with words."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deployments.errands import ERRANDS, run_errand
from deployments.forms import forms_of
from flywheel.adapters.prediction_log import TRIALS, append, log_schema
from flywheel.errors import Unavailable
from flywheel.settings import Settings
from tests.deployments.conftest import HOME
from tests.factories.serving import make_contract

FLOWS = {"ideation": "flows.ideation.ideation"}


def settings() -> Settings:
    return Settings.load(HOME, environ={"FLYWHEEL_PREFECT__RUNNER": "process"})


def test_forms_made_in_another_process_are_those_made_here() -> None:
    assert run_errand("forms", FLOWS, settings=settings()) == forms_of(FLOWS)


def test_small_segments_of_traffic_and_of_trials_are_put_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_DATA_ROOT", str(tmp_path))
    schema = log_schema(make_contract())
    row = {**dict.fromkeys(schema.names), "event_at": datetime(2026, 1, 5, tzinfo=UTC)}
    folders = []
    for root in (tmp_path / "predictions", tmp_path / "predictions" / TRIALS):
        for _ in range(10):
            path = append(root, "card-default", [row], schema)
            os.utime(path, (0, 0))
        folders.append(path.parent)
    assert ERRANDS["compact_log"]({}) == 18
    assert [len(list(folder.iterdir())) for folder in folders] == [1, 1]


def test_an_errand_that_fails_is_raised_with_its_last_words() -> None:
    with pytest.raises(Unavailable, match="forms") as raised:
        run_errand("forms", {"lost": "flows.lost.lost"}, settings=settings())
    assert "flows.lost" in str(raised.value)
