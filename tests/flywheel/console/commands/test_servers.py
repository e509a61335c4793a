"""`demo` and `up` become programs of the repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_program_is_run_in_the_repository_with_its_arguments(tmp_path: Path) -> None:
    package = tmp_path / "examples" / "walk"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package.parent / "__init__.py").touch()
    (package / "__main__.py").write_text("import os, sys; print(os.getcwd(), sys.argv[1:])", encoding="utf-8")
    command = [sys.executable, "-c", "from flywheel.console.cli import main; main()", "demo", "--stay", "--help"]
    home = Path(__file__).resolve().parents[4]
    environment = {**os.environ, "FLYWHEEL_HOME": str(tmp_path), "PYTHONPATH": str(home)}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert ran.stdout == f"{tmp_path} ['--stay', '--help']\n"
