"""Who holds a port: the process, its command, its user, and whose servers it belongs to."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flywheel.adapters.machine import user_name
from flywheel.adapters.ports import Holder, holder_of, is_busy

LISTENS = (
    "import socket, sys; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"
    "print(s.getsockname()[1], flush=True); sys.stdin.read()"
)


@pytest.fixture
def listener() -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-S", "-c", LISTENS]
    environment = {**os.environ, "FLYWHEEL_DATA_ROOT": "/srv/a place"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as program:
        assert program.stdout is not None
        yield program, int(program.stdout.readline())
        program.kill()


def test_the_process_its_command_and_its_data_root_are_named(listener: tuple[subprocess.Popen[str], int]) -> None:
    program, port = listener
    assert is_busy("127.0.0.1", port)
    holder = holder_of(port)
    assert holder is not None
    assert (holder.pid, holder.user, holder.data_root) == (program.pid, user_name(), "/srv/a place")
    assert holder.command.startswith(sys.executable)
    assert "of the servers of /srv/a place" in holder.sentence()


@pytest.mark.parametrize("is_aside", [False, True], ids=["by its main thread", "by another thread"])
def test_a_program_that_started_servers_holds_its_port_for_their_data_root(tmp_path: Path, *, is_aside: bool) -> None:
    child = {**os.environ, "FLYWHEEL_DATA_ROOT": str(tmp_path)}
    command = [sys.executable, "-S", "-c", "print('ready', flush=True); import sys; sys.stdin.read()"]

    def started() -> subprocess.Popen[str]:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=child)

    with (
        socket.create_server(("127.0.0.1", 0)) as held,
        ThreadPoolExecutor(1) as aside,
        aside.submit(started).result() if is_aside else started() as program,
    ):
        assert program.stdout is not None
        program.stdout.readline()
        holder = holder_of(held.getsockname()[1])
        program.kill()
    assert holder is not None
    assert (holder.pid, holder.data_root) == (os.getpid(), str(tmp_path))


def test_a_free_port_is_nobodys() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert not is_busy("127.0.0.1", port)
    assert holder_of(port) is None


def test_another_users_program_shows_its_user_alone() -> None:
    assert Holder("ben").sentence() == "a program of the user ben"
