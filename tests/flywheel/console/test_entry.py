"""Ctrl-C ends every command in one line and with 130, whatever it is at, its own imports too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[3]
PROGRAM = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal, wherever the tests run
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Stop())
from flywheel.console.entry import main
main()
"""


@pytest.mark.parametrize(
    ("module", "arguments", "said"),
    [
        ("typer", ["new"], "its folder is complete, or not there at all"),
        ("pyarrow", ["new", "x", "--from", "x.parquet"], "its folder is complete, or not there at all"),
        ("pydantic", ["check", "x"], "nothing was written"),
        ("flywheel.project.proposing.deciding", ["decide", "x"], "your answers are saved"),
        ("flywheel.settings", ["run", "x"], "a run that was started continues"),
        ("flywheel.settings", ["register", "x"], "what was recorded by then is complete"),
    ],
)
def test_ctrl_c_ends_in_a_line_that_says_what_stands(
    tmp_path: Path, module: str, arguments: list[str], said: str
) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and more PAR1")
    program = [sys.executable, "-c", PROGRAM.format(module=module), *arguments]
    environment = {"PYTHONPATH": str(HOME), "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(program, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert ran.returncode == 130, ran.stderr
    assert ran.stdout == ""
    assert ran.stderr.startswith(f"\nflywheel: stopped; {said}")
    assert ran.stderr.count("\n") == 2
    assert not (tmp_path / "x").exists()


def test_a_reader_that_stops_ends_a_command_without_a_word() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    program = [sys.executable, "-c", "from flywheel.console.entry import main; main()", "--help"]
    with os.fdopen(writes, "wb") as output:
        ended = subprocess.run(program, stdout=output, stderr=subprocess.PIPE, cwd=HOME, text=True, check=False)
    assert ended.stderr == ""
