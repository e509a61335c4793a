"""Supervision with small programs: order, restart, stop."""

from __future__ import annotations

import os
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deployments.supervision import Program, Supervision
from flywheel.errors import Unavailable
from tests.deployments.waiting import eventually, is_alive


def program(name: str, code: str, folder: Path, *needs: str) -> Program:
    """A program that touches a file of its name when it is ready."""
    ready = folder / f"{name}.ready"
    return Program(
        name,
        (sys.executable, "-S", "-E", "-c", code.replace("READY", repr(str(ready)))),
        {},
        is_ready=ready.exists,
        folder=folder,
        needs=needs,
    )


STAYS = "import time; open(READY, 'a').write('x'); time.sleep(600)"


def test_programs_start_after_what_they_need(tmp_path: Path) -> None:
    lines: list[str] = []
    programs = (program("second", STAYS, tmp_path, "first"), program("first", STAYS, tmp_path))
    supervision = Supervision(programs, logs=tmp_path / "logs", out=lines.append)
    supervision.start(within_seconds=20)
    supervision.stop()
    assert [line.split()[0] for line in lines] == ["first", "second"]


def test_killed_program_is_started_again_and_said(tmp_path: Path) -> None:
    lines: list[str] = []
    supervision = Supervision((program("one", STAYS, tmp_path),), logs=tmp_path / "logs", out=lines.append)
    supervision.start(within_seconds=20)
    first = supervision.pid("one")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    eventually(lambda: any("is back" in line for line in lines), "it is back")
    assert any("ended (status -9)" in line for line in lines)
    supervision.stop()


def test_programs_are_looked_after_though_nobody_reads_what_is_said(tmp_path: Path) -> None:
    def unread(text: str) -> None:
        raise BrokenPipeError(text)

    supervision = Supervision((program("one", STAYS, tmp_path),), logs=tmp_path / "logs", out=unread)
    supervision.start(within_seconds=20)
    first = supervision.pid("one")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    eventually(lambda: supervision.pid("one") not in (None, first), "it runs again")
    supervision.stop()


def test_programs_are_looked_after_though_one_cannot_be_started_for_a_while(tmp_path: Path) -> None:
    lines: list[str] = []
    programs = (program("one", STAYS, tmp_path), program("other", STAYS, tmp_path))
    supervision = Supervision(programs, logs=tmp_path / "logs", out=lines.append)
    supervision.start(within_seconds=20)
    first, other = supervision.pid("one"), supervision.pid("other")
    assert first is not None
    (tmp_path / "logs").rename(tmp_path / "moved")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: any("No such file" in line for line in lines), "it could not be started")
    (tmp_path / "moved").rename(tmp_path / "logs")
    eventually(lambda: supervision.pid("one") is not None, "it runs again")
    assert supervision.pid("other") == other
    supervision.stop()


def test_program_that_cannot_start_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    broken = program("broken", "raise SystemExit('no such thing')", tmp_path)
    supervision = Supervision((broken,), logs=tmp_path / "logs", out=lambda _: None)
    with pytest.raises(Unavailable, match=r"(?s)broken does not start.*no such thing.*all of it is in .*broken\.log"):
        supervision.start(within_seconds=20)


def test_stop_ends_stubborn_programs_and_their_children(tmp_path: Path) -> None:
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); child = os.fork()\n"
        "if child: open(READY, 'w').write(str(child))\n"
        "time.sleep(600)"
    )
    stubborn = program("stubborn", code, tmp_path)
    supervision = Supervision((stubborn,), logs=tmp_path / "logs", out=lambda _: None)
    supervision.start(within_seconds=20)
    eventually((tmp_path / "stubborn.ready").read_text, "it wrote its child's number")
    pids = [supervision.pid("stubborn"), int((tmp_path / "stubborn.ready").read_text())]
    supervision.stop()
    eventually(lambda: not any(pid and is_alive(pid) for pid in pids), "both are gone")
    assert supervision.pid("stubborn") is None


ANSWERS_ONCE = (
    "import os, socket, sys\n"
    "caller, _ = socket.socket(fileno=FD).accept()\n"
    "caller.sendall(str(os.getpid()).encode())\n"
    "sys.exit(STATUS)"
)


def answered(address: tuple[str, int]) -> int:
    """Connect, and read the process id of whoever answers."""
    with socket.create_connection(address, timeout=20) as connection:
        return int(connection.recv(16) or b"0")


@pytest.mark.parametrize("status", [0, 1])
def test_program_with_a_listener_starts_when_somebody_connects_and_again_after_its_end(
    tmp_path: Path, status: int
) -> None:
    lines: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        code = ANSWERS_ONCE.replace("FD", str(listener.fileno())).replace("STATUS", str(status))
        asked = replace(program("asked", code, tmp_path), listener=listener)
        supervision = Supervision((asked,), logs=tmp_path / "logs", out=lines.append)
        supervision.start(within_seconds=20)
        assert supervision.pid("asked") is None  # to be ready is to be connected to, and nobody has asked yet
        pids = [answered(listener.getsockname()) for _ in range(3)]
        eventually(lambda: supervision.pid("asked") is None, "its last process has ended")
        supervision.stop()
    assert len(set(pids)) == 3
    assert any(("rests" if status == 0 else "ended (status 1)") in line for line in lines)
