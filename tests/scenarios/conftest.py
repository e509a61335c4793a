"""One set of real servers for all scenarios: starting them costs more than most of what is tried on them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployments.conftest import HOME, environment_in
from tests.scenarios.lab import Lab

CHANNEL_VARIABLE = "FLYWHEEL_PAGING__CHANNELS__ON-CALL"


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Servers on free ports, with a receiver of pages."""
    # Loaded here, so that collecting the tests does not pay for it.
    from deployments.servers import Servers
    from examples.walk.receiver import Receiver
    from flywheel.adapters.prefect import Prefect
    from flywheel.services.workbench import Workbench
    from flywheel.settings import Settings

    with tempfile.TemporaryDirectory(prefix="fw-") as folder, Receiver() as receiver:
        os.environ[CHANNEL_VARIABLE] = receiver.channel  # secrets reach the servers by the environment alone
        environ = environment_in(Path(folder)) | {CHANNEL_VARIABLE: receiver.channel}
        settings = Settings.load(HOME, environ=environ)
        with Servers(settings, out=lambda _: None) as servers, Prefect(settings) as prefect:
            bench = Workbench.open(settings)
            yield Lab(bench, prefect, servers, receiver)
            bench.catalog.close()
        del os.environ[CHANNEL_VARIABLE]
