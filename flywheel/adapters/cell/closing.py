"""Closes a cell: everything is taken from its program that a project's own code does not need."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from flywheel.adapters.cell.guards import Guard
from flywheel.adapters.cell.landlock import confine
from flywheel.adapters.cell.seccomp import filter_calls, forgo_privileges
from flywheel.adapters.cell.terms import Ration, Terms

DIE_WITH_PARENT = 1
GIVE_UP_CAPABILITIES, VERSION_3 = "capset", 0x2008_0522
READ_SEARCH = 1 << 2
"""CAP_DAC_READ_SEARCH."""
OPEN_FILES = 256
SPARE_ADDRESSES = 16_000_000_000
"""What libraries reserve and never fill; counts as address space alone."""


def enclose(terms: Terms, places: Callable[[], Iterable[Path]]) -> None:
    """Take everything away from this program that its code does not need; whatever cannot be had ends it."""
    _ration(terms.ration)
    os.umask(0o077)
    with suppress(OSError):  # some containers show it read-only
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # where memory ends, this goes first
    if terms.guards.user is not None:
        os.setgroups([])
        os.setresgid(terms.guards.user, terms.guards.user, terms.guards.user)
        os.setresuid(terms.guards.user, terms.guards.user, terms.guards.user)
        if set(os.getresuid() + os.getresgid()) != {terms.guards.user}:
            raise OSError(f"this program is not the user {terms.guards.user}")
    elif terms.guards.is_root:
        _give_up_capabilities(but=READ_SEARCH if not {Guard.LANDLOCK, Guard.SECCOMP} & {*terms.guards.lacking} else 0)
    _die_with(terms.parent)
    forgo_privileges()
    if terms.guards.landlock:
        confine(terms.guards.landlock, places())  # as the user that it is by now
    if terms.guards.has_seccomp:
        filter_calls(with_landlock=terms.guards.landlock)


def _ration(ration: Ration) -> None:
    cpu, most = ration.cpu_seconds, ration.memory_bytes + SPARE_ADDRESSES
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_DATA, ration.memory_bytes, ration.memory_bytes),
        (resource.RLIMIT_AS, most, most),
        (resource.RLIMIT_FSIZE, ration.answer_bytes, ration.answer_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_NPROC, ration.threads, ration.threads),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
    ):
        allowed = resource.getrlimit(kind)[1]
        fits = [one if allowed == resource.RLIM_INFINITY else min(one, allowed) for one in (soft, hard)]
        resource.setrlimit(kind, (fits[0], fits[1]))


def _give_up_capabilities(*, but: int) -> None:
    """Be root in name alone; libraries in somebody's closed folder are still read, where Landlock allows no others."""
    head = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    left = (ctypes.c_uint32 * 6)(but, but)
    if ctypes.CDLL(None, use_errno=True).capset(head, left):
        raise OSError(ctypes.get_errno(), GIVE_UP_CAPABILITIES)


def _die_with(parent: int) -> None:
    """Be killed when the run ends that waits for the answer, however it ends."""
    if ctypes.CDLL(None, use_errno=True).prctl(DIE_WITH_PARENT, int(signal.SIGKILL), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        os._exit(1)
