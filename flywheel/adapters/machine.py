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


def has_user_namespaces() -> bool:
    """Say whether somebody other than root may make namespaces."""
    most, switch = _number("/proc/sys/user/max_user_namespaces"), _number("/proc/sys/kernel/unprivileged_userns_clone")
    return bool(most) and switch != 0


def has_control_groups() -> bool:
    """Say whether memory and processor can be limited by control groups of the second kind."""
    return Path("/sys/fs/cgroup/cgroup.controllers").is_file()


def _number(path: str) -> int | None:
    with suppress(OSError, ValueError):
        return int(Path(path).read_text(encoding="ascii"))
    return None
