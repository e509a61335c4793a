"""Keeps the cell that computes features for an endpoint: asks it while it is well, and brings up another when not.

Whoever calls never waits for a new one: until it is there, the rule stands in.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from threading import Event, Lock, Thread

from deployments.service.requests import Row
from deployments.service.scorers import Scorer, rule_scorer
from flywheel.adapters.cell.guards import enough
from flywheel.adapters.cell.lasting import Allowance, LastingCell
from flywheel.adapters.cell.line import hold_modules
from flywheel.adapters.predictions.log import STOOD_IN
from flywheel.errors import FlywheelError, InputRefused, Unavailable
from flywheel.project.answer import Scored
from flywheel.project.contract import Contract, OwnTerms
from flywheel.project.expressions.own_features import Adds, Column

PAUSE_BETWEEN_WORDS = 10.0
"""Seconds between two sayings of the code in the log, which its author reads and no caller: rows may stand in them."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0
"""Seconds before another try where a cell does not come up; each is twice the one before."""


class OwnCodeKeeper:
    """Runs one text of own code under the terms of a contract."""

    def __init__(self, terms: OwnTerms, text: str) -> None:
        allowed = Allowance(terms.seconds, terms.memory_bytes, terms.user)
        self._cell = LastingCell(text, allowed, is_told=False)
        enough(self._cell.guards, is_high_risk=terms.is_high_risk)
        self._healing, self._is_closed = Lock(), Event()
        self._told_at = -PAUSE_BETWEEN_WORDS
        self.failures = 0
        self.trouble = ""
        """Why the rule stands in; nothing where it does not."""

    def open(self) -> None:
        """Start, or refuse: with what our files say now, once and for all."""
        hold_modules()
        self._cell.start()

    def close(self) -> None:
        """End it, and bring up no other."""
        self._is_closed.set()
        self._cell.close()

    def facts(self) -> dict[str, object]:
        """Say what it costs: milliseconds of a call, by the last ones."""
        took = sorted(self._cell.took)
        costs = {"median": round(statistics.median(took), 2), "most": round(took[-1], 2)} if took else {}
        return {"calls": self._cell.calls, "milliseconds": costs, "failures": self.failures}

    def computed(self, given: Sequence[Column], rows: int, adds: Adds) -> list[Column]:
        """Compute, or say at once that it cannot be done now."""
        if not self._cell.is_ready:
            self._heal()
            raise Unavailable(self.trouble or "the cell of the project's own code is being started")
        try:
            found = self._cell.computed(given, rows, adds)
        except Unavailable as error:
            self.failures += 1
            self.trouble = error.sentence()
            sys.stderr.write(f"features were not computed: {self.trouble}\n")
            self._heal()
            raise
        except InputRefused as refused:
            if (now := time.monotonic()) - self._told_at > PAUSE_BETWEEN_WORDS:
                self._told_at = now
                sys.stderr.write(f"{refused.what}: {self._cell.words}\n")
            raise
        self.trouble = ""
        return found

    def _heal(self) -> None:
        """Bring up another cell, beside whoever is answered meanwhile."""
        if not self._is_closed.is_set() and self._healing.acquire(blocking=False):
            Thread(target=self._bring_up, name="heal", daemon=True).start()

    def _bring_up(self) -> None:
        pause = FIRST_PAUSE
        try:
            while not self._is_closed.is_set() and not self._cell.is_ready:
                try:
                    self._cell.start()
                except FlywheelError as error:
                    self.trouble = error.sentence()
                    self._is_closed.wait(pause)
                    pause = min(LONGEST_PAUSE, 2 * pause)
        finally:
            self._healing.release()


def stood_in_for(contract: Contract, scorer: Scorer) -> Scorer:
    """Let the rule decide the rows of a request whose features nobody can compute now, and mark them."""
    if contract.rule is None:
        return scorer
    by_rule = rule_scorer(contract)

    def score(rows: Sequence[Row]) -> list[Scored]:
        try:
            return scorer(rows)
        except Unavailable:
            for row in rows:
                row.flags.append(STOOD_IN)
            return by_rule(rows)

    return score
