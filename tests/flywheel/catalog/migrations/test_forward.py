"""No step of the schema goes back."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import flywheel.catalog.migrations as home
from flywheel.errors import Refused

STEPS = sorted(path.stem for path in Path(home.__path__[0], "versions").glob("step_*.py"))


@pytest.mark.parametrize("step", STEPS)
def test_a_step_back_is_refused_and_says_what_to_do(step: str) -> None:
    with pytest.raises(Refused, match="restore a backup"):
        import_module(f"flywheel.catalog.migrations.versions.{step}").downgrade()
