"""P15: a project's own code reaches no key, database, socket or other program, writes nothing, and is bounded."""

from __future__ import annotations

import ast
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from flywheel.adapters import machine
from flywheel.adapters.cell import cell as cells
from flywheel.adapters.cell.cell import Cell
from flywheel.adapters.cell.guards import Guards
from tests.promises.p15_cell import HOME, OPEN, WAYS, cell_in, let, needs_guards
from tests.promises.p15_ways_out import NUMBERS, WORKED

SECRET = "word of the database"
FAR = 18_000_000_000
"""Bytes beyond what a cell may hold, whether in memory or in its answer."""
NOTHING = Guards(0, has_seccomp=False, user=None, is_root=False)
USER = 65_533
CLOSED = (
    {"as the account": OPEN, "as root without capabilities": replace(OPEN, is_root=True)}
    | {
        "under a user of its own": replace(OPEN, user=USER, is_root=True),
        "an older Landlock": replace(OPEN, landlock=1),
    }
    if machine.is_root()
    else {"as the account": OPEN, "an older Landlock": replace(OPEN, landlock=1)}
)


@dataclass(frozen=True)
class Aims:
    """What stands around a cell: keys, sockets, another program."""

    folder: Path
    ways: pd.DataFrame


@pytest.fixture(scope="module")
def aims() -> Iterator[Aims]:
    """A data root with keys, servers on every kind of socket, a program to hurt, and a file left open."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fw-p15-")))
        listeners = {
            "tcp": _bound(stack, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "udp": _bound(stack, socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "unix": _bound(stack, socket.AF_UNIX, socket.SOCK_STREAM, f"{folder}/socket"),
            "abstract": _bound(stack, socket.AF_UNIX, socket.SOCK_STREAM, f"\0flywheel-p15-{os.getpid()}"),
            "datagrams": _bound(stack, socket.AF_UNIX, socket.SOCK_DGRAM, f"{folder}/datagrams"),
        }
        victim = stack.enter_context(subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE))
        stack.callback(victim.kill)
        yield Aims(folder, pd.DataFrame(_ways(folder, listeners, victim.pid), columns=["way", "aim"]))


def _bound(stack: ExitStack, family: int, kind: int, address: object) -> str:
    own = stack.enter_context(socket.socket(family, kind))
    own.bind(address)  # type: ignore[arg-type]  # of each family its own
    if kind == socket.SOCK_STREAM:
        own.listen(64)
    name = own.getsockname()
    return (
        str(name[1])
        if isinstance(name, tuple)
        else name.decode().replace("\0", "@")
        if isinstance(name, bytes)
        else name
    )


def _ways(folder: Path, listeners: Mapping[str, str], victim: int) -> list[tuple[str, str]]:
    kept = {name: str(folder / name) for name in ("key", "gone", "moved", "linked", "cut", "mode", "owner", "dated")}
    for place in kept.values():
        Path(place).write_text(SECRET, encoding="utf-8")
    us = str(os.getpid())
    return [
        *(("read", aim) for aim in (kept["key"], "/etc/hostname", f"/proc/{us}/environ", f"/proc/{us}/cwd/run")),
        *(("list", aim) for aim in (str(folder), "/", "/proc", "/tmp", str(HOME))),
        *(("read memory", us), ("read memory of", us), ("environment", SECRET), ("descriptors", SECRET)),
        *(("tcp", listeners["tcp"]), ("udp", listeners["udp"]), ("netlink", ""), ("by pair", listeners["datagrams"])),
        *(("unix", listeners["unix"]), ("unix", listeners["abstract"]), ("by link", kept["key"])),
        *(("kill", str(victim)), ("kill by pipe", str(victim)), ("limits of", str(victim)), ("hold back", str(victim))),
        *(("tgkill", f"{victim} {victim} 18"), ("tkill", f"{victim} 18"), ("pidfd_open", f"{victim} 0")),
        *(("ptrace", f"16902 {victim} 0 0"), ("rt_sigqueueinfo", f"{victim} 18 0")),
        *(("write", str(folder)), ("mkdir", str(folder)), ("unlink", kept["gone"])),
        *(("rename", kept["moved"]), ("hard link", kept["linked"]), ("cut short", kept["cut"])),
        *(("open for all", kept["mode"]), ("give away", kept["owner"]), ("date back", kept["dated"])),
        *(("fork", ""), ("exec", "/bin/true"), ("spawn", "/bin/true"), ("outlive", ""), ("more time", "")),
        *(("be root", str(folder)), ("x32", ""), ("share memory", str(FAR)), ("write on", str(FAR))),
        *(
            (name, "")
            for name in sorted(NUMBERS.keys() - {"tgkill", "tkill", "pidfd_open", "ptrace", "rt_sigqueueinfo"})
        ),
    ]


def outcomes(cell: Cell, aims: Aims, **limits: float) -> list[str]:
    """Try every way out; name those that worked."""
    with (aims.folder / "key").open("rb") as left_open:
        os.set_inheritable(left_open.fileno(), True)
        found = let(cell, WAYS, aims.ways, **limits)
    assert len(found) == len(aims.ways) >= 60
    worked = found[found["outcome"] == WORKED]
    return [f"{way} {aim}" for way, aim in zip(worked["way"], worked["aim"], strict=True)]


@needs_guards
@pytest.mark.parametrize("guards", CLOSED.values(), ids=CLOSED)
def test_no_way_leads_out_of_a_cell(aims: Aims, guards: Guards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYWHEEL_IDENTITY__KEY", SECRET)
    assert outcomes(replace(cell_in(aims.folder / "root"), guards=guards), aims, memory_bytes=1_000_000_000) == []


def test_without_guards_each_way_leads_out(aims: Aims, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "ENVIRONMENT", {**cells.ENVIRONMENT, "FLYWHEEL_IDENTITY__KEY": SECRET})
    monkeypatch.setattr(subprocess, "Popen", partial(subprocess.Popen, close_fds=False))
    here = cell_in(aims.folder / "root")
    roomy = replace(here, guards=NOTHING, bounds=replace(here.bounds, bytes=2 * FAR))
    worked = outcomes(roomy, aims, memory_bytes=2 * FAR)
    tried = {f"{way} {aim}" for way, aim in zip(aims.ways["way"], aims.ways["aim"], strict=True)}
    assert tried - set(worked) <= {"x32 ", "more time ", f"share memory {FAR}"}, "what some machines give nobody"


@pytest.mark.skipif(not machine.is_root(), reason="only root gives a cell a user of its own")
def test_without_landlock_a_cell_reads_what_everybody_may_and_no_more(aims: Aims) -> None:
    guards = replace(OPEN, landlock=0, user=USER, is_root=True)
    worked = outcomes(replace(cell_in(aims.folder / "root"), guards=guards), aims, memory_bytes=1_000_000_000)
    assert set(worked) <= {"read /etc/hostname", "list /", "list /proc", "list /tmp", f"list {HOME}"}


@pytest.mark.skipif(not machine.is_root(), reason="the tests run as somebody else already")
@needs_guards
def test_somebody_who_is_not_root_has_a_closed_cell() -> None:
    with tempfile.TemporaryDirectory(prefix="fw-p15-") as folder:
        os.chown(folder, 65_534, 65_534)
        said = subprocess.run(
            [sys.executable, "-c", _AS_SOMEBODY, folder],
            user=65_534,
            group=65_534,
            extra_groups=[],
            cwd=HOME,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
    assert said.split() == ["Landlock,seccomp", "0"]


_AS_SOMEBODY = """
import os, sys
from pathlib import Path
import pandas as pd
from tests.promises.p15_cell import WAYS, cell_in, let
cell = cell_in(Path(sys.argv[1]))
key = Path(sys.argv[1], "key")
key.write_text("x")
ways = [("read", key), ("open for all", key), ("read memory of", os.getpid()), ("kill", os.getpid()), ("fork", "")]
found = let(cell, WAYS, pd.DataFrame([(w, str(a)) for w, a in ways], columns=["way", "aim"]))
print(",".join(cell.guards.present), (found.outcome == "it worked").sum())
"""


RUNS_CODE = {"exec", "eval", "__import__", "exec_module", "load_module", "run_path", "spec_from_file_location"}


def calls_that_run_code(text: str) -> set[str]:
    """Name the calls in a module that run text or files as code."""
    if not any(name in text for name in RUNS_CODE):
        return set()
    calls = (node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return {getattr(call, "id", getattr(call, "attr", "")) for call in calls} & RUNS_CODE


def test_a_projects_code_runs_in_a_cell_and_nowhere_else() -> None:
    ours = ("flywheel", "validators", "tasks", "flows", "deployments")
    paths = [path for folder in ours for path in (HOME / folder).rglob("*.py")]
    found = {path.relative_to(HOME).as_posix() for path in paths if calls_that_run_code(path.read_text("utf-8"))}
    assert found == {"flywheel/adapters/cell/own_text.py"}
    assert calls_that_run_code("def f(code):\n    exec(code)\n    loader.exec_module(x)\n") == {"exec", "exec_module"}
