"""What every gate shares: how a check is called, what it returns, and how a broken check becomes a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, ParamSpec, Protocol

import numpy as np

from flywheel.domain.gate_catalogue import CATALOGUE
from flywheel.domain.gates import GateFinding, GateResult, Severity, Verdict, verdict_from
from flywheel.errors import FlywheelError, ending_of

P = ParamSpec("P")

FINDINGS_AT_MOST = 100
"""A frame of two thousand bad columns is told in a hundred sentences and a count."""

Figure = float | int | str


@dataclass(frozen=True)
class Report:
    """A file that shows what a check saw; the caller stores it and keeps its digest as evidence."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Checked:
    """What a gate says, and the files that show why."""

    result: GateResult
    reports: tuple[Report, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """What the inside of a check noticed; the gate around it turns this into a verdict."""

    findings: tuple[GateFinding, ...] = ()
    evaluated: int = 0
    figures: Mapping[str, Figure] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
    is_broken: bool = False
    is_applicable: bool = True


def not_applicable(why: str) -> Judgement:
    """Say that a charter declares nothing for a check to look at; only a gate that may say so is believed."""
    return Judgement((GateFinding(why, Severity.INFO),), is_applicable=False)


class Check(Protocol):
    """Anything with a permanent code that judges its arguments and never raises."""

    @property
    def code(self) -> str:
        """Name the gate for ever."""
        ...

    @property
    def title(self) -> str:
        """Say in a few words what the gate looks at."""
        ...

    def __call__(self, *args: Any, **kwargs: Any) -> Checked:
        """Judge."""
        ...


@dataclass(frozen=True)
class Gate(Generic[P]):
    """A check behind the one wrapper by which nothing that breaks can look passed."""

    code: str
    title: str
    judge: Callable[P, Judgement]
    may_not_apply: bool = False

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Checked:
        """Judge; whatever is raised inside becomes the verdict `error` with a sentence about it."""
        try:
            judgement = self.judge(*args, **kwargs)
            return Checked(self._result(judgement), judgement.reports)
        except Exception as problem:  # noqa: BLE001  a check that broke is a verdict, not a crash
            return broken(self.code, self.title, problem)

    def _result(self, judgement: Judgement) -> GateResult:
        findings, figures = _bounded(judgement.findings), _plain_figures(judgement.figures)
        if not (judgement.is_applicable or self.may_not_apply):
            raise ValueError("this check applies to every model")
        if judgement.is_broken:
            verdict = Verdict.ERROR
        elif not judgement.is_applicable:
            verdict = Verdict.NOT_APPLICABLE
        else:
            verdict = verdict_from(judgement.findings, evaluated=judgement.evaluated)
        if verdict is Verdict.NOT_EVALUATED and not findings:
            findings = (GateFinding("Nothing could be compared, so the gate cannot pass.", Severity.WARNING),)
        if len(judgement.findings) > len(findings):
            figures["findings_left_out"] = len(judgement.findings) - len(findings)
        return GateResult(self.code, self.title, verdict, findings, {**figures, "evaluated": judgement.evaluated})


def broken(code: str, title: str, problem: Exception) -> Checked:
    """Say that a check could not run, as the verdict `error`."""
    if isinstance(problem, FlywheelError):
        finding = GateFinding(f"The check could not run: {ending_of(problem.sentence())}.", Severity.CRITICAL)
    else:
        what = f"The check could not run, so it confirms nothing: {type(problem).__name__}."
        finding = GateFinding(what, Severity.CRITICAL, seen=ending_of(str(problem)))
    return Checked(GateResult(code, title, Verdict.ERROR, (finding,)))


def gate(code: str) -> Callable[[Callable[P, Judgement]], Gate[P]]:
    """Make a judging function the gate of its permanent code; title and the rest are the catalogue's."""
    facts = CATALOGUE[code]

    def wrap(judge: Callable[P, Judgement]) -> Gate[P]:
        return Gate(facts.code, facts.title, judge, facts.may_not_apply)

    return wrap


def without_object(code: str, why: str) -> Checked:
    """Say of a gate that this kind of problem gives it nothing to look at."""
    facts = CATALOGUE[code]
    return Gate(facts.code, facts.title, lambda: not_applicable(why), facts.may_not_apply)()


_WEIGHT = {severity: weight for weight, severity in enumerate(Severity)}


def _bounded(findings: tuple[GateFinding, ...]) -> tuple[GateFinding, ...]:
    return tuple(sorted(findings, key=lambda finding: _WEIGHT[finding.severity])[:FINDINGS_AT_MOST])


def _plain_figures(figures: Mapping[str, Figure]) -> dict[str, Figure]:
    plain: dict[str, Figure] = {}
    for name, value in figures.items():
        if isinstance(value, (bool, np.bool_)):
            plain[name] = int(value)
        elif isinstance(value, (float, np.floating)):
            plain[name] = _finite(name, float(value))
        elif isinstance(value, (int, np.integer)):
            plain[name] = int(value)
        else:
            plain[name] = str(value)
    return plain


def _finite(name: str, value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"the figure {name} came out as {value}")
    return value
