"""`flywheel diff` becomes the program that compares, with both versions named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def test_the_program_gets_both_versions_and_a_whole_path(tmp_path: Path) -> None:
    (programs := tmp_path / "deployments" / "programs").mkdir(parents=True)
    for package in (programs, programs.parent):
        (package / "__init__.py").touch()
    (programs / "diff.py").write_text("import sys; print(sys.argv[1])", encoding="utf-8")
    command = [sys.executable, "-c", "from flywheel.console.cli import main; main()"]
    home = Path(__file__).resolve().parents[4]
    environment = {**os.environ, "FLYWHEEL_HOME": str(tmp_path), "PYTHONPATH": str(home)}
    words = ["diff", "churn:2", "churn:1", "--out", "reports"]
    ran = subprocess.run([*command, *words], capture_output=True, text=True, env=environment, check=True, cwd=tmp_path)
    wanted = {"version": "churn:2", "against": "churn:1", "out": str(tmp_path / "reports"), "as_json": False}
    assert json.loads(ran.stdout) == wanted
