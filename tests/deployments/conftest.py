"""Real servers on free ports, in a folder with a short path."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flywheel.settings import Settings
from tests.ports import take_ports

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def server_settings() -> Iterator[Settings]:
    """Settings of a data root of their own."""
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        yield Settings.load(HOME, environ=environment_in(Path(folder)))


def environment_in(folder: Path) -> dict[str, str]:
    """Choose ports that no other test on this machine uses, and a data root."""
    first = take_ports()
    return {
        "FLYWHEEL_DATA_ROOT": str(folder / "data"),
        "FLYWHEEL_PREFECT__PORT": str(first),
        "FLYWHEEL_MLFLOW__UI_PORT": str(first + 1),
        "FLYWHEEL_CONSOLE__PORT": str(first + 2),
        "FLYWHEEL_SERVING__FIRST_PORT": str(first + 3),
    }
