"""What a gate says, and when a set of gates opens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flywheel.domain.digests import Digest
from flywheel.errors import counted

CODE = re.compile(r"^(DATA|DIFF|DRIFT|PERF|PARITY|INPUT|RECORD|SKEW)-\d{3}$")
"""Codes are permanent: a retired check's code is never given to another."""


class Verdict(StrEnum):
    """How a gate ended; only `passed`, or `warned` where the policy says so, opens.

    `not_applicable` neither opens nor closes: what the check looks at is not declared, and it says so by itself.
    """

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    NOT_EVALUATED = "not_evaluated"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


class Severity(StrEnum):
    """How much a finding weighs.

    Critical closes the gate; warning opens it where the policy says so; a question opens it and is put first before
    the people who sign; info is kept.
    """

    CRITICAL = "critical"
    WARNING = "warning"
    QUESTION = "question"
    INFO = "info"


@dataclass(frozen=True)
class GateFinding:
    """One thing that a check noticed, in a sentence that a business person understands."""

    what: str
    severity: Severity = Severity.CRITICAL
    locator: str = ""
    seen: str = ""
    allowed: str = ""

    @property
    def column(self) -> str:
        """The column that it is about, where it is about one."""
        return self.locator.partition(": ")[0]


@dataclass(frozen=True)
class Evidence:
    """A stored file that shows what a check saw."""

    name: str
    digest: Digest
    media_type: str


@dataclass(frozen=True)
class GateResult:
    """What one gate found; a gate that could not run never looks passed."""

    code: str
    title: str
    verdict: Verdict
    findings: tuple[GateFinding, ...] = ()
    figures: Mapping[str, float | int | str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        if not CODE.fullmatch(self.code):
            raise ValueError(f"{self.code!r} is not a gate code such as DATA-001")
        is_good = self.verdict in {Verdict.PASSED, Verdict.WARNED, Verdict.NOT_APPLICABLE}
        if is_good and any(f.severity is Severity.CRITICAL for f in self.findings):
            raise ValueError(f"{self.code} cannot have {self.verdict.value} with a critical finding")
        if self.verdict is Verdict.NOT_APPLICABLE and not self.findings:
            raise ValueError(f"{self.code} must say why it does not apply")

    @property
    def questions(self) -> tuple[str, ...]:
        """What the people who sign must judge themselves."""
        return tuple(finding.what for finding in self.findings if finding.severity is Severity.QUESTION)

    @property
    def is_only_asking(self) -> bool:
        """Warned about nothing but questions, which are for the people who sign."""
        weights = {finding.severity for finding in self.findings} - {Severity.INFO}
        return self.verdict is Verdict.WARNED and weights == {Severity.QUESTION}


def verdict_from(findings: Iterable[GateFinding], *, evaluated: int) -> Verdict:
    """Give the verdict of a check that ran `evaluated` comparisons; none at all is no pass."""
    severities = {finding.severity for finding in findings}
    if Severity.CRITICAL in severities:
        return Verdict.FAILED
    if evaluated < 1:
        return Verdict.NOT_EVALUATED
    return Verdict.WARNED if severities & {Severity.WARNING, Severity.QUESTION} else Verdict.PASSED


@dataclass(frozen=True)
class GateDecision:
    """Whether a set of gates lets the work go on, why not, which had nothing to look at, and what was waived."""

    is_open: bool
    reasons: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()


def decide(results: Iterable[GateResult], *, required: frozenset[str], warned_opens: bool) -> GateDecision:
    """Open only when every required code ran, every result that came is good enough, and one at least vouches."""
    came = sorted(results, key=lambda result: result.code)
    ran = {result.code for result in came}
    reasons = [f"{code} was required and did not run" for code in sorted(required - ran)]
    apart = [result for result in came if result.verdict is Verdict.NOT_APPLICABLE]
    for result in came:
        if result in apart or _is_good(result, warned_opens=warned_opens):
            continue
        first = next((f.what for f in result.findings if f.severity is not Severity.INFO), "no reason was given")
        reasons.append(f"{result.code} {result.title}: {result.verdict.value}: {first}")
    if worthless := next((r for r in came if r.code == WORTH and r.verdict is Verdict.FAILED), None):
        reasons = [_nothing_gained(worthless, others=len(reasons) - 1)]
    if not came:
        reasons.append("no gate ran")
    elif len(apart) == len(came):
        reasons.append("no gate that ran applied")
    said = tuple(f"{result.code} {result.title}: {result.findings[0].what}" for result in apart)
    return GateDecision(not reasons, tuple(reasons), said)


WORTH = "PERF-001"
"""What a model is worth over the baseline: where that is nothing, what else is wrong with it does not matter."""


def _nothing_gained(result: GateResult, *, others: int) -> str:
    more = f"; what {counted(others, 'other gate')} found matters only once one does" if others > 0 else ""
    return f"no model is shown to earn more than the baseline ({result.code}: {result.findings[0].what}){more}"


def _is_good(result: GateResult, *, warned_opens: bool) -> bool:
    is_bearable = result.verdict is Verdict.WARNED and (warned_opens or result.is_only_asking)
    return result.verdict is Verdict.PASSED or is_bearable
