"""A filter of the kernel's calls, written as the small program that the kernel runs before each call."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator, Sequence

from flywheel.adapters import machine
from flywheel.adapters.cell import calls
from flywheel.adapters.cell.calls import ABSENT, DENIED, MACHINES, RULED, Machine
from flywheel.errors import Unavailable

Step = tuple[int, int, int, int]
"""One instruction: what, how far to jump where it holds and where it does not, and its number."""

LOAD, EQUAL, MORE, ANY_BIT, ANSWER = 0x20, 0x15, 0x25, 0x45, 0x06
ALLOW, KILL = 0x7FFF_0000, 0x8000_0000
REFUSE, LACK = 0x0005_0000 | errno.EPERM, 0x0005_0000 | errno.ENOSYS
CALL, ARCHITECTURE = 0, 4
SET_NO_NEW_PRIVILEGES, SET_FILTER, FILTER = 38, 22, 2


def is_known_machine() -> bool:
    """Say whether the numbers of this machine's calls are known, and its kernel takes filters."""
    return platform.machine() in MACHINES and machine.has_seccomp()


def filter_calls(*, with_landlock: int) -> None:
    """Install the filter for this program, for good; before any thread is there."""
    steps = tuple(program(MACHINES[platform.machine()], pid=os.getpid(), with_landlock=with_landlock))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    asked = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SET_FILTER, FILTER, asked, 0, 0):
        raise Unavailable(f"the kernel takes no filter of calls: {os.strerror(ctypes.get_errno())}")


def forgo_privileges() -> None:
    """Never gain a right by starting something; filter and Landlock ask for it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise Unavailable(f"the kernel lets nobody forgo privileges: {os.strerror(ctypes.get_errno())}")


def program(kind: Machine, *, pid: int, with_landlock: int) -> Iterator[Step]:
    """Write the filter for the program of a number; an old Landlock leaves writing to the filter."""
    yield (LOAD, 0, 0, ARCHITECTURE)
    yield (EQUAL, 1, 0, kind.audit)
    yield (ANSWER, 0, 0, KILL)
    yield (LOAD, 0, 0, CALL)
    yield from ((MORE, 0, 1, calls.NEWEST), (ANSWER, 0, 0, LACK))
    for pairs, answer in ((DENIED, REFUSE), (ABSENT, LACK)):
        for number in filter(None, map(kind.number, pairs.values())):
            yield from ((EQUAL, 0, 1, number), (ANSWER, 0, 0, answer))
    for name, rule in _rules(pid, with_landlock).items():
        own = kind.number(RULED[name])
        if own is not None:
            yield from ((EQUAL, 0, len(rule), own), *rule)
    yield (ANSWER, 0, 0, ALLOW)


def _rules(pid: int, with_landlock: int) -> dict[str, Sequence[Step]]:
    writes = calls.WRITES if with_landlock < _SEES_TRUNCATION else 0
    return {
        "clone": (
            _load(0),
            (ANY_BIT, 0, 2, calls.THREAD_OF_ITS_OWN),
            (ANY_BIT, 1, 0, calls.NAMESPACES),
            (ANSWER, 0, 0, ALLOW),
            (ANSWER, 0, 0, REFUSE),
        ),
        **({"open": _without(1, writes), "openat": _without(2, writes)} if writes else {}),
        "fcntl": _never(1, calls.OWNER_OF_SIGNALS),
        "ioctl": _never(1, calls.TERMINALS),
        "kill": _only(0, (pid,)),
        "tgkill": _only(0, (pid,)),
        "rt_sigqueueinfo": _only(0, (pid,)),
        "rt_tgsigqueueinfo": _only(0, (pid,)),
        "prctl": _never(0, (calls.DIES_WITH_PARENT,)),
        "prlimit64": _only(0, (0, pid)),
    }


_SEES_TRUNCATION = 3
"""From this version on Landlock keeps files from being cut short by whoever may read them."""


def _load(argument: int) -> Step:
    """Take the lower half of an argument: all that the kernel looks at of pids, commands and flags."""
    return (LOAD, 0, 0, 16 + 8 * argument)


def _only(argument: int, values: Sequence[int]) -> Sequence[Step]:
    tests = [(EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return (_load(argument), *tests, (ANSWER, 0, 0, REFUSE), (ANSWER, 0, 0, ALLOW))


def _never(argument: int, values: Sequence[int]) -> Sequence[Step]:
    tests = [(EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return (_load(argument), *tests, (ANSWER, 0, 0, ALLOW), (ANSWER, 0, 0, REFUSE))


def _without(argument: int, bits: int) -> Sequence[Step]:
    return (_load(argument), (ANY_BIT, 0, 1, bits), (ANSWER, 0, 0, REFUSE), (ANSWER, 0, 0, ALLOW))
