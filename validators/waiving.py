"""Holds the findings of a gate against waivers: one that holds is shown and does not close; one that ended is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from flywheel.domain.gates import GateFinding, GateResult, Severity, Verdict, verdict_from
from flywheel.domain.waivers import Waiver
from validators.protocol import Checked

WAIVABLE = frozenset({Verdict.FAILED, Verdict.WARNED})
"""A gate that broke or judged nothing has nothing that anyone could answer for."""


def waive(checked: Checked, waivers: Iterable[Waiver], *, now: datetime) -> Checked:
    """Give the same result with waived findings kept as information, and its verdict taken from the others."""
    if now.tzinfo is None:
        raise ValueError("the clock needs a time zone")
    result = checked.result
    of_gate = tuple(waiver for waiver in waivers if waiver.code == result.code)
    is_whole = "findings_left_out" not in result.figures
    if result.verdict not in WAIVABLE or not of_gate or not is_whole:
        return checked
    findings = tuple(_weighed(finding, of_gate, now.astimezone(UTC)) for finding in result.findings)
    evaluated = int(result.figures.get("evaluated", 0))
    waived = sum(new.severity is not old.severity for new, old in zip(findings, result.findings, strict=True))
    verdict = verdict_from(findings, evaluated=evaluated)
    figures = dict(result.figures) | ({"waived": waived} if waived else {})
    return replace(checked, result=_with(result, verdict, findings, figures))


def _with(
    result: GateResult, verdict: Verdict, findings: tuple[GateFinding, ...], figures: dict[str, float | int | str]
) -> GateResult:
    return replace(result, verdict=verdict, findings=findings, figures=figures)


def _weighed(finding: GateFinding, waivers: tuple[Waiver, ...], now: datetime) -> GateFinding:
    about = [waiver for waiver in waivers if _columns(finding) == {waiver.subject}]
    if not about or finding.severity is Severity.INFO:
        return finding
    latest = max(about, key=lambda waiver: waiver.until)
    if latest.holds(now):
        what = f"{finding.what} Waived up to {latest.until} by {latest.owner}: {latest.reason}"
        return replace(finding, what=what, severity=Severity.INFO)
    what = f"{finding.what} The waiver of {latest.owner} ended on {latest.until}."
    return replace(finding, what=what)


def _columns(finding: GateFinding) -> set[str]:
    """Read which columns a finding is about: `income`, `income: missing`, `income and age`."""
    return set(finding.locator.partition(":")[0].split(" and "))
