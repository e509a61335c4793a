"""P3: ingestion that is killed leaves nothing half written, and ends alike when it is run again."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.domain.digests import Digest
from flywheel.errors import Tampered

HOME = Path(__file__).resolve().parents[2]
SEED = 20_261_121
ROWS = 200_000
KILLS = 4
CHARTER = """
name = "killed"
title = "Ingestion that is killed"
owner = "ana@bank.example"
[data]
target = "late"
positive = "yes"
sources.rows = { uri = "rows.csv" }
columns.id = { kind = "text" }
columns.x = { kind = "number" }
columns.count = { kind = "integer" }
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "project.toml").write_text(CHARTER)
    rng = np.random.default_rng(SEED)
    columns = {"id": [f"row-{n}" for n in range(ROWS)], "x": rng.normal(100, 20, ROWS).round(4)}
    rows = pd.DataFrame({**columns, "count": rng.integers(0, 999, ROWS), "late": rng.choice(["yes", "no"], ROWS)})
    rows.to_csv(folder / "rows.csv", index=False)
    return folder


def begun(project: Path, store: Path, mode: str = "") -> subprocess.Popen[str]:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.promises.p3_ingester", str(project), str(store), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HOME,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "begun\n"
    return program


def told(program: subprocess.Popen[str]) -> tuple[str, float]:
    said, _ = program.communicate(timeout=120)
    digest, seconds = said.split()
    return digest, float(seconds)


def killed(program: subprocess.Popen[str], *, after_seconds: float) -> bool:
    """Kill it after so long, if it has not ended by then."""
    try:
        program.wait(timeout=after_seconds)
    except subprocess.TimeoutExpired:
        program.kill()
    program.communicate()
    return program.returncode < 0


def visible(store: Path) -> list[Digest]:
    """Everything that a reader could ask for by its digest."""
    files = store / "artifacts" / "files"
    return [Digest(f"sha256:{path.parent.name}{path.name}") for path in files.glob("*/*")]


def leftovers(store: Path) -> list[Path]:
    return list((store / "artifacts" / "drafts").iterdir())


def test_a_killed_ingestion_is_as_if_it_never_was_and_runs_again_to_the_same_digest(
    project: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    digest, seconds = told(begun(project, tmp_path / "undisturbed"))
    chance, store, died, left = random.Random(SEED), tmp_path / "store", 0, 0
    for _ in range(KILLS):
        died += killed(begun(project, store), after_seconds=chance.uniform(0.05, 0.9) * seconds)
        left = max(left, len(leftovers(store)))
        for each in visible(store):
            Artifacts(store / "artifacts").get_bytes(each)
    assert died
    assert left, "the next one sweeps what the last one left, and no kill was early enough to leave something"
    assert told(begun(project, store))[0] == digest
    assert visible(store) == [digest]
    assert leftovers(store) == []
    record_property("P3", f"killed {died} of {KILLS}, at most {left} draft left at a time, seed {SEED}")


def test_a_draft_in_use_is_left_alone(project: Path, tmp_path: Path) -> None:
    program = begun(project, tmp_path, "in place")
    assert program.stdout is not None
    assert program.stdout.readline() == "half\n"
    Artifacts(tmp_path / "artifacts").put_bytes(b"another writer")
    assert len(leftovers(tmp_path)) == 1
    program.kill()
    program.communicate()
    Artifacts(tmp_path / "artifacts").put_bytes(b"and another")
    assert leftovers(tmp_path) == []


def test_without_the_one_step_half_an_artifact_is_visible_and_stays(project: Path, tmp_path: Path) -> None:
    """The negative control: publishing by copy leaves half a table under the digest of the whole."""
    program = begun(project, tmp_path, "in place")
    assert program.stdout is not None
    assert program.stdout.readline() == "half\n"
    program.kill()
    program.communicate()
    (half,) = visible(tmp_path)
    with pytest.raises(Tampered, match="altered"):
        Artifacts(tmp_path / "artifacts").get_bytes(half)
