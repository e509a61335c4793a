"""The worker leaves a sign of when it began to take runs."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from deployments.worker.worker import READY_FILE, working_since
from flywheel.settings import Settings


def test_worker_works_since_it_last_said_so(tmp_path: Path) -> None:
    settings = Settings.load(environ={"FLYWHEEL_DATA_ROOT": str(tmp_path)})
    assert working_since(settings) is None
    settings.sockets_root.mkdir(parents=True)
    said = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    (settings.sockets_root / READY_FILE).touch()
    os.utime(settings.sockets_root / READY_FILE, (said.timestamp(), said.timestamp()))
    assert working_since(settings) == said
