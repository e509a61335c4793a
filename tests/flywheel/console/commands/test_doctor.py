"""`flywheel doctor`: one table, and an exit code that says whether the servers would start."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from flywheel.errors import Unavailable
from tests.flywheel.console.conftest import Cli


def test_a_fit_machine_is_said_to_be_one(bare_cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYWHEEL_DATA_ROOT", str(tmp_path / "data"))
    with socket.socket() as one, socket.socket() as other, socket.socket() as third:
        for name, probe in (("PREFECT__PORT", one), ("MLFLOW__UI_PORT", other), ("CONSOLE__PORT", third)):
            probe.bind(("127.0.0.1", 0))
            monkeypatch.setenv(f"FLYWHEEL_{name}", str(probe.getsockname()[1]))
    ran = bare_cli("doctor")
    assert ran.code == 0
    assert "PostgreSQL" in ran.out
    assert not (tmp_path / "data").exists()


def test_what_is_wrong_is_told_with_what_to_do_and_an_exit_code(
    bare_cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FLYWHEEL_DATA_ROOT", str(tmp_path / "file" / "data"))
    ran = bare_cli("doctor")
    assert ran.code == Unavailable.exit_code
    assert "data root is wrong: set FLYWHEEL_DATA_ROOT to a folder that you can write" in ran.out
    as_json = bare_cli("doctor", "--json")
    assert as_json.code == Unavailable.exit_code
    assert {need["name"]: need["fitness"] for need in as_json.json}["data root"] == "wrong"


def test_a_systemd_unit_is_printed_on_request_that_starts_this_checkout_on_this_data_root(
    bare_cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_DATA_ROOT", str(tmp_path / "100%"))
    ran = bare_cli("doctor", "--systemd")
    assert ran.code == 0
    said = dict(line.split("=", 1) for line in ran.out.splitlines() if "=" in line)
    assert said["ExecStart"] == f'"{sys.executable}" -m deployments.up'
    assert said["Environment"] == f'"FLYWHEEL_DATA_ROOT={tmp_path}/100%%"'
    assert Path(said["WorkingDirectory"], "deployments", "up.py").is_file()
    assert said["Restart"] == "always"
