"""A backup begins with looking whether there is anything to back up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flywheel.console.conftest import Cli


def test_a_backup_of_what_never_ran_is_refused_and_leaves_nothing_behind(
    bare_cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_DATA_ROOT", str(tmp_path / "data"))
    refused = bare_cli("backup", str(tmp_path / "copy"))
    assert (refused.code, "there is no installation to back up" in refused.err) == (4, True)
    assert list(tmp_path.iterdir()) == []
