"""Landlock: from a moment on this program reads what is named here, and writes nothing that is not open already."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import flywheel
from flywheel.adapters.machine import LANDLOCK_CREATE_RULESET
from flywheel.errors import Unavailable

ADD_RULE, RESTRICT = 445, 446
BENEATH_A_PATH = 1
EVERY_FILE_RIGHT = ((1, 13), (2, 14), (3, 15), (5, 16))
"""How many rights over files the kernel knows, by the version from which on."""
READ_FILE, READ_FOLDER, WRITE_FILE, CUT_FILE = 1 << 2, 1 << 3, 1 << 1, 1 << 14
EVERY_PORT, EVERY_SCOPE = 0b11, 0b11
"""TCP binding and connecting; abstract sockets and signals."""
SEES_PORTS, SEES_SCOPES, SEES_TRUNCATION = 4, 6, 3

_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo")
_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/dev/zero", "/dev/urandom", "/dev/random", "/sys/devices/system/cpu")
NOWHERE = Path(os.devnull)


def readable_places(*, with_ours: bool = True) -> tuple[Path, ...]:
    """Name what a cell reads: interpreter, libraries, this package and the zones of time."""
    installed = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    shared = (f"{sys.base_prefix}/lib", f"{sys.base_exec_prefix}/lib") if not _is_of_the_system() else ()
    own = (Path(flywheel.__file__).parent,) if with_ours else ()
    found = (Path(place).resolve() for place in (*installed, *shared, *_LIBRARIES, *_FILES, *own))
    return tuple(dict.fromkeys(place for place in found if os.access(place, os.R_OK)))


def confine(version: int, places: Iterable[Path]) -> None:
    """Let this program read the places, throw away into the null device, and touch no other file, port or signal."""
    files = next(count for since, count in reversed(EVERY_FILE_RIGHT) if version >= since)
    rules = struct.pack("Q", (1 << files) - 1)
    rules += struct.pack("Q", EVERY_PORT) if version >= SEES_PORTS else b""
    rules += struct.pack("Q", EVERY_SCOPE) if version >= SEES_SCOPES else b""
    ruleset = _call(LANDLOCK_CREATE_RULESET, ctypes.create_string_buffer(rules, len(rules)), len(rules), 0)
    for place in places:
        _allow(ruleset, place, READ_FILE | READ_FOLDER if place.is_dir() else READ_FILE)
    _allow(ruleset, NOWHERE, READ_FILE | WRITE_FILE | (CUT_FILE if version >= SEES_TRUNCATION else 0))
    _call(RESTRICT, ruleset, 0)
    os.close(ruleset)


def _is_of_the_system() -> bool:
    return Path(sys.base_prefix) in {Path("/usr"), Path("/usr/local")}


def _allow(ruleset: int, place: Path, rights: int) -> None:
    with suppress(PermissionError):  # what this user cannot reach needs no leave
        folder = os.open(place, os.O_PATH | os.O_CLOEXEC)
        try:
            beneath = struct.pack("=Qi", rights, folder)
            _call(ADD_RULE, ruleset, BENEATH_A_PATH, ctypes.create_string_buffer(beneath, len(beneath)), 0)
        finally:
            os.close(folder)


def _call(number: int, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> int:
    """Ask the kernel; numbers go as long ones, so that no upper half is left to chance."""
    given = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *given))
    if result < 0:
        raise Unavailable(f"Landlock cannot be set up: {os.strerror(ctypes.get_errno())}")
    return result
