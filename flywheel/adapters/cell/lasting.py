"""A lasting cell: a project's hook `features` stays ready in it, and computes columns call by call."""

from __future__ import annotations

import io
import os
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from flywheel.adapters import machine
from flywheel.adapters.cell import wire
from flywheel.adapters.cell.cell import ENVIRONMENT, THREADS
from flywheel.adapters.cell.guards import Guards, guards_here
from flywheel.adapters.cell.line import Garbled, Gone, Late, Program, places
from flywheel.adapters.cell.refusals import refusal_of
from flywheel.adapters.cell.terms import Ration, Terms
from flywheel.errors import Unavailable, ending_of
from flywheel.project.expressions.own_features import Adds, Column
from flywheel.project.reading.kinds import Kind

START_SECONDS = 60.0
CALLS_REMEMBERED = 256
EVER = 1_000_000_000
"""Seconds of the processor over all calls: each is bounded by the clock, and between them the cell stands still."""
MOST_ADDED = 200
LARGEST_WORDS = 6 * wire.LONGEST_WORD + 8
"""Bytes of a word in JSON, with every sign escaped."""


@dataclass(frozen=True)
class Allowance:
    """How much one call may take, and under which user it works where we are root."""

    seconds: float
    memory_bytes: int
    user: int


@dataclass
class LastingCell:
    """Runs one text; one call at a time. What goes wrong ends the program, and the next call starts another."""

    text: str = field(repr=False)
    allowed: Allowance
    is_told: bool = True
    """Whether the code's own words are passed on: to its author, and never to those who call an endpoint."""
    words: str = ""
    """What the code said of the last call that it refused."""
    calls: int = 0
    starts: int = 0
    took: deque[float] = field(default_factory=lambda: deque(maxlen=CALLS_REMEMBERED))
    _program: Program | None = None
    _turn: Lock = field(default_factory=Lock)

    @property
    def guards(self) -> Guards:
        """By what it is closed."""
        return _guards(self.allowed.user)

    @property
    def is_ready(self) -> bool:
        """Whether a program waits for the next call, as far as is known."""
        return self._program is not None

    def added(self, given: Sequence[Column], rows: int) -> Adds:
        """Say what the hook adds to these rows."""
        said, _ = self._asked(given, rows, None)
        adds = said.get("adds")
        if not isinstance(adds, list) or len(adds) > MOST_ADDED:
            raise self._broken(
                "gave more columns than anybody reads" if isinstance(adds, list) else "said nothing sound"
            )
        try:
            return tuple((str(name), Kind(kind)) for name, kind in adds)
        except (ValueError, TypeError) as error:
            raise self._broken("said nothing sound") from error

    def computed(self, given: Sequence[Column], rows: int, adds: Adds) -> list[Column]:
        """Compute exactly these columns."""
        began_at = time.perf_counter()
        said, values = self._asked(given, rows, adds)
        found = self._columns(said.get("levels"), values, rows, adds)
        self.calls += 1
        self.took.append((time.perf_counter() - began_at) * 1_000)
        return found

    def start(self) -> None:
        """Start the program, unless it runs."""
        with self._turn:
            self._started()

    def close(self) -> None:
        """End the program."""
        with self._turn:
            self._end()

    def _started(self) -> Program:
        if self._program is None:
            program = Program(ENVIRONMENT_ALONE)
            try:
                said = program.begin(self._terms(), until=time.monotonic() + START_SECONDS)
            except (Late, Gone, Garbled) as error:
                program.end()
                raise Unavailable(
                    "the cell for a project's own code did not start", found=type(error).__name__
                ) from None
            if said.get("said") != wire.READY:
                program.end()
                if said.get("said") == wire.OPEN:
                    words = ending_of(str(said.get("words")))
                    raise Unavailable(f"the cell could not be closed, so that nothing ran in it: {words}")
                raise refusal_of(said, (), is_told=self.is_told)
            self._program = program
            self.starts += 1
        return self._program

    def _asked(self, given: Sequence[Column], rows: int, adds: Adds | None) -> tuple[dict[str, Any], memoryview]:
        head = {
            "rows": rows,
            "columns": [[one.name, one.kind.value, one.levels] for one in given],
            "adds": None if adds is None else [[name, kind.value] for name, kind in adds],
        }
        values = [memoryview(np.ascontiguousarray(one.values).tobytes()) for one in given]
        words = sum(kind is Kind.CATEGORY for _, kind in adds or ())
        expected = rows * len(adds or ()) * wire.BYTES
        with self._turn:
            program = self._started()
            until = time.monotonic() + self.allowed.seconds
            try:
                said, found = program.ask(
                    head, values, largest=rows * words * LARGEST_WORDS, expected=expected, until=until
                )
            except Late as error:
                self._end()
                raise Unavailable(
                    "the project's own code took too long", allowed=f"{self.allowed.seconds:g} s a call"
                ) from error
            except (Gone, ProcessLookupError, PermissionError) as error:
                self._end()
                raise Unavailable("the cell of the project's own code ended") from error
            except Garbled as error:
                self._end()
                raise Unavailable("the project's own code gave an answer that is none") from error
        if said.get("said") == wire.REFUSED:
            self.words = ending_of(str(said.get("words") or ""))
            raise refusal_of(said, tuple(name for name, _ in adds or ()), is_told=self.is_told)
        if said.get("said") != wire.DONE or len(found) != expected:
            raise self._broken("gave an answer that is none")
        return said, found

    def _columns(self, levels: object, values: memoryview, rows: int, adds: Adds) -> list[Column]:
        if not isinstance(levels, list) or len(levels) != len(adds):
            raise self._broken("gave an answer that is none")
        found = []
        for place, ((name, kind), words) in enumerate(zip(adds, levels, strict=True)):
            raw = values[place * rows * wire.BYTES : (place + 1) * rows * wire.BYTES]
            column = _column(name, kind, raw, words)
            if column is None:
                raise self._broken(f"gave no values of a {kind.value} for {name}")
            found.append(column)
        return found

    def _broken(self, what: str) -> Unavailable:
        """End a program that no longer keeps to what ours says: it is not itself any more."""
        self.close()
        return Unavailable(f"the project's own code {what}")

    def _end(self) -> None:
        if self._program is not None:
            self._program.end()
            self._program = None

    def _terms(self) -> bytes:
        user = os.geteuid() if self.guards.user is None else self.guards.user
        ration = Ration(EVER, self.allowed.memory_bytes, 1, machine.threads_of(user) + THREADS)
        room = io.BytesIO()
        Terms(self.text, self.guards, ration, os.getpid(), places()).write(room)
        return room.getvalue()


ENVIRONMENT_ALONE = {name: value for name, value in ENVIRONMENT.items() if name != "PYTHONPATH"}
"""A lasting cell is handed our modules and looks for none."""


@lru_cache(maxsize=1)
def _guards(user: int) -> Guards:
    return guards_here(user, with_ours=False)


def _column(name: str, kind: Kind, raw: memoryview, words: object) -> Column | None:
    """Read one column, as what a stranger sent; none where it is not what its kind holds."""
    if kind is Kind.CATEGORY:
        codes = np.frombuffer(raw, dtype=np.int64)
        if not isinstance(words, list) or not all(map(_is_word, words)) or len(set(words)) != len(words):
            return None
        if codes.size and not (codes.min() >= wire.MISSING and codes.max() < len(words)):
            return None
        return Column(name, kind, codes, tuple(words))
    values = np.frombuffer(raw, dtype=np.float64)
    is_sound = np.isnan(values) | (np.isin(values, (0.0, 1.0)) if kind is Kind.BOOLEAN else np.isfinite(values))
    return Column(name, kind, values) if words is None and bool(is_sound.all()) else None


def _is_word(word: object) -> bool:
    if not isinstance(word, str) or len(word) > wire.LONGEST_WORD:
        return False
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True
