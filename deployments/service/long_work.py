"""Answers large bodies in a process apart, so that small ones wait neither for the interpreter nor for a core.

Threads share one interpreter: beside a thread that reads 2,000 rows, whoever asks for one waits at each step of the
loop. A nursery is forked from the server as soon as that has proven its package, before it starts a thread; it forks
whoever answers. So all of them run what was proven, whatever becomes of the package's files. The one who answers comes
with the first large body, yields to all else on the machine, and goes when it has rested.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from deployments.service.answers import Answer, later
from deployments.service.respondent import Answered, Respondent

YIELDS = 10
"""By how much it is nicer than the server."""
ANSWER_SECONDS = 15.0
"""Less than a connection waits; waiting for others' answers is among them."""
REST_SECONDS = 60.0
MOST_DESCRIPTORS = 1_048_576

_SIZE = struct.Struct(">I")
_SIZES = struct.Struct(">III")
_COME = b"."


@dataclass(frozen=True)
class Worker:
    """The process that answers: what it is asked and answers by, and what it can be ended by."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    pidfd: int

    def end(self) -> None:
        """End it, whatever it does."""
        self.writer.close()
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        os.close(self.pidfd)


class AnswersApart:
    """Has one body after another answered by the other process."""

    def __init__(self, nursery: socket.socket) -> None:
        self._nursery = nursery
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker: Worker | None = None
        self._turn = asyncio.Lock()
        self._rest: asyncio.TimerHandle | None = None

    def watch(self, loop: asyncio.AbstractEventLoop, if_lost: Callable[[], None]) -> None:
        """Say when the nursery is gone: threads run by now, so no other can be forked."""

        def lost() -> None:
            loop.remove_reader(self._nursery)
            if_lost()

        self._loop = loop
        loop.add_reader(self._nursery, lost)

    async def answer(self, body: bytes) -> Answered:
        """Answer one body; where the process fails, ask the caller to come again, to another process."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._turn:
                self._wait_to_rest(None)
                try:
                    answered = await _asked(await self._running(), body)
                except BaseException:  # whoever asked may have gone: the answer to it would be taken for the next one's
                    self._end_worker()
                    raise
                self._wait_to_rest(REST_SECONDS)
                return answered
        except (OSError, EOFError, TimeoutError) as error:
            sys.stderr.write(f"a large request was not answered: {type(error).__name__} {error}\n")
            return later("the request was not answered, try again later"), b""

    def close(self) -> None:
        """Let all of them go."""
        self._end_worker()
        if self._loop is not None:
            self._loop.remove_reader(self._nursery)
        self._nursery.close()

    async def _running(self) -> Worker:
        if self._worker is not None and self._worker.reader.at_eof():
            self._end_worker()
        if self._worker is None:
            ours, theirs = socket.socketpair()
            try:
                socket.send_fds(self._nursery, [_COME], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
            finally:
                theirs.close()
            reader, writer = await asyncio.open_connection(sock=ours)
            try:
                (pid,) = _SIZE.unpack(await reader.readexactly(_SIZE.size))
                self._worker = Worker(reader, writer, os.pidfd_open(pid))
            except BaseException:
                writer.close()
                raise
        return self._worker

    def _end_worker(self) -> None:
        self._wait_to_rest(None)
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def _wait_to_rest(self, seconds: float | None) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._rest = None if seconds is None else asyncio.get_running_loop().call_later(seconds, self._end_worker)


class AnswersOnThreads:
    """Has bodies answered on threads: where asking is waiting, for a model behind an address or for a cell."""

    def __init__(self, respondent: Respondent, executor: Executor, most: int | None = None) -> None:
        self._respondent, self._executor, self._most, self._waiting = respondent, executor, most, 0

    def watch(self, loop: asyncio.AbstractEventLoop, if_lost: Callable[[], None]) -> None:
        """Threads are never lost."""

    async def answer(self, body: bytes) -> Answered:
        """Answer one body, unless too many wait already."""
        if self._most is not None and self._waiting >= self._most:
            return later("overloaded, try again later"), b""
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, self._respondent.answer, body)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Wait for what is being answered."""
        self._executor.shutdown()


async def _asked(worker: Worker, body: bytes) -> Answered:
    worker.writer.write(_SIZE.pack(len(body)))
    worker.writer.write(body)  # apart: together they would be copied
    await worker.writer.drain()
    head, words, kept = _SIZES.unpack(await worker.reader.readexactly(_SIZES.size))
    said = json.loads(await worker.reader.readexactly(head))
    headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in said["headers"])
    answer = Answer(said["status"], await worker.reader.readexactly(words), headers, tuple(said["reasons"]))
    return answer, await worker.reader.readexactly(kept)


def fork_nursery(respondent: Respondent) -> socket.socket:
    """Fork the process that forks those who answer, and give the line to it; no thread may run yet."""
    ours, theirs = socket.socketpair()
    gc.freeze()  # pages that nobody writes stay shared
    if os.fork() == 0:
        _in_child(lambda: _nurse(theirs, respondent))
    theirs.close()
    return ours


def serve(asked: BinaryIO, answered: BinaryIO, respondent: Respondent) -> None:
    """Answer bodies until no more come."""
    while size := asked.read(_SIZE.size):
        answer, kept = respondent.answer(asked.read(*_SIZE.unpack(size)))
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
        head = json.dumps({"status": answer.status, "headers": headers, "reasons": answer.reasons}).encode()
        answered.write(_SIZES.pack(len(head), len(answer.body), len(kept)) + head + answer.body + kept)
        answered.flush()


def _nurse(line: socket.socket, respondent: Respondent) -> None:
    """Fork one who answers for each line that comes; end with the server, whose end of ours closes."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    _keep_only(line)
    while True:
        come, lines, _, _ = socket.recv_fds(line, len(_COME), 1)
        if not come:
            return
        with socket.socket(fileno=lines[0]) as theirs:
            if os.fork() == 0:
                _in_child(lambda: _answer(theirs, respondent))


def _answer(line: socket.socket, respondent: Respondent) -> None:
    _keep_only(line)
    os.nice(YIELDS)
    line.sendall(_SIZE.pack(os.getpid()))
    with line.makefile("rb") as asked, line.makefile("wb") as answered:
        serve(asked, answered, respondent)


def _keep_only(line: socket.socket) -> None:
    """Close what the server has open: whoever waits for its end must not wait for ours."""
    os.closerange(3, line.fileno())
    os.closerange(line.fileno() + 1, MOST_DESCRIPTORS)


def _in_child(work: Callable[[], None]) -> NoReturn:
    """Work and end, past everything that the server would do at its own end."""
    status = 1
    try:
        work()
        status = 0
    except BrokenPipeError:
        status = 0  # whoever asked is gone
    except BaseException:  # noqa: BLE001  nothing above would say what it was
        traceback.print_exc()
    finally:
        os._exit(status)
