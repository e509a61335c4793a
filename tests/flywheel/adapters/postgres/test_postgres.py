"""The embedded server: shared, stopped by the last user, and outliving none of them for long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from flywheel.adapters.postgres import pid as postgres_pid
from flywheel.adapters.postgres import postgres
from flywheel.adapters.postgres import server as postgres_server
from flywheel.errors import Unavailable
from flywheel.settings import DatabaseSettings, Settings

HOME = Path(__file__).resolve().parents[4]
USER = """
import sys
from pathlib import Path
from flywheel.adapters.postgres import postgres, server as postgres_server
from flywheel.errors import Unavailable
from flywheel.settings import Settings
settings = Settings.load(environ={"FLYWHEEL_DATA_ROOT": sys.argv[1]})
with postgres.running(settings):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        yield Path(folder)


@pytest.fixture
def own(root: Path) -> Settings:
    return Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": str(root)})


def another_user(root: Path) -> subprocess.Popen[str]:
    program = subprocess.Popen(
        [sys.executable, "-c", USER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HOME
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    return program


def leave(program: subprocess.Popen[str], number: int | None) -> int:
    if number is not None:
        program.send_signal(number)
    program.communicate(timeout=60)
    return program.returncode


def test_databases_are_there_and_the_last_user_stops_the_server(own: Settings) -> None:
    folder = postgres.embedded_folder(own)
    with postgres.running(own):
        with postgres.running(own):
            pid = postgres_pid.server_pid(folder)
        assert postgres_pid.server_pid(folder) == pid
        with psycopg.connect(postgres.database_url(own, "prefect", driver="")) as connection:
            names = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
    assert {"flywheel", "prefect", "mlflow"} <= names
    assert postgres_pid.server_pid(folder) is None


def test_user_that_ends_by_sigterm_stops_the_server(own: Settings, root: Path) -> None:
    assert leave(another_user(root), signal.SIGTERM) == 143
    assert postgres_pid.server_pid(postgres.embedded_folder(own)) is None


def test_killed_user_takes_nothing_from_others_and_counts_no_longer(own: Settings, root: Path) -> None:
    folder = postgres.embedded_folder(own)
    with postgres.running(own):
        pid = postgres_pid.server_pid(folder)
        leave(another_user(root), signal.SIGKILL)
        assert postgres_pid.server_pid(folder) == pid
    assert postgres_pid.server_pid(folder) is None


def test_server_that_was_killed_is_started_again_with_its_data(own: Settings) -> None:
    folder = postgres.embedded_folder(own)
    with postgres.running(own):
        with psycopg.connect(postgres.database_url(own, "prefect", driver="")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        pid = postgres_pid.server_pid(folder)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while postgres_pid.server_pid(folder) == pid:
            os.sched_yield()
        with (
            postgres.running(own),
            psycopg.connect(postgres.database_url(own, "prefect", driver="")) as connection,
        ):
            assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


def test_server_that_was_stopped_while_nobody_looked_after_it_is_ended_and_started_again(own: Settings) -> None:
    folder = postgres.embedded_folder(own)
    with postgres.running(own):
        pid = postgres_pid.server_pid(folder)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        with (
            postgres.running(own),
            psycopg.connect(postgres.database_url(own, "prefect", driver="")) as connection,
        ):
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert postgres_pid.server_pid(folder) != pid


def test_a_program_that_has_the_number_of_a_server_that_died_is_no_server(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
    assert postgres_pid.server_pid(tmp_path) is None


def test_address_of_a_given_server_keeps_its_parts(own: Settings) -> None:
    given = DatabaseSettings(url="postgresql://fly:secret@db.example:6432/?sslmode=require")
    settings = own.model_copy(update={"database": given})
    url = postgres.database_url(settings, "prefect", driver="asyncpg")
    assert url == "postgresql+asyncpg://fly:secret@db.example:6432/prefect?sslmode=require"


def test_too_long_folder_gets_a_socket_elsewhere() -> None:
    short, long = Path("/data/pg"), Path("/data") / ("x" * 90)
    assert postgres_server.socket_folder(short) == short
    assert len(os.fsencode(postgres_server.socket_folder(long))) <= postgres_server.MAX_SOCKET_FOLDER


@pytest.mark.parametrize("unusual", ["/data/a place", "/data/Ñ", "/data/o'brien", "/data/100%", "/data/a+b"])
def test_a_path_that_libraries_quote_in_their_own_ways_gets_a_plain_socket_elsewhere(unusual: str) -> None:
    assert postgres_server.PLAIN_PATH.fullmatch(str(postgres_server.socket_folder(Path(unusual) / "pg")))


def test_the_sockets_place_is_the_same_for_programs_with_different_temporary_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unusual = Path("/data/a place")
    before = postgres_server.socket_folder(unusual)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert postgres_server.socket_folder(unusual) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_a_folder_that_another_user_made_is_not_used(tmp_path: Path) -> None:
    theirs = tmp_path / "pg"
    theirs.mkdir()
    os.chown(theirs, 12_345, 12_345)
    with (
        pytest.raises(Unavailable, match="belongs to another user"),
        postgres_server.embedded_server(theirs, password=""),
    ):
        pass
