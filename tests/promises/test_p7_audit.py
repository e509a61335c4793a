"""P7: from load to served prediction nothing is unpickled, and no code runs but that of the libraries and ours."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.scenario

HOME = Path(__file__).parents[2]
AUDITED = Path(__file__).with_name("audited.py")
IN_PACKAGE = ("flywheel", "deployments")
"""What of a package may run; a model's folder may not."""
BUILD, SERVER = "-m bentoml build", "-P -m _bentoml_impl.worker.service"


@dataclass(frozen=True)
class Life:
    """What was answered at the end of a life, and what the hooks wrote down."""

    said: Any
    armed: list[str]
    offences: list[str]


def live(*flags: str) -> Life:
    """Let a model live in processes that are all armed."""
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        root, log, python = Path(folder), Path(folder) / "audit", Path(folder) / "python"
        ours = [f"{HOME}/{name}/*" for name in (*IN_PACKAGE, "tests")]
        ours += [f"{root}/bento/bentos/card-default/*/src/{name}/*" for name in IN_PACKAGE]
        ours += [
            f"{root}/flywheel-build-*/context/{name}/*" for name in IN_PACKAGE
        ]  # where BentoML looks at them first
        command = [sys.executable, str(AUDITED), str(log), ":".join(ours)]
        python.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        python.chmod(0o700)
        done = subprocess.run(
            [str(python), "-m", "tests.promises.p7_life", folder, str(python), *flags],
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": folder},
            cwd=HOME,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        lines = log.read_text().splitlines()
    return Life(
        json.loads(done.stdout.splitlines()[-1]),
        [line for line in lines if line.startswith("armed ")],
        [line for line in lines if not line.startswith("armed ")],
    )


def test_from_load_to_served_prediction_nothing_is_unpickled_and_no_foreign_code_runs() -> None:
    life = live()
    assert life.offences == []
    assert [name in said for name, said in zip(("p7_life", BUILD, SERVER), life.armed, strict=True)] == [True] * 3
    assert life.said["scored"] == 50
    assert life.said["answer"]["served_by"] == "model"


def test_planted_pickles_in_the_process_and_in_the_server_and_code_beside_the_model_are_told_of() -> None:
    told = [(line.split()[0], line.rpartition("/")[2]) for line in live("--plant").offences]
    unpickled = [who for event, who in told if event == "pickle.find_class"]
    assert unpickled == ["p7_life.py", "scorers.py"]
    assert {event for event, who in told if who == "evil.pyc"} >= {"marshal.loads", "exec"}
