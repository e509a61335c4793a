"""Deciding with recorded waivers: a named finding that somebody answers for is told, and does not close its gate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from flywheel.domain.gate_catalogue import CATALOGUE
from flywheel.domain.gates import GateDecision, GateFinding, GateResult, Severity, Verdict, decide, verdict_from
from flywheel.domain.waivers import Waiver
from flywheel.errors import Refused

LONGEST_WAIVER = timedelta(days=366)
_WAIVABLE = frozenset({Verdict.FAILED, Verdict.WARNED})
"""A gate that broke or judged nothing has nothing that anybody could answer for."""

_NEVER = frozenset(code for code, facts in CATALOGUE.items() if not facts.can_be_waived)
"""Features that nobody permitted, and a package that is not the model: no validator's word makes them right."""


@dataclass(frozen=True)
class _Weighed:
    result: GateResult
    waived: tuple[str, ...] = ()


def decide_with(
    waivers: Sequence[Waiver],
    results: Iterable[GateResult],
    *,
    required: frozenset[str],
    warned_opens: bool,
    now: datetime,
) -> GateDecision:
    """Decide as `decide` does, with waived findings set aside and said in the decision; the results stay the same."""
    weighed = [_weigh(result, waivers, now=now) for result in results]
    decision = decide([one.result for one in weighed], required=required, warned_opens=warned_opens)
    return replace(decision, waived=tuple(words for one in weighed for words in one.waived))


def covers(waiver: Waiver, finding: GateFinding) -> bool:
    """Whether a waiver names what a finding is about: the place itself, or the one column that it begins with."""
    columns = set(finding.locator.partition(":")[0].split(" and "))
    return waiver.subject == finding.locator or columns == {waiver.subject}


def can_be_waived(result: GateResult, *, code: str, subject: str) -> bool:
    """Whether a result has a finding of this name that weighs, so that no blank cheque is written."""
    named = Waiver(code, subject, "", "", date.max, "")
    return (
        result.code == code
        and is_waivable(result)
        and any(covers(named, finding) for finding in result.findings if finding.severity is not Severity.INFO)
    )


def check_until(until: date, *, now: datetime) -> None:
    """Refuse a last day that has passed, or that nobody can foresee."""
    today = now.astimezone(UTC).date()
    if not today <= until <= today + LONGEST_WAIVER:
        allowed = f"today or later, at most {LONGEST_WAIVER.days} days ahead"
        raise Refused("a waiver cannot end on that day", found=until.isoformat(), allowed=allowed)


def _weigh(result: GateResult, waivers: Sequence[Waiver], *, now: datetime) -> _Weighed:
    about = [waiver for waiver in waivers if waiver.code == result.code]
    if not about or not is_waivable(result):
        return _Weighed(result)
    findings, waived = [], []
    for finding in result.findings:
        latest = max((one for one in about if covers(one, finding)), key=lambda one: one.until, default=None)
        if latest is None or finding.severity is Severity.INFO:
            findings.append(finding)
        elif latest.holds(now.astimezone(UTC)):
            findings.append(replace(finding, severity=Severity.INFO))
            waived.append(_words(result, finding, latest))
        else:
            ended = f"{finding.what} The waiver that {latest.by} gave ended on {latest.until}."
            findings.append(replace(finding, what=ended))
    verdict = verdict_from(findings, evaluated=1) if waived else result.verdict
    return _Weighed(replace(result, verdict=verdict, findings=tuple(findings)), tuple(waived))


def is_waivable(result: GateResult) -> bool:
    """Only what is told whole, and weighs by its findings alone."""
    is_whole = "findings_left_out" not in result.figures and result.figures.get("evaluated", 1) != 0
    weights = {finding.severity for finding in result.findings}
    says_why = result.verdict is not Verdict.FAILED or Severity.CRITICAL in weights
    return result.verdict in _WAIVABLE and result.code not in _NEVER and is_whole and says_why


def _words(result: GateResult, finding: GateFinding, waiver: Waiver) -> str:
    return (
        f"{result.code} {result.title}: “{finding.what}” is waived up to {waiver.until} by {waiver.by}, "
        f"{waiver.owner} is accountable: {waiver.reason}"
    )
