"""What this machine is like: its Python, user, disk and the kernel's facilities; facts only, judged elsewhere."""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import pwd
import shutil
import sys
from contextlib import suppress
from pathlib import Path

LANDLOCK_CREATE_RULESET = 444
VERSION_ASKED = 1


def python_version() -> tuple[int, int]:
    """Give the running Python's version."""
    return sys.version_info.major, sys.version_info.minor


def user_name(uid: int | None = None) -> str:
    """Name a system user, by default the one that we run as; the number of one without a name, as in containers."""
    uid = os.geteuid() if uid is None else uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def is_root() -> bool:
    """Say whether we run as root."""
    return os.geteuid() == 0


SET_GROUP_AND_USER = 0b11 << 6
"""The capabilities that a change of user takes."""


def can_become(user: int) -> bool:
    """Say whether we may become a user: containers have few of them, or take root's right to choose."""
    own = Path("/proc/self")
    ranges = [line.split() for line in (own / "uid_map").read_text(encoding="ascii").splitlines()]
    said = dict(line.partition(":")[::2] for line in (own / "status").read_text(encoding="utf-8").splitlines())
    return (
        any(int(first) <= user < int(first) + int(count) for first, _, count in ranges)
        and int(said["CapEff"], 16) & SET_GROUP_AND_USER == SET_GROUP_AND_USER
        and (own / "setgroups").read_text(encoding="ascii").strip() == "allow"
    )


def threads_of(user: int) -> int:
    """Count the threads of a user, as the kernel does that limits them."""
    found = 0
    for program in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            if program.stat().st_uid == user:
                found += sum(1 for _ in (program / "task").iterdir())
    return found


def nearest_folder(place: Path) -> Path:
    """Find the folder that is there already and in which a path would be made."""
    return next(folder for folder in (place, *place.parents) if folder.exists())


def can_write(place: Path) -> bool:
    """Say whether a folder can be made, or files in it."""
    there = nearest_folder(place)
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def free_bytes(place: Path) -> int:
    """Count what is free on the disk that would hold a folder."""
    return shutil.disk_usage(nearest_folder(place)).free


def kernel() -> str:
    """Name the kernel."""
    return f"{platform.system()} {platform.release()}"


def landlock_version() -> int:
    """Say which version of Landlock the kernel offers; 0 for none."""
    if not sys.platform.startswith("linux"):
        return 0
    found = ctypes.CDLL(None, use_errno=True).syscall(LANDLOCK_CREATE_RULESET, None, 0, VERSION_ASKED)
    return max(0, int(found))


def is_locked(place: Path) -> bool:
    """Say whether a program holds the lock of a file; the kernel lets go of it where the program ends."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def has_seccomp() -> bool:
    """Say whether the kernel can filter a program's calls."""
    return Path("/proc/sys/kernel/seccomp/actions_avail").is_file()
