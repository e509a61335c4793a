"""Supervision with small programs: order, restart, stop."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from deployments.servers import wellness
from deployments.servers.supervision import Program, Supervision
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
        is_well=lambda: True,
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


def test_a_program_that_imports_first_is_started_at_once_and_held_until_what_it_needs_is_ready(tmp_path: Path) -> None:
    there, may_be_ready = tmp_path / "imported", tmp_path / "may be ready"
    code = f"import sys; open({str(there)!r}, 'w'); sys.stdin.buffer.read(); {STAYS}"
    needed = replace(program("needed", STAYS, tmp_path), is_ready=may_be_ready.exists)
    eager = replace(program("eager", code, tmp_path, "needed"), imports_first=True)
    supervision = Supervision((eager, needed), logs=tmp_path / "logs", out=lambda _: None)
    starting = threading.Thread(target=supervision.start, kwargs={"within_seconds": 20})
    starting.start()
    eventually(lambda: there.exists() and (tmp_path / "needed.ready").exists(), "both run")
    assert not (tmp_path / "eager.ready").exists()
    may_be_ready.touch()
    starting.join()
    assert (tmp_path / "eager.ready").exists()
    first = supervision.pid("eager")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    (tmp_path / "eager.ready").unlink()
    eventually((tmp_path / "eager.ready").exists, "it is back, and was let go again")
    supervision.stop()


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
        asked = replace(program("asked", code, tmp_path), listener=listener, is_ready=lambda: True)
        supervision = Supervision((asked,), logs=tmp_path / "logs", out=lines.append)
        supervision.start(within_seconds=20)
        assert supervision.pid("asked") is None  # to be ready is to be connected to, and nobody has asked yet
        pids = [answered(listener.getsockname()) for _ in range(3)]
        eventually(lambda: supervision.pid("asked") is None, "its last process has ended")
        supervision.stop()
    assert len(set(pids)) == 3
    assert any(("rests" if status == 0 else "ended (status 1)") in line for line in lines)


def beating(name: str, folder: Path) -> Program:
    """A program that touches its file every tenth of a second."""
    code = "import pathlib, time\nwhile True: pathlib.Path(READY).touch(); time.sleep(0.1)"
    beat = folder / f"{name}.ready"
    return replace(program(name, code, folder), is_well=lambda: wellness.beats(beat), beat=beat)


def test_a_program_that_was_stopped_is_ended_and_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("ASK_SECONDS", 0.1), ("SILENT_SECONDS", 1.0), ("FRESH_SECONDS", 0.5)):
        monkeypatch.setattr(wellness, name, seconds)
    lines: list[str] = []
    programs = (beating("one", tmp_path), beating("other", tmp_path))
    supervision = Supervision(programs, logs=tmp_path / "logs", out=lines.append)
    supervision.start(within_seconds=20)
    first, other = supervision.pid("one"), supervision.pid("other")
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    eventually(lambda: any("one is back" in line for line in lines), "it is back")
    assert any("one was stopped and has not answered" in line for line in lines)
    assert supervision.pid("one") not in (None, first)
    assert supervision.pid("other") == other
    supervision.stop()


def test_a_silent_program_hangs_where_it_does_nothing_and_is_given_time_where_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wellness, "SILENT_SECONDS", 1.0)
    lines: list[str] = []
    works = "open(READY, 'a').write('x')\nwhile True: pass"
    programs = tuple(
        replace(program(name, code, tmp_path), is_well=lambda: False)
        for name, code in (("idle", STAYS), ("busy", works))
    )
    supervision = Supervision(programs, logs=tmp_path / "logs", out=lines.append)
    supervision.start(within_seconds=20)
    busy = supervision.pid("busy")
    eventually(lambda: any("idle is back" in line for line in lines), "it is back")
    assert any("idle does nothing and has not answered" in line for line in lines)
    assert supervision.pid("busy") == busy
    supervision.stop()


def test_silence_is_excused_while_what_a_program_needs_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wellness, "SILENT_SECONDS", 0.3)
    needed = replace(program("needed", "import time; time.sleep(600)", tmp_path), is_ready=lambda: False)
    examined = replace(program("other", STAYS, tmp_path, "needed"), is_well=lambda: False)
    supervision = Supervision((needed, examined), logs=tmp_path / "logs", out=lambda _: None)
    (tmp_path / "logs").mkdir()
    child = supervision._children["other"]
    supervision._start(child)
    eventually((tmp_path / "other.ready").exists, "it runs")
    seen = time.monotonic()
    while time.monotonic() - seen < 1.0:
        supervision._look_after(child)
        assert child.running is not None
        assert child.running.poll() is None
    supervision._stop_all()
