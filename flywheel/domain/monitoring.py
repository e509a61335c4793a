"""What the monitoring plan does about a signal that rings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from flywheel.domain.gates import GateResult, Verdict


class Watch(StrEnum):
    """What a signal looks at."""

    INPUT = "input"
    SENTINELS = "sentinels"
    DRIFT = "drift"
    PARITY = "parity"


class Action(StrEnum):
    """What the plan does when a signal rings; the later, the safer for customers."""

    PAGE = "page"
    RETRAIN = "retrain"
    FALLBACK = "fallback"
    ROLLBACK = "rollback"
    STOP = "stop"


GATES_OF: dict[Watch, frozenset[str]] = {
    Watch.INPUT: frozenset({"INPUT-001"}),
    Watch.SENTINELS: frozenset({"DATA-003", "DRIFT-001"}),
    Watch.DRIFT: frozenset({"DRIFT-001", "DRIFT-002"}),
    Watch.PARITY: frozenset({"PARITY-002"}),
}
"""Which gates speak for a signal."""


@dataclass(frozen=True)
class Signal:
    """One line of the plan: watch this, then act so."""

    watch: Watch
    action: Action


@dataclass(frozen=True)
class Alarm:
    """A signal that rang, why, and what to do."""

    watch: Watch
    action: Action
    reasons: tuple[str, ...]


ALWAYS = (Signal(Watch.PARITY, Action.PAGE), Signal(Watch.PARITY, Action.FALLBACK))
"""Whatever a plan says: what answers customers is what was signed, or it does not answer them."""


def unwatched(plan: Iterable[Signal], results: Iterable[GateResult]) -> tuple[Watch, ...]:
    """Name the signals of the plan that no result speaks for, so that silence about them is not taken for health."""
    spoken = {result.code for result in results}
    return tuple(dict.fromkeys(signal.watch for signal in plan if not GATES_OF[signal.watch] & spoken))


def alarms(plan: Iterable[Signal], results: Iterable[GateResult]) -> tuple[Alarm, ...]:
    """Hold the results against the plan; a gate that could not judge rings too."""
    judged = tuple(results)
    rung = []
    for signal in dict.fromkeys((*plan, *ALWAYS)):
        bad = [
            r for r in judged if r.code in GATES_OF[signal.watch] and r.verdict not in {Verdict.PASSED, Verdict.WARNED}
        ]
        if bad:
            reasons = tuple(finding.what for result in bad for finding in result.findings) or tuple(
                f"{result.title}: {result.verdict.value}" for result in bad
            )
            rung.append(Alarm(signal.watch, signal.action, reasons))
    return tuple(rung)
