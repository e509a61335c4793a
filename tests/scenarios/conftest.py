"""One set of real servers for all scenarios: starting them costs more than most of what is tried on them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.scenarios.lab import Lab


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Servers on free ports, with a receiver of pages."""
    # Loaded here, so that collecting the tests does not pay for it.
    from tests.scenarios.lab import running_lab

    with tempfile.TemporaryDirectory(prefix="fw-") as folder, running_lab(Path(folder)) as opened:
        yield opened
