"""Answers large bodies in a process of its own, so that small ones wait neither for the interpreter nor for a core.

Threads share one interpreter: beside a thread that reads 2,000 rows, whoever asks for one waits at each step of the
loop. The process starts with the first large body, yields to all else on the machine, and goes when it has rested.
Run as `python -m deployments.service.long_work` it is the other end: bodies in, answers out, until its input ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import BinaryIO

from deployments.service.answers import Answer, later
from deployments.service.opening import PACKAGE, given_arguments, open_package
from deployments.service.respondent import Answered, Respondent

YIELDS = 10
"""By how much it is nicer than the server."""
ANSWER_SECONDS = 15.0
"""Less than a connection waits; the start of the process is among them."""
REST_SECONDS = 60.0
COMMAND = (sys.executable, "-P", "-m", "deployments.service.long_work")

_SIZE = struct.Struct(">I")
_SIZES = struct.Struct(">III")


class AnswersApart:
    """Has one body after another answered by the other process."""

    def __init__(self, command: Sequence[str] = COMMAND, environment: Mapping[str, str] | None = None) -> None:
        self._command = command
        self._environment = environment or {**os.environ, "PYTHONPATH": str(PACKAGE / "src")}
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._rest: asyncio.TimerHandle | None = None

    async def answer(self, body: bytes) -> Answered:
        """Answer one body; where the process fails, ask the caller to come again, to another process."""
        async with self._turn:
            self._wait_to_rest(None)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    answered = await _asked(await self._running(), body)
            except (OSError, EOFError, TimeoutError) as error:
                sys.stderr.write(f"a large request was not answered: {type(error).__name__} {error}\n")
                self.close()
                return later("the request was not answered, come again"), b""
            except asyncio.CancelledError:  # the answer to it would be taken for the next one's
                self.close()
                raise
            self._wait_to_rest(REST_SECONDS)
            return answered

    def close(self) -> None:
        """Let the process go; the next body starts another."""
        self._wait_to_rest(None)
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        self._process = None

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            pipe = asyncio.subprocess.PIPE
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, env=self._environment
            )
        return self._process

    def _wait_to_rest(self, seconds: float | None) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._rest = None if seconds is None else asyncio.get_running_loop().call_later(seconds, self.close)


class AnswersOnThreads:
    """Has bodies answered on threads: for a model behind an address, of which asking is waiting."""

    def __init__(self, respondent: Respondent, executor: Executor) -> None:
        self._respondent, self._executor = respondent, executor

    async def answer(self, body: bytes) -> Answered:
        """Answer one body."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._respondent.answer, body)

    def close(self) -> None:
        """Wait for what is being answered."""
        self._executor.shutdown()


async def _asked(process: asyncio.subprocess.Process, body: bytes) -> Answered:
    asking, answering = process.stdin, process.stdout
    if asking is None or answering is None:
        raise EOFError("the process has no pipes")
    asking.write(_SIZE.pack(len(body)))
    asking.write(body)  # apart: together they would be copied
    await asking.drain()
    head, words, kept = _SIZES.unpack(await answering.readexactly(_SIZES.size))
    said = json.loads(await answering.readexactly(head))
    headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in said["headers"])
    answer = Answer(said["status"], await answering.readexactly(words), headers, tuple(said["reasons"]))
    return answer, await answering.readexactly(kept)


def serve(asked: BinaryIO, answered: BinaryIO, respondent: Respondent) -> None:
    """Answer bodies until no more come."""
    while size := asked.read(_SIZE.size):
        answer, kept = respondent.answer(asked.read(*_SIZE.unpack(size)))
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
        head = json.dumps({"status": answer.status, "headers": headers, "reasons": answer.reasons}).encode()
        answered.write(_SIZES.pack(len(head), len(answer.body), len(kept)) + head + answer.body + kept)
        answered.flush()


def main() -> None:
    """Open the package of this process and answer."""
    os.nice(YIELDS)
    answered = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no answer
    serve(sys.stdin.buffer, answered, open_package(given_arguments()))


if __name__ == "__main__":
    main()
