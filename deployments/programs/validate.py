"""Examine a version outside any flow: `flywheel validate` becomes this program, whose one argument is JSON."""

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from flywheel.console.opening import opened
from flywheel.console.rendering import print_json, print_table
from flywheel.domain.gates import GateDecision, GateResult, Severity, Verdict
from flywheel.domain.stages import Stage
from flywheel.domain.tolerance import decide_with
from flywheel.errors import FlywheelError, Refused
from flywheel.services.approval import waivers
from flywheel.services.modelling import examinations, versions
from flywheel.services.modelling.versions import VersionRecord
from flywheel.services.standing import gates
from flywheel.services.workbench import Workbench
from tasks.evidence import with_evidence
from validators import battery
from validators.protocol import Checked


@dataclass(frozen=True)
class ValidationRequest:
    """What a person asks for."""

    version: str
    actor: str
    out: str = ""
    more: bool = False
    dry_run: bool = False
    as_json: bool = False


@dataclass(frozen=True)
class Validated:
    """What the checks of the policy say, what more was asked for, and whether the version would pass."""

    version: str
    results: tuple[GateResult, ...]
    beyond_policy: tuple[GateResult, ...]
    decision: GateDecision
    is_recorded: bool


def main(arguments: list[str]) -> int:
    """Examine, print, and end with the exit code that says whether the version passes."""
    wanted = ValidationRequest(**json.loads(arguments[0]))
    try:
        with opened() as bench:
            validated = validate(bench, wanted)
    except FlywheelError as error:
        sys.stderr.write(f"flywheel: {error}\n")
        return error.exit_code
    if wanted.as_json:
        print_json(validated)
    else:
        _say(validated, wanted)
    return 0 if validated.decision.is_open else Refused.exit_code


def validate(bench: Workbench, wanted: ValidationRequest) -> Validated:
    """Run the checks that the policy and the charter ask for, record what they say, and write their reports."""
    record = versions.get_version(bench.catalog, version=wanted.version)
    _, project = bench.registered(record.project, record.project_digest)
    policy = bench.policy_pinned(record.id)
    seen = examinations.examination_of(project, record, catalog=bench.catalog, artifacts=bench.artifacts, policy=policy)
    codes = battery.demanded(seen, required=policy.required_in(Stage.VALIDATION))
    checked = battery.examine(seen, codes & battery.CHECKS.keys())
    beyond = battery.examine(seen, battery.CHECKS.keys() - codes - _UNASKED) if wanted.more else ()
    if wanted.out:
        _write(Path(wanted.out), (*checked, *beyond))
    results = tuple(with_evidence(one, artifacts=bench.artifacts) for one in checked)
    granted = waivers.waivers_for(bench.catalog, project=record.project, subject_id=record.id)
    now, bearable = bench.catalog.clock(), policy.warned_opens
    decision = decide_with(granted, results, required=codes, warned_opens=bearable, now=now)
    if not wanted.dry_run:
        _record(bench, record, results, decision, wanted.actor)
    return Validated(record.id, results, tuple(one.result for one in beyond), decision, not wanted.dry_run)


_UNASKED = frozenset({battery.CHAMPION})
"""Asked for where there is a champion, and without one has nothing to say."""


def _record(
    bench: Workbench, record: VersionRecord, results: tuple[GateResult, ...], decision: GateDecision, actor: str
) -> None:
    run = f"cli:{uuid.uuid4()}"
    gates.record_results(
        bench.catalog,
        project=record.project,
        stage=Stage.VALIDATION,
        subject_kind="version",
        subject_id=record.id,
        subject_digest=record.model_digest,
        results=results,
        decision=decision,
        run_id=run,
        actor=actor,
        key=f"gates:{run}",
    )


def _write(folder: Path, checked: tuple[Checked, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for one in checked:
        for report in one.reports:
            (folder / f"{one.result.code}-{report.name}").write_bytes(report.content)


def _say(validated: Validated, wanted: ValidationRequest) -> None:
    rows = [
        (result.code, result.verdict.value.replace("_", " "), result.title, _first(result))
        for result in (*validated.results, *validated.beyond_policy)
    ]
    print_table(("code", "verdict", "gate", "found"), rows, empty="the policy asks for no check")
    questions = [(result.code, asked) for result in validated.results for asked in result.questions]
    for code, asked in questions:
        sys.stdout.write(f"\n{code} asks the signers: {asked}\n")
    if validated.beyond_policy:
        beyond = ", ".join(result.code for result in validated.beyond_policy)
        sys.stdout.write(f"\nnot required by the policy; shown, not recorded: {beyond}\n")
    for words in validated.decision.waived:
        sys.stdout.write(f"\nwaived: {words}\n")
    for reason in validated.decision.reasons:
        sys.stdout.write(f"\nblocking: {reason}\n")
    word = "would pass" if validated.decision.is_open else "would not pass"
    kept = f"recorded as an event of {wanted.actor}" if validated.is_recorded else "nothing was recorded"
    reports = f"; reports in {wanted.out}" if wanted.out else ""
    sys.stdout.write(f"\n{validated.version} {word}; {kept}{reports}\n")


def _first(result: GateResult) -> str:
    if result.verdict is Verdict.PASSED:
        return ""
    serious = [finding.what for finding in result.findings if finding.severity is not Severity.INFO]
    return (serious or [finding.what for finding in result.findings] or [""])[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
