"""Real servers on free ports, in a folder with a short path."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flywheel.settings import Settings

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def server_settings() -> Iterator[Settings]:
    """Settings of a data root of their own."""
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        yield Settings.load(HOME, environ=environment_in(Path(folder)))


def environment_in(folder: Path) -> dict[str, str]:
    """Choose free ports and a data root."""
    return {
        "FLYWHEEL_DATA_ROOT": str(folder / "data"),
        "FLYWHEEL_PREFECT__PORT": str(_free_port()),
        "FLYWHEEL_MLFLOW__UI_PORT": str(_free_port()),
        "FLYWHEEL_CONSOLE__PORT": str(_free_port()),
        "FLYWHEEL_SERVING__FIRST_PORT": str(_free_port()),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
