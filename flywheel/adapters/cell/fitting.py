"""A cell in which a project's own candidates are fitted; what leaves it are chances, and files without code."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from flywheel.adapters import machine
from flywheel.adapters.cell import wire
from flywheel.adapters.cell.cell import THREADS
from flywheel.adapters.cell.guards import Guards, guards_here
from flywheel.adapters.cell.lasting import ENVIRONMENT_ALONE, EVER, START_SECONDS, Allowance
from flywheel.adapters.cell.line import Garbled, Gone, Late, Program, places
from flywheel.adapters.cell.terms import Ration, Terms
from flywheel.domain.own_code import HOOKS_FILE, Hook
from flywheel.errors import InputRefused, Unavailable, ending_of

LARGEST_FILE = 512 * 1024 * 1024
CANDIDATES = f"{Hook.CANDIDATES.value}() of {HOOKS_FILE}"

Floats = npt.NDArray[np.float64]


class TimeIsUp(Exception):
    """A fit took longer than it might."""


@dataclass
class FittingCell:
    """One program for one text; it ends with the block that it is opened in, or when a fit takes too long."""

    text: str = field(repr=False)
    allowed: Allowance
    says_amounts: bool = False
    _program: Program | None = None
    _rows: tuple[Floats, Floats, Floats] | None = None

    @property
    def guards(self) -> Guards:
        """By what it is closed."""
        return guards_here(self.allowed.user, with_ours=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def listed(self) -> dict[str, int | None]:
        """Name the candidates, each with how many ways of its parameters there are."""
        said, _ = self._asked({"op": "list"}, seconds=self.allowed.seconds)
        found = said.get("candidates")
        try:
            return {str(name): None if ways is None else int(ways) for name, ways in found}  # type: ignore[union-attr]
        except (TypeError, ValueError) as error:
            raise self._broken() from error

    def take_rows(self, matrix: Floats, truth: Floats, others: Floats) -> None:
        """Hand over what is learned from, and the rows that are answered; never what was true of these."""
        self._rows = (matrix, truth, others)
        head = {"op": "rows", "rows": len(matrix), "check": len(others), "width": matrix.shape[1]}
        values = [memoryview(np.ascontiguousarray(one, dtype=np.float64).tobytes()) for one in self._rows]
        self._asked(head, values, seconds=self.allowed.seconds)

    def tried(
        self, name: str, *, trial: int, seed: int, chosen: Mapping[str, Any] | None, seconds: float
    ) -> tuple[dict[str, Any], Floats]:
        """Fit one trial of a candidate: its parameters, and what it says of the rows that are answered."""
        if self._program is None and self._rows is not None:
            self.take_rows(*self._rows)
        assert self._rows is not None, "rows come first"
        rows = len(self._rows[2])
        head = {"op": "try", "name": name, "trial": trial, "seed": seed, "chosen": chosen}
        said, found = self._asked(head, seconds=seconds, expected=rows * wire.BYTES)
        output, params = np.frombuffer(found, dtype=np.float64), said.get("params")
        within = np.isfinite(output) if self.says_amounts else (output >= 0) & (output <= 1)
        if len(output) != rows or not within.all() or not isinstance(params, dict):
            what, allowed = ("amounts", "finite numbers") if self.says_amounts else ("chances", "0 to 1")
            raise InputRefused(f"{CANDIDATES}: {name} gives values that are no {what}", allowed=allowed)
        return dict(params), output

    def written(self, form: str) -> tuple[bytes, str]:
        """Write what was fitted last in a form; nothing, and why, where that cannot be."""
        try:
            _, found = self._asked({"op": "write", "form": form}, seconds=self.allowed.seconds, at_most=LARGEST_FILE)
        except InputRefused as refused:
            return b"", refused.what.removeprefix(f"{CANDIDATES}: ")
        return bytes(found), ""

    def _asked(
        self,
        head: Mapping[str, Any],
        values: list[memoryview] | None = None,
        *,
        seconds: float,
        expected: int = 0,
        at_most: int = 0,
    ) -> tuple[dict[str, Any], memoryview]:
        program = self._program or self._started()
        until = time.monotonic() + seconds
        try:
            head = {**head, "says_amounts": self.says_amounts}
            said, found = program.ask(head, values or [], until=until, expected=expected, at_most=at_most)
        except Late as error:
            self._end()
            raise TimeIsUp from error
        except (Gone, ProcessLookupError, PermissionError) as error:
            self._end()
            raise Unavailable(
                f"the cell of {CANDIDATES} ended",
                next_step=f"raise cell.memory_bytes ({self.allowed.memory_bytes:,}) where memory lacked",
            ) from error
        except Garbled as error:
            raise self._broken() from error
        if said.get("said") == wire.REFUSED:
            raise refusal(said)
        if said.get("said") != wire.DONE:
            raise self._broken()
        return said, found

    def _started(self) -> Program:
        program = Program(ENVIRONMENT_ALONE)
        user = os.geteuid() if self.guards.user is None else self.guards.user
        ration = Ration(EVER, self.allowed.memory_bytes, 1, machine.threads_of(user) + THREADS)
        room = io.BytesIO()
        Terms(self.text, self.guards, ration, os.getpid(), places()).write(room)
        try:
            said = program.begin(room.getvalue(), until=time.monotonic() + START_SECONDS)
        except (Late, Gone, Garbled) as error:
            program.end()
            raise Unavailable(f"the cell of {CANDIDATES} did not start", found=type(error).__name__) from error
        if said.get("said") != wire.READY:
            program.end()
            raise refusal(said)
        self._program = program
        return program

    def _broken(self) -> Unavailable:
        self._end()
        return Unavailable(f"{CANDIDATES} gave an answer that is none")

    def _end(self) -> None:
        if self._program is not None:
            self._program.end()
            self._program = None


def refusal(said: Mapping[str, Any]) -> InputRefused:
    """Make a sentence for the author of what the cell said."""
    return InputRefused(
        f"{CANDIDATES}: {ending_of(str(said.get('words') or 'no reason was given'))}",
        next_step=ending_of(str(said.get("next_step") or "")),
    )
