"""Errands of the steward: what is done in another process answers, or fails with words."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from deployments.forms import forms_of
from deployments.steward.errands import ERRANDS, run_errand
from flywheel.adapters.predictions.log import append, log_schema
from flywheel.catalog.engine import Catalog
from flywheel.errors import Unavailable
from flywheel.settings import Settings
from tests.deployments.conftest import HOME
from tests.factories.notaries import at_work
from tests.factories.serving import make_contract

FLOWS = {"ideation": "flows.ideation.ideation"}


def plain_settings() -> Settings:
    return Settings.load(HOME, environ={"FLYWHEEL_PREFECT__RUNNER": "process"})


def test_forms_made_in_another_process_are_those_made_here() -> None:
    assert run_errand("forms", FLOWS, settings=plain_settings()) == forms_of(FLOWS)


def test_small_segments_are_put_together(catalog: Catalog, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (catalog.engine.url.database, settings.database.url is None) == (settings.database.name, False)
    assert settings.database.url is not None
    monkeypatch.setenv("FLYWHEEL_DATA_ROOT", str(settings.data_root))
    monkeypatch.setenv("FLYWHEEL_DATABASE__URL", settings.database.url.get_secret_value())
    monkeypatch.setenv("FLYWHEEL_DATABASE__NAME", settings.database.name)
    schema = log_schema(make_contract())
    row = {**dict.fromkeys(schema.names), "event_at": datetime(2026, 1, 5, tzinfo=UTC)}
    for _ in range(10):
        os.utime(append(settings.predictions_root, "card-default", [row], schema), (0, 0))
    with at_work(settings):
        assert ERRANDS["compact_log"]({}) == 9


def test_an_errand_that_fails_is_raised_with_its_last_words() -> None:
    with pytest.raises(Unavailable, match="forms") as raised:
        run_errand("forms", {"lost": "flows.lost.lost"}, settings=plain_settings())
    assert "flows.lost" in str(raised.value)
