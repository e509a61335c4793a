"""P15: a project's own code reaches no key, database, socket or other program, writes nothing, and is bounded."""

from __future__ import annotations

import ast
import os
import select
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
import pyarrow as pa
import pytest

from flywheel.adapters import machine
from flywheel.adapters.cell import cell as cells
from flywheel.adapters.cell.cell import Cell
from flywheel.adapters.cell.guards import Guards
from flywheel.domain.digests import digest_bytes
from flywheel.errors import InputRefused
from flywheel.project.hooks import HookSource
from flywheel.settings import Settings
from tests.promises.p15_ways_out import NUMBERS, WORKED

HOME = Path(__file__).resolve().parents[2]
WAYS = Path(__file__).with_name("p15_ways_out.py").read_text(encoding="utf-8")
SECRET = "word of the database"
FAR = 18_000_000_000
"""Bytes beyond what a cell may hold, whether in memory or in its answer."""
NOTHING = Guards(0, has_seccomp=False, user=None, is_root=False)
LANDLOCK, USER = machine.landlock_version(), 65_533
OPEN = Guards(LANDLOCK, has_seccomp=True, user=None, is_root=False)
"""As the account itself, with all its rights."""
CLOSED = (
    {"as the account": OPEN, "as root without capabilities": replace(OPEN, is_root=True)}
    | {
        "under a user of its own": replace(OPEN, user=USER, is_root=True),
        "an older Landlock": replace(OPEN, landlock=1),
    }
    if machine.is_root()
    else {"as the account": OPEN, "an older Landlock": replace(OPEN, landlock=1)}
)
needs_landlock = pytest.mark.skipif(not LANDLOCK, reason="this kernel has no Landlock")


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


@pytest.fixture
def here(tmp_path: Path) -> Cell:
    """The cell of this machine."""
    return Cell.of(Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": str(tmp_path)}))


def let(cell: Cell, text: str, frame: pd.DataFrame, **limits: float) -> pd.DataFrame:
    """Let code shape a frame in a cell."""
    allowed = cell.limits.model_copy(update=limits)
    source = HookSource(text, ("prepare",), digest_bytes(text.encode()))
    with replace(cell, limits=allowed).shaped(source, pa.Table.from_pandas(frame).to_batches()) as batches:
        return pa.Table.from_batches(list(batches)).to_pandas()


def outcomes(cell: Cell, aims: Aims, **limits: float) -> list[str]:
    """Try every way out; name those that worked."""
    with (aims.folder / "key").open("rb") as left_open:
        os.set_inheritable(left_open.fileno(), True)
        found = let(cell, WAYS, aims.ways, **limits)
    assert len(found) == len(aims.ways) >= 60
    worked = found[found["outcome"] == WORKED]
    return [f"{way} {aim}" for way, aim in zip(worked["way"], worked["aim"], strict=True)]


@needs_landlock
@pytest.mark.parametrize("guards", CLOSED.values(), ids=CLOSED)
def test_no_way_leads_out_of_a_cell(here: Cell, aims: Aims, guards: Guards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYWHEEL_IDENTITY__KEY", SECRET)
    assert outcomes(replace(here, guards=guards), aims, memory_bytes=1_000_000_000) == []


def test_without_guards_each_way_leads_out(here: Cell, aims: Aims, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "ENVIRONMENT", {**cells.ENVIRONMENT, "FLYWHEEL_IDENTITY__KEY": SECRET})
    monkeypatch.setattr(cells.subprocess, "Popen", partial(subprocess.Popen, close_fds=False))
    roomy = replace(here, guards=NOTHING, bounds=replace(here.bounds, bytes=2 * FAR))
    worked = outcomes(roomy, aims, memory_bytes=2 * FAR)
    tried = {f"{way} {aim}" for way, aim in zip(aims.ways["way"], aims.ways["aim"], strict=True)}
    assert tried - set(worked) <= {"x32 ", "more time ", f"share memory {FAR}"}, "what some machines give nobody"


@pytest.mark.skipif(not machine.is_root(), reason="the tests run as somebody else already")
@needs_landlock
def test_somebody_who_is_not_root_has_a_closed_cell() -> None:
    with tempfile.TemporaryDirectory(prefix="fw-p15-") as folder:
        os.chown(folder, 65_534, 65_534)
        said = subprocess.run(
            [sys.executable, "-c", _AS_SOMEBODY, folder, str(HOME)],
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
from flywheel.adapters.cell.cell import Cell
from flywheel.settings import Settings
from tests.promises.test_p15_cells import WAYS, WORKED, let
cell = Cell.of(Settings.load(Path(sys.argv[2]), environ={"FLYWHEEL_DATA_ROOT": sys.argv[1]}))
key = Path(sys.argv[1], "key")
key.write_text("x")
ways = [("read", key), ("open for all", key), ("read memory of", os.getpid()), ("kill", os.getpid()), ("fork", "")]
found = let(cell, WAYS, pd.DataFrame([(w, str(a)) for w, a in ways], columns=["way", "aim"]))
print(",".join(cell.guards.present), (found.outcome == WORKED).sum())
"""


HONEST = """
import os, threading
import numpy as np
import pandas as pd
import xgboost
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

def prepare(frame):
    x, y = frame[["x"]], frame["y"]
    frame["forest"] = RandomForestClassifier(5, n_jobs=2, random_state=0).fit(x, y).predict_proba(x)[:, 1]
    frame["boosted"] = HistGradientBoostingClassifier(max_iter=5).fit(x, y).predict(x)
    frame["trees"] = xgboost.XGBClassifier(n_estimators=5, n_jobs=2).fit(x, y).predict(x)
    frame["at"] = pd.Timestamp("2026-03-29 00:30", tz="Europe/Vienna") + pd.to_timedelta(frame["x"], unit="h")
    frame["word"] = pd.Categorical(np.where(y, "yes", "no"))
    done = []
    thread = threading.Thread(target=done.append, args=(1,))
    thread.start(), thread.join()
    with open(os.devnull, "w") as nowhere:
        print("nothing", file=nowhere)
    return frame.assign(threads=len(done))
"""


def test_honest_code_works_in_a_cell(here: Cell) -> None:
    frame = pd.DataFrame({"x": range(200), "y": [0, 1] * 100})
    found = let(here, HONEST, frame)
    assert list(found.columns) == ["x", "y", "forest", "boosted", "trees", "at", "word", "threads"]
    assert found["word"].tolist() == ["no", "yes"] * 100
    assert str(found["at"][2]) == "2026-03-29 03:30:00+02:00"
    assert set(found["threads"]) == {1}


CODE_OF_I386 = """pages = mmap.mmap(-1, 4096, prot=7)
    pages.write(bytes.fromhex('b814000000cd80c3'))
    ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(pages)))()"""
"""Asks the kernel by the gate of 32-bit programs, whose calls have other numbers."""

BOMBS = {
    "an endless loop": ("while True: pass", {"cpu_seconds": 1}, "time of the processor"),
    "a sleep without words": ("os.close(1), os.close(2), time.sleep(999)", {"seconds": 2}, "took too long"),
    "a memory bomb": ("x = bytearray(2_000_000_000)", {"memory_bytes": 900_000_000}, "raised MemoryError"),
    "an end before the answer": ("print('bye'), sys.stdout.flush(), os._exit(0)", {}, "no table that can be read"),
    "calls of another architecture": (CODE_OF_I386, {}, "was killed by SIGSYS"),
}


@needs_landlock
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_and_poison_end_in_words(here: Cell, name: str) -> None:
    body, limits, words = BOMBS[name]
    if name == "calls of another architecture" and os.uname().machine != "x86_64":
        pytest.skip("machine code of x86")
    text = f"import ctypes, mmap, os, sys, time\n\ndef prepare(frame):\n    {body}\n    return frame\n"
    with pytest.raises(InputRefused, match=words):
        let(here, text, pd.DataFrame({"x": [1, 2]}), **limits)
    assert list(here.drafts.iterdir()) == []


def test_words_without_end_fill_nothing(here: Cell, capfd: pytest.CaptureFixture[str]) -> None:
    text = "def prepare(frame):\n    print('word ' * 5_000_000)\n    print('last', chr(27))\n    return frame\n"
    assert len(let(here, text, pd.DataFrame({"x": [1, 2]}))) == 2
    said = capfd.readouterr()
    assert (said.out, len(said.err) < 70_000, said.err.endswith("last\n")) == ("", True, True)


_A_RUN = """
import sys
from pathlib import Path
import pandas as pd
from flywheel.adapters.cell.cell import Cell
from flywheel.settings import Settings
from tests.promises.test_p15_cells import let
cell = Cell.of(Settings.load(Path(sys.argv[2]), environ={"FLYWHEEL_DATA_ROOT": sys.argv[1]}))
let(cell, "def prepare(frame):\\n    import time; time.sleep(999)\\n", pd.DataFrame({"x": [1]}))
"""


def test_a_cell_ends_with_the_run_that_waits_for_it(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _A_RUN, str(tmp_path), str(HOME)], cwd=HOME) as run:
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
        while not (started := children.read_text(encoding="ascii").split()):
            assert run.poll() is None
        cell = os.pidfd_open(int(started[0]))
        run.kill()
    assert select.select([cell], [], [], 20)[0] == [cell]
    os.close(cell)


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
    assert found == {"flywheel/adapters/cell/inside.py"}
    assert calls_that_run_code("def f(code):\n    exec(code)\n    loader.exec_module(x)\n") == {"exec", "exec_module"}
