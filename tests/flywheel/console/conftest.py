"""The command line as a person runs it, on this test's own catalog."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from flywheel.console.cli import main
from flywheel.settings import Settings


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What a script would read."""
        return json.loads(self.out)


Cli = Callable[..., Ran]


@pytest.fixture
def bare_cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run commands that need no catalog."""

    def run(*words: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(words)
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.setenv("FLYWHEEL_PAGING__CHANNELS__ON-CALL", "json://127.0.0.1:9/page")
    return run


@pytest.fixture
def cli(bare_cli: Cli, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run commands on this test's catalog."""
    assert settings.database.url is not None
    monkeypatch.setenv("FLYWHEEL_DATABASE__URL", settings.database.url.get_secret_value())
    monkeypatch.setenv("FLYWHEEL_DATABASE__NAME", settings.database.name)
    monkeypatch.setenv("FLYWHEEL_DATA_ROOT", str(settings.data_root))
    return bare_cli
