"""A warm parent in its own process, with small programs instead of Prefect's engine."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deployments.warm_runner import client
from tests.deployments.waiting import eventually

HOME = Path(__file__).resolve().parents[3]


@dataclass
class Warm:
    """A running parent and how to ask it for runs."""

    running: subprocess.Popen[bytes]
    socket: str
    programs: Path
    clients: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, program: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a client that asks for this program."""
        (self.programs / "program.py").write_text(program, encoding="utf-8")
        command = [sys.executable, "-S", "-E", client.__file__, self.socket, "program", *arguments]
        started = subprocess.Popen(
            command, cwd=self.programs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"MARK": "here"}
        )
        self.clients.append(started)
        return started

    def run(self, program: str, *arguments: str) -> tuple[int, str, str]:
        """Run a program to its end."""
        started = self.start(program, *arguments)
        out, err = started.communicate(timeout=60)
        return started.returncode, out, err

    def facts(self) -> client.Frame:
        """Ask the parent about itself."""
        found = client.ask(self.socket, "facts")
        assert found is not None
        return found


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        yield Path(folder)


@pytest.fixture
def start_parent(short_folder: Path) -> Iterator[Callable[..., Warm]]:
    """Start parents; those left are killed."""
    started: list[Warm] = []

    def start(*modules: str, home: Path = HOME) -> Warm:
        path = str(short_folder / "warm.sock")
        programs = short_folder / "programs"
        programs.mkdir(exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": f"{HOME}{os.pathsep}{programs}"}
        command = [sys.executable, "-m", "deployments.warm_runner.parent", path, *(modules or ("json",))]
        log = (short_folder / "parent.log").open("ab")
        with log:
            running = subprocess.Popen(command, cwd=home, env=environment, stderr=log, start_new_session=True)
        warm = Warm(running, path, programs)
        started.append(warm)
        eventually(lambda: (client.ask(path, "facts") or {}).get("is_ready"), "the parent is ready")
        return warm

    yield start
    for warm in started:
        warm.running.kill()
        warm.running.wait()
        for asking in warm.clients:
            asking.kill()
            asking.communicate()


@pytest.fixture
def warm(start_parent: Callable[..., Warm]) -> Warm:
    """One parent."""
    return start_parent()
