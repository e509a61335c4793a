"""A hostile `hooks.py`: each row of its table names a way out and its aim; it answers with what stopped each."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import resource
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd

WORKED = "it worked"
LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = {
    "x86_64": {
        "ptrace": 101, "process_vm_readv": 310, "io_uring_setup": 425, "bpf": 321, "perf_event_open": 298,
        "keyctl": 250, "add_key": 248, "userfaultfd": 323, "unshare": 272, "setns": 308, "mount": 165,
        "open_by_handle_at": 304, "personality": 135, "pidfd_open": 434, "pidfd_getfd": 438, "pidfd_send_signal": 424,
        "kcmp": 312, "shmget": 29, "mq_open": 240, "tgkill": 234, "tkill": 200, "rt_sigqueueinfo": 129,
        "clone3": 435, "memfd_create": 319, "openat2": 437, "fchmodat2": 452, "statmount": 457,
        "process_madvise": 440, "move_pages": 279, "fallocate": 285,
    },
    "aarch64": {
        "ptrace": 117, "process_vm_readv": 270, "io_uring_setup": 425, "bpf": 280, "perf_event_open": 241,
        "keyctl": 219, "add_key": 217, "userfaultfd": 282, "unshare": 97, "setns": 268, "mount": 40,
        "open_by_handle_at": 265, "personality": 92, "pidfd_open": 434, "pidfd_getfd": 438, "pidfd_send_signal": 424,
        "kcmp": 272, "shmget": 194, "mq_open": 180, "tgkill": 131, "tkill": 130, "rt_sigqueueinfo": 138,
        "clone3": 435, "memfd_create": 279, "openat2": 437, "fchmodat2": 452, "statmount": 457,
        "process_madvise": 440, "move_pages": 239, "fallocate": 47,
    },
}[os.uname().machine]  # fmt: skip


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """Try every way, and say what came of it."""
    found = [_tried(str(way), str(aim)) for way, aim in zip(frame["way"], frame["aim"], strict=True)]
    return frame.assign(outcome=found)


def _tried(way: str, aim: str) -> str:
    try:
        if way in NUMBERS:
            _call(way, *(int(one) for one in aim.split()))
        else:
            _WAYS[way](aim)
    except Exception as stopped:  # noqa: BLE001  what stopped it is the answer
        return f"{type(stopped).__name__}: {stopped}"
    return WORKED


def _call(name: str, *arguments: int) -> None:
    """Ask the kernel; a complaint about the arguments means that the door was open."""
    given = [ctypes.c_long(one) for one in arguments or (0, 0, 0, 0, 0)]
    if LIBC.syscall(ctypes.c_long(NUMBERS[name]), *given) == -1:
        number = ctypes.get_errno()
        if number in {errno.EPERM, errno.ENOSYS, errno.EACCES}:
            raise OSError(number, os.strerror(number))


def _read(aim: str) -> None:
    with Path(aim).open("rb") as file:
        file.read(1)


def _list(aim: str) -> None:
    os.listdir(aim)  # noqa: PTH208


def _read_memory(aim: str) -> None:
    Path(f"/proc/{aim}/mem").open("rb").close()


def _environment(aim: str) -> None:
    if not any(aim in value for value in os.environ.values()):
        raise LookupError("not in the environment")


def _descriptors(aim: str) -> None:
    for number in range(3, 1_024):
        with suppress(OSError):
            if aim.encode() in os.pread(number, 4_096, 0):
                return
    raise LookupError("no such descriptor")


def _tcp(aim: str) -> None:
    socket.create_connection(("127.0.0.1", int(aim)), timeout=2).close()


def _unix(aim: str) -> None:
    with socket.socket(socket.AF_UNIX) as own:
        own.connect(aim.replace("@", "\0"))


def _udp(aim: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.sendto(b"x", ("127.0.0.1", int(aim)))


def _by_pair(aim: str) -> None:
    """A connected pair of datagram sockets still sends to whomever it likes."""
    own, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    own.sendto(b"x", aim)


def _netlink(aim: str) -> None:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()


def _kill(aim: str) -> None:
    os.kill(int(aim), signal.SIGCONT)


def _kill_by_pipe(aim: str) -> None:
    """Have the kernel send a signal of one's choice when something is written."""
    end, other = os.pipe()
    fcntl.fcntl(end, fcntl.F_SETOWN, int(aim))
    fcntl.fcntl(end, 10, signal.SIGCONT)
    fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_ASYNC)
    os.write(other, b"x")


def _limits_of(aim: str) -> None:
    resource.prlimit(int(aim), resource.RLIMIT_CORE, (0, 0))


def _hold_back(aim: str) -> None:
    os.setpriority(os.PRIO_PROCESS, int(aim), 19)


def _write(aim: str) -> None:
    with Path(aim, "left behind").open("w") as file:
        file.write("x")


def _by_link(aim: str) -> None:
    link = Path(f"{aim}-link")
    link.symlink_to(aim)
    _read(str(link))


def _fork(aim: str) -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


def _exec(aim: str) -> None:
    subprocess.run([aim], check=True, stdout=subprocess.DEVNULL)


def _spawn(aim: str) -> None:
    os.waitpid(os.posix_spawn(aim, [aim], {}), 0)


def _be_root(aim: str) -> None:
    os.setuid(0)
    _write(aim)


def _outlive(aim: str) -> None:
    if LIBC.prctl(1, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _more_time(aim: str) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _share_memory(aim: str) -> None:
    """Memory that is shared is no data of the program, and must be bounded all the same."""
    mmap.mmap(-1, int(aim)).close()


def _write_on(aim: str) -> None:
    for number in range(1, 10):
        with suppress(OSError):
            os.pwrite(number, b"x", int(aim))
            os.ftruncate(number, 0)
            return
    raise LookupError("nothing open is that large")


def _x32(aim: str) -> None:
    if LIBC.syscall(ctypes.c_long(0x4000_0000 | 39)) < 0:
        raise OSError(ctypes.get_errno(), "x32")


_WAYS: dict[str, Callable[[str], object]] = {
    "read": _read,
    "list": _list,
    "read memory": _read_memory,
    "environment": _environment,
    "descriptors": _descriptors,
    "tcp": _tcp,
    "unix": _unix,
    "udp": _udp,
    "by pair": _by_pair,
    "netlink": _netlink,
    "kill": _kill,
    "kill by pipe": _kill_by_pipe,
    "limits of": _limits_of,
    "hold back": _hold_back,
    "write": _write,
    "by link": _by_link,
    "fork": _fork,
    "exec": _exec,
    "spawn": _spawn,
    "be root": _be_root,
    "outlive": _outlive,
    "more time": _more_time,
    "x32": _x32,
    "share memory": _share_memory,
    "write on": _write_on,
    "mkdir": lambda aim: Path(aim, "made").mkdir(),
    "unlink": lambda aim: Path(aim).unlink(),
    "rename": lambda aim: Path(aim).rename(f"{aim}-moved"),
    "hard link": lambda aim: os.link(aim, f"{aim}-too"),
    "cut short": lambda aim: os.truncate(aim, 0),
    "open for all": lambda aim: os.chmod(aim, 0o777),  # noqa: PTH101, S103
    "give away": lambda aim: os.chown(aim, 0, 0),
    "date back": lambda aim: os.utime(aim, (0, 0)),
    "read memory of": lambda aim: _read(f"/proc/{aim}/environ"),
}
