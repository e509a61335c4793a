"""Runs a project's hook in a cell: rows go in as Arrow, rows come out as Arrow, and nothing else passes."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from flywheel.adapters import machine
from flywheel.adapters.cell.answer import Bounds, refusal_of, rows_of
from flywheel.adapters.cell.guards import Guards, guards_here
from flywheel.adapters.cell.landlock import readable_places
from flywheel.adapters.cell.terms import OPEN, REFUSED, Ration, Terms
from flywheel.adapters.clean_python import ONE_THREAD
from flywheel.adapters.drafts import draft
from flywheel.adapters.programs import arithmetic_of
from flywheel.adapters.running import how_ended
from flywheel.domain.digests import digest_bytes
from flywheel.domain.own_code import HOOKS_FILE
from flywheel.errors import CharterError, InputRefused, Problem, SettingsError, Unavailable, ending_of
from flywheel.project.hooks import HookSource
from flywheel.setting_groups import CellSettings

if TYPE_CHECKING:
    import pyarrow as pa

    from flywheel.settings import Settings

HOME = Path(__file__).resolve().parents[3]
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/",
    "LC_ALL": "C.UTF-8",
    "PYTHONPATH": str(HOME),
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JOBLIB_MULTIPROCESSING": "0",
    "LOKY_MAX_CPU_COUNT": "1",
    **arithmetic_of(os.environ),
    **ONE_THREAD,
}
"""All that a cell knows of its surroundings. Libraries work by themselves: a cell starts no programs."""
THREADS = 256
WORDS_KEPT = 65_536


@dataclass(frozen=True)
class Cell:
    """Where and how a project's code runs on this machine."""

    guards: Guards
    limits: CellSettings
    bounds: Bounds
    drafts: Path

    @classmethod
    def of(cls, settings: Settings) -> Cell:
        """Look at the machine; a data root among the libraries could not be kept from a cell."""
        for place in readable_places():
            if settings.data_root.is_relative_to(place):
                raise SettingsError(
                    "the data root lies among what a project's own code may read",
                    found=settings.data_root,
                    next_step=f"set FLYWHEEL_DATA_ROOT to a folder outside {place}",
                )
        bounds = Bounds(settings.limits.rows, settings.limits.columns, settings.limits.bytes)
        return cls(guards_here(settings.cell.user), settings.cell, bounds, settings.data_root / "cells")

    @contextmanager
    def shaped(self, source: HookSource, rows: Iterable[pa.RecordBatch]) -> Iterator[Iterator[pa.RecordBatch]]:
        """Let the hook `prepare` shape the rows; what it gives back is read within."""
        if digest_bytes(source.text.encode()) != source.digest:
            raise CharterError((Problem(HOOKS_FILE, "", "is not the text that was registered"),))
        with draft(self.drafts) as folder:
            given, answer = folder / "given", folder / "answer"
            with given.open("xb") as file:
                self._terms(source).write(file)
                _write(rows, file)
            self._run(given, answer)
            yield rows_of(answer, self.bounds)

    def _terms(self, source: HookSource) -> Terms:
        user = os.geteuid() if self.guards.user is None else self.guards.user
        ration = Ration(
            self.limits.cpu_seconds,
            self.limits.memory_bytes,
            self.bounds.bytes,
            machine.threads_of(user) + THREADS,
        )
        return Terms(source.text, self.guards, ration, os.getpid())

    def _run(self, given: Path, answer: Path) -> None:
        """Start the program of the cell and wait for its end, or make it one."""
        command = [sys.executable, "-s", "-P", "-m", "flywheel.adapters.cell.inside"]
        with (
            given.open("rb") as rows,
            answer.open("xb") as room,
            subprocess.Popen(
                command,
                stdin=rows,
                stdout=room,
                stderr=subprocess.PIPE,
                env=ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            ) as program,
        ):
            assert program.stderr is not None, "it is a pipe"
            try:
                said, is_late = _words_of(program, program.stderr, seconds=self.limits.seconds)
            finally:
                _end(program)
        sys.stderr.write(words + "\n" if (words := ending_of(said)) else "")
        if program.returncode == REFUSED and not is_late:
            raise refusal_of(answer)
        if program.returncode == OPEN:
            raise Unavailable(f"the cell could not be closed, so that nothing ran in it: {words}")
        if program.returncode or is_late:
            raise self._ended(program.returncode, words, is_late=is_late)

    def _ended(self, status: int, words: str, *, is_late: bool) -> InputRefused:
        """Say why a cell ended without an answer."""
        if is_late:
            return _over("took too long", f"cell.seconds ({self.limits.seconds:g} s)")
        if status in {-signal.SIGXCPU, -signal.SIGKILL}:
            what = "used up its time of the processor, or the machine's memory"
            return _over(what, f"cell.cpu_seconds ({self.limits.cpu_seconds} s)")
        last = f":\n{words}" if words else ""
        return InputRefused(
            f"the project's own code {how_ended(status)}{last}",
            next_step=f"fix it, or raise cell.memory_bytes ({self.limits.memory_bytes:,}) where memory lacked",
        )


def _over(what: str, setting: str) -> InputRefused:
    return InputRefused(
        f"the project's own code {what}", allowed=setting, next_step="make it quicker, or raise the setting"
    )


def _write(rows: Iterable[pa.RecordBatch], file: IO[bytes]) -> None:
    import pyarrow as pa  # heavy: only where data is written

    stream = None
    for batch in rows:
        stream = stream or pa.ipc.new_stream(file, batch.schema)
        stream.write_batch(batch)
    if stream is not None:
        stream.close()


def _words_of(program: subprocess.Popen[bytes], pipe: IO[bytes], *, seconds: float) -> tuple[bytes, bool]:
    """Read what is said until the program ends, keep the last of it, and say whether time ran out."""
    said, until, end = b"", time.monotonic() + seconds, os.pidfd_open(program.pid)
    os.set_blocking(pipe.fileno(), False)
    try:
        with selectors.DefaultSelector() as waiting:
            waiting.register(pipe, selectors.EVENT_READ)
            waiting.register(end, selectors.EVENT_READ)
            while ready := {key.fd for key, _ in waiting.select(max(0.0, until - time.monotonic()))}:
                more = _read(pipe) if pipe.fileno() in ready else None
                said = (said + (more or b""))[-WORDS_KEPT:]
                if more == b"":
                    waiting.unregister(pipe)
                elif end in ready and not more:
                    return said, False
                if time.monotonic() > until:
                    break
    finally:
        os.close(end)
    return said, True


def _read(pipe: IO[bytes]) -> bytes | None:
    """Read what is there: nothing at all where everybody has closed it, none where nothing was said yet."""
    try:
        return os.read(pipe.fileno(), WORDS_KEPT)
    except BlockingIOError:
        return None


def _end(program: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a cell; its number is its own until we have waited for it."""
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.kill()
    program.wait()
