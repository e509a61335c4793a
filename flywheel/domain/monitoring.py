"""What is made of a window of traffic: its state, what the monitoring plan does about it, and how it is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import zip_longest

from flywheel.domain.gates import GateResult, Severity, Verdict


class Watch(StrEnum):
    """What a signal looks at."""

    INPUT = "input"
    SENTINELS = "sentinels"
    DRIFT = "drift"
    PARITY = "parity"


class WindowState(StrEnum):
    """What is known of a window of traffic, of one of its columns, or of the feed.

    Only `bad` acts. `silent` (no rows where the endpoint answered) pages when rows were due. `insufficient` (too few
    rows for some gate) goes on into the next window. `unjudgeable` (a check could not run) tells.
    """

    GOOD = "good"
    BAD = "bad"
    INSUFFICIENT = "insufficient"
    SILENT = "silent"
    UNJUDGEABLE = "unjudgeable"


class Action(StrEnum):
    """What the plan does when a signal rings; the later, the safer for customers."""

    PAGE = "page"
    RETRAIN = "retrain"
    FALLBACK = "fallback"
    ROLLBACK = "rollback"
    STOP = "stop"


GATES_OF: dict[Watch, frozenset[str]] = {
    Watch.INPUT: frozenset({"INPUT-001"}),
    Watch.SENTINELS: frozenset({"DATA-003"}),
    Watch.DRIFT: frozenset({"DRIFT-001", "DRIFT-002"}),
    Watch.PARITY: frozenset({"PARITY-002"}),
}
"""Which gates speak for a signal."""


@dataclass(frozen=True)
class Signal:
    """One line of the plan: watch this in these columns (None: in all), but for the exempt ones, then act so."""

    watch: Watch
    action: Action
    columns: frozenset[str] | None = None
    exempt: frozenset[str] = frozenset()

    def looks_at(self, column: str) -> bool:
        """Whether it listens to what is said of a column."""
        return column not in self.exempt and (self.columns is None or column in self.columns)

    def hears(self, result: GateResult) -> bool:
        """Whether a gate says something critical about a column that it listens to, or about the whole window."""
        critical = [one for one in result.findings if one.severity is Severity.CRITICAL]
        return not critical or any(not one.locator or self.looks_at(one.column) for one in critical)


@dataclass(frozen=True)
class Alarm:
    """A signal that rang, why, and what to do."""

    watch: Watch
    action: Action
    reasons: tuple[str, ...]
    columns: tuple[str, ...] = ()
    """What it is about, where it is about columns."""


FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
"""Windows are counted from a Monday, so that weeks begin as people expect; what claims to be older is not judged."""
LOOKED_BACK = 8
"""Windows that say whether the next one should have had rows."""
ODD_ROWS_AT_LEAST, ODD_SHARE = 20, 0.01
CHANCE_OF_NONE = 1e-4
"""A column without a single value is missed where chance would bring that about more rarely."""
VALUES_AT_LEAST = 20
"""Of a column, before anything is known of it."""
ALWAYS = (Signal(Watch.PARITY, Action.PAGE), Signal(Watch.PARITY, Action.FALLBACK))
"""Whatever a plan says: what answers customers is what was signed, or it does not answer them."""


KEPT_BACK = "kept back "
"""Begins the verdict on a column of a part of a slot of which nobody knows whether its days explain it."""
SEEN_IN = 3
"""So many slots in succession, each in part, and no whole one is awaited any more: a person is asked."""


def kept_back_in(verdicts: Iterable[str]) -> tuple[str, ...]:
    """Name the columns that were kept back in a window."""
    return tuple(one.removeprefix(KEPT_BACK) for one in verdicts if one.startswith(KEPT_BACK))


def is_asked_now(before: int) -> bool:
    """Whether what was kept back in so many slots before is asked of a person: in the third, and every third again."""
    return (before + 1) % SEEN_IN == 0


def unwatched(plan: Iterable[Signal], codes: Iterable[str]) -> tuple[Watch, ...]:
    """Name the signals that no gate speaks for, so that silence about them is not taken for health."""
    spoken = set(codes)
    return tuple(dict.fromkeys(signal.watch for signal in plan if not GATES_OF[signal.watch] & spoken))


def judged_columns(plan: Iterable[Signal], code: str, columns: Iterable[str]) -> frozenset[str]:
    """Name the columns that a gate judges: all, but for those to which no signal that it speaks for listens."""
    listening = [signal for signal in plan if code in GATES_OF[signal.watch]]
    return frozenset(name for name in columns if not listening or any(signal.looks_at(name) for signal in listening))


def alarms(plan: Iterable[Signal], results: Iterable[GateResult]) -> tuple[Alarm, ...]:
    """Hold the results against the plan; only what failed rings, never what could not be judged."""
    failed = tuple(result for result in results if result.verdict is Verdict.FAILED)
    rung = []
    for signal in dict.fromkeys((*plan, *ALWAYS)):
        bad = [result for result in failed if result.code in GATES_OF[signal.watch] and signal.hears(result)]
        if bad:
            found = [one for result in bad for one in result.findings]
            heard = [one for one in found if not one.locator or signal.looks_at(one.column)]
            reasons = tuple(dict.fromkeys(one.what for one in heard)) or tuple(
                f"{result.title}: {result.verdict.value}" for result in bad
            )
            columns = tuple(sorted({one.column for one in heard if one.locator}))
            rung.append(Alarm(signal.watch, signal.action, reasons, columns))
    return tuple(rung)


def broken(results: Iterable[GateResult]) -> tuple[GateResult, ...]:
    """Name the gates that had their rows and could not judge them."""
    return tuple(result for result in results if result.verdict in {Verdict.ERROR, Verdict.NOT_EVALUATED})


def state_of(results: Iterable[GateResult], *, lacking: Collection[str]) -> WindowState:
    """Sum a window up; `lacking` are the gates that were not asked because it has too few rows for them."""
    judged = tuple(results)
    if any(result.verdict is Verdict.FAILED for result in judged):
        return WindowState.BAD
    if broken(judged):
        return WindowState.UNJUDGEABLE
    return WindowState.INSUFFICIENT if lacking else WindowState.GOOD


def were_rows_due(history: Sequence[bool]) -> bool:
    """Whether a window without rows is a feed that died: half of the windows before (the newest first) had some.

    Looked at are the last eight at most. Where nothing ever came nothing is due, and a feed that comes now and then, in
    fewer than every second window, is not missed.
    """
    before = history[:LOOKED_BACK]
    return any(before) and 2 * sum(before) >= len(before)


def is_worth_telling(rows: int, *, of: int) -> bool:
    """Whether rows that came late, or whose time cannot be, are so many that they could have hidden something."""
    return rows >= ODD_ROWS_AT_LEAST and rows >= ODD_SHARE * of


def column_state(*, present: int, rows: int, present_before: float, is_bad: bool) -> WindowState:
    """Say what is known of one column; `present_before` is the share of rows that held a value in the reference."""
    if is_bad:
        return WindowState.BAD
    if present == 0:
        is_missed = (1 - present_before) ** rows < CHANCE_OF_NONE
        return WindowState.SILENT if is_missed else WindowState.INSUFFICIENT
    return WindowState.GOOD if present >= VALUES_AT_LEAST else WindowState.INSUFFICIENT


def broken_columns(columns: Mapping[str, object]) -> frozenset[str]:
    """Name the columns of a window by which nobody can decide: bad, or silent."""
    return frozenset(name for name, state in columns.items() if state in {WindowState.BAD, WindowState.SILENT})


def sum_up(
    states: Sequence[WindowState], *, told: Sequence[str], late: int, waits: str = "", pages: int = 0, left: str = ""
) -> str:
    """Tell a monitoring run in one sentence, the telling part first; `waits` says when the next window is over.

    `pages` counts what is paged beside alerts, such as a caller's clock; `left` says what is left for another run.
    """
    if not states:
        return f"no window of traffic is due{_came_late(late)}{'; ' if waits else ''}{waits}"
    alarms_seen = states.count(WindowState.BAD)
    counted = [f"{len(states)} {_plural('window', len(states))}", f"{alarms_seen} {_plural('alert', alarms_seen)}"]
    counted += [f"{pages} other {_plural('page', pages)}"] if pages else []
    others = (WindowState.SILENT, WindowState.UNJUDGEABLE, WindowState.INSUFFICIENT)
    counted += [f"{states.count(state)} {state.value}" for state in others if state in states]
    clauses = "; ".join(one.rstrip(".") for one in told)
    return f"{', '.join(counted)}{_came_late(late)}{', ' if left else ''}{left}{': ' if clauses else ''}{clauses}"


def _came_late(late: int) -> str:
    return f", {late:,} {_plural('row', late)} came late" if late else ""


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def in_turn(found: Iterable[Iterable[str]]) -> list[str]:
    """Give what each found first, then what each found second: three of one kind would hide the others."""
    return list(dict.fromkeys(what for turn in zip_longest(*found) for what in turn if what is not None))
