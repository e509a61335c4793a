"""The line to a lasting cell: one program, its pipes, and time that runs out while something is said or awaited."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from flywheel.adapters.cell.landlock import readable_places
from flywheel.adapters.cell.wire import SIZES, message
from flywheel.adapters.own_sources import sources_of

HOME = Path(__file__).resolve().parents[3]
PROGRAM = "flywheel.adapters.cell.staying"
MOST_READ = 1_048_576
LARGEST_HEAD = 65_536

BOOT = """
import importlib.abc, importlib.util, json, sys
size = int.from_bytes(sys.stdin.buffer.read(8), "little")
texts = json.loads(sys.stdin.buffer.read(size))
class Ours(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        stem = name.replace(".", "/")
        for file, is_package in ((stem + ".py", False), (stem + "/__init__.py", True)):
            if file in texts:
                return importlib.util.spec_from_loader(name, self, origin=file, is_package=is_package)
        return None
    def exec_module(self, module):
        exec(compile(texts[module.__spec__.origin], module.__spec__.origin, "exec"), module.__dict__)
sys.meta_path.insert(0, Ours())
from flywheel.adapters.cell.staying import main
main()
"""
"""What a lasting cell begins with: our modules are those that come over the line, whatever our files say."""


class Late(Exception):
    """Time ran out."""


class Gone(Exception):
    """The program ended."""


class Garbled(Exception):
    """What was said is no message of the length that it must have."""


@cache
def _starter() -> ThreadPoolExecutor:
    """The thread that starts cells: the kernel ends each together with whoever started it."""
    return ThreadPoolExecutor(1, thread_name_prefix="cells")


@cache
def _modules() -> bytes:
    texts = {name: source.decode() for name, source in sources_of(PROGRAM, HOME, ("flywheel",)).items()}
    written = json.dumps(texts).encode()
    return len(written).to_bytes(8, "little") + written


def hold_modules() -> None:
    """Read now what later cells will be started with: files may change."""
    _modules()


class Program:
    """One running program of a lasting cell."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        command = [sys.executable, "-s", "-P", "-c", BOOT]
        self._popen = _starter().submit(_start, command, environment).result()
        assert self._popen.stdin is not None, "it is a pipe"
        assert self._popen.stdout is not None, "it is a pipe"
        self._to, self._from = self._popen.stdin.fileno(), self._popen.stdout.fileno()
        for end in (self._to, self._from):
            os.set_blocking(end, False)
        self.end = weakref.finalize(self, _end, self._popen)
        """Kills what is left of it, once; also where nobody holds it any more."""

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    def begin(self, terms: bytes, *, until: float) -> dict[str, Any]:
        """Hand over our modules and the terms, and hear how it began."""
        self._write([_modules(), terms], until)
        return self._head(0, until)[0]

    def ask(
        self,
        head: Mapping[str, Any],
        values: Iterable[memoryview],
        *,
        until: float,
        largest: int = 0,
        expected: int = 0,
        at_most: int = 0,
    ) -> tuple[dict[str, Any], memoryview]:
        """Ask one question; an answer has the expected bytes of values, or none, or up to what is bearable.

        Between questions it stands still.
        """
        os.kill(self.pid, signal.SIGCONT)
        self._write(message(json.dumps(head).encode(), *values), until)
        answered, size = self._head(largest, until)
        if size not in (0, expected) and size > at_most:
            raise Garbled
        found = self._read(size, until)
        os.kill(self.pid, signal.SIGSTOP)
        return answered, found

    def _head(self, largest: int, until: float) -> tuple[dict[str, Any], int]:
        head, size = SIZES.unpack(self._read(SIZES.size, until))
        if head > LARGEST_HEAD + largest:
            raise Garbled
        try:
            said = json.loads(bytes(self._read(head, until)))
        except (ValueError, RecursionError) as error:
            raise Garbled from error
        if not isinstance(said, dict):
            raise Garbled
        return said, size

    def _write(self, pieces: Iterable[bytes | memoryview], until: float) -> None:
        for piece in pieces:
            left = memoryview(piece)
            while left:
                try:
                    left = left[os.write(self._to, left) :]
                except BlockingIOError:
                    _wait(self._to, select.POLLOUT, until)
                except BrokenPipeError as error:
                    raise Gone from error

    def _read(self, size: int, until: float) -> memoryview:
        room, filled = memoryview(bytearray(size)), 0
        while filled < size:
            _wait(self._from, select.POLLIN, until)
            try:
                more = os.read(self._from, min(size - filled, MOST_READ))
            except BlockingIOError:
                continue
            if not more:
                raise Gone
            room[filled : filled + len(more)] = more
            filled += len(more)
        return room


def _start(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(environment),
        cwd="/",
        start_new_session=True,
        bufsize=0,
    )


def _end(program: subprocess.Popen[bytes]) -> None:
    """Kill what is left; its number is its own until we have waited for it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)
    program.kill()
    program.wait()
    for pipe in (program.stdin, program.stdout):
        with suppress(OSError):
            pipe.close()  # type: ignore[union-attr]  # both are pipes


def _wait(descriptor: int, event: int, until: float) -> None:
    """Wait until a pipe is ready; by poll, since a server has more descriptors than select knows."""
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(max(0.0, until - time.monotonic()) * 1_000):
        raise Late


def places() -> tuple[str, ...]:
    """What a lasting cell reads: interpreter and libraries, and nothing of ours."""
    return tuple(map(str, readable_places(with_ours=False)))
