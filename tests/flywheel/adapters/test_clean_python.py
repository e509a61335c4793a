"""Clean interpreters: nothing of ours leaks in, threads are pinned, and a failure is said in its own words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flywheel.adapters import clean_python
from flywheel.adapters.bentoml import quiet_environment
from flywheel.adapters.clean_python import build_environment, run_clean
from flywheel.adapters.programs import UV
from flywheel.errors import Unavailable


def program(folder: Path, text: str) -> Path:
    (folder / "said.py").write_text(text)
    return folder


def test_a_program_sees_its_argument_pinned_threads_and_nothing_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_SECRET", "x")
    home = program(tmp_path, "import json, os, sys; print(json.dumps([sys.argv[1], dict(os.environ)]))")
    argument, environment = json.loads(run_clean("said", '{"a": 1}', home=home, logs=home / "logs"))
    assert argument == '{"a": 1}'
    assert "FLYWHEEL_SECRET" not in environment
    assert (environment["OMP_NUM_THREADS"], environment["PYTHONHASHSEED"]) == ("1", "0")


def test_a_program_that_fails_is_named_by_its_last_word(tmp_path: Path) -> None:
    home = program(tmp_path, "raise SystemExit('the disk is full')")
    with pytest.raises(Unavailable, match="the disk is full"):
        run_clean("said", "", home=home, logs=home / "logs")


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    home = program(tmp_path, "while True: pass")
    with pytest.raises(Unavailable, match="did not end"):
        run_clean("said", "", home=home, logs=home / "logs", seconds=0.2)


def test_without_uv_a_clean_environment_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean_python, "UV", replace(UV, find=lambda: None))
    with pytest.raises(Unavailable, match="uv is missing, which is run by"):
        build_environment(b"", folder=tmp_path, logs=tmp_path / "logs")


def test_a_program_that_is_killed_is_named_by_the_signal(tmp_path: Path) -> None:
    home = program(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(Unavailable, match="SIGSEGV"):
        run_clean("said", "", home=home, logs=home / "logs")


def test_what_the_processor_needs_reaches_every_interpreter_that_reckons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenBLAS takes other kernels without it, and a model made again would differ in its last digits."""
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    home = tmp_path / "home"
    home.mkdir()
    (home / "said.py").write_text("import json, os\nprint(json.dumps(dict(os.environ)))")
    for environment in (json.loads(run_clean("said", "", home=home, logs=home / "logs")), quiet_environment()):
        assert (environment["OPENBLAS_CORETYPE"], environment["OPENBLAS_NUM_THREADS"]) == ("Haswell", "1")
