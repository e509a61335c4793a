"""Errands of the steward: what is done in another process answers, or fails with words."""

from __future__ import annotations

import pytest

from deployments.errands import run_errand
from deployments.forms import forms_of
from flywheel.errors import Unavailable
from flywheel.settings import Settings
from tests.deployments.conftest import HOME

FLOWS = {"ideation": "flows.ideation.ideation"}


def settings() -> Settings:
    return Settings.load(HOME, environ={"FLYWHEEL_PREFECT__RUNNER": "process"})


def test_forms_made_in_another_process_are_those_made_here() -> None:
    assert run_errand("forms", FLOWS, settings=settings()) == forms_of(FLOWS)


def test_an_errand_that_fails_is_raised_with_its_last_words() -> None:
    with pytest.raises(Unavailable, match="forms") as raised:
        run_errand("forms", {"lost": "flows.lost.lost"}, settings=settings())
    assert "flows.lost" in str(raised.value)
