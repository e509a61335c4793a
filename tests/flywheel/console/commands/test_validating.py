"""`flywheel validate` becomes the program that examines, with what was asked for and who asks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def test_the_program_gets_what_was_asked_for_with_whole_paths(tmp_path: Path) -> None:
    (programs := tmp_path / "deployments" / "programs").mkdir(parents=True)
    for package in (programs, programs.parent):
        (package / "__init__.py").touch()
    (programs / "validate.py").write_text("import sys; print(sys.argv[1])", encoding="utf-8")
    words = ["validate", "churn:2", "--as", "vera@bank.example", "--out", "reports", "--all", "--dry-run"]
    command = [sys.executable, "-c", "from flywheel.console.cli import main; main()", *words]
    home = Path(__file__).resolve().parents[4]
    environment = {**os.environ, "FLYWHEEL_HOME": str(tmp_path), "PYTHONPATH": str(home)}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, cwd=tmp_path)
    assert json.loads(ran.stdout) == {
        "version": "churn:2",
        "actor": "",
        "out": str(tmp_path / "reports"),
        "more": True,
        "dry_run": True,
        "as_json": False,
    }
