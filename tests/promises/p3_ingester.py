"""A program that ingests a project's sources: `python -m tests.promises.p3_ingester PROJECT STORE MODE`."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from flywheel.adapters import artifacts
from flywheel.adapters.artifacts import Artifacts
from flywheel.project.loader import load_project
from flywheel.services.data import preparation
from flywheel.settings import Settings


def main(folder: str, store: str, mode: str) -> None:
    """Say when reading begins, then the digest and the seconds it took (`in place`: publish by copy, the mistake)."""
    if mode == "in place":
        artifacts._publish = _copy
    project = load_project(Path(folder))
    settings = Settings(home=Path(folder), data_root=Path(store))
    _say("begun")
    began = time.perf_counter()
    read = preparation.ingest(project, settings=settings, artifacts=Artifacts(settings.artifacts_root))
    _say(f"{read['rows'].digest} {time.perf_counter() - began}")


def _copy(draft: Path, target: Path) -> None:
    """Write where readers look, and stop half way until somebody says to go on."""
    target.parent.mkdir(parents=True, exist_ok=True)
    content = draft.read_bytes()
    with target.open("wb") as written:
        written.write(content[: len(content) // 2])
        written.flush()
        _say("half")
        sys.stdin.readline()
        written.write(content[len(content) // 2 :])
    shutil.rmtree(draft.parent)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:4])
