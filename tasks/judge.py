"""Judging: gates answer, their reports become evidence, the record learns both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prefect.artifacts import create_table_artifact
from prefect.runtime import flow_run

from flywheel.domain.events import SubjectKind
from flywheel.domain.gates import GateResult, Verdict
from flywheel.domain.stages import Stage
from flywheel.domain.tolerance import decide_with
from flywheel.errors import counted
from flywheel.pages.markdown import literal
from flywheel.services.approval import waivers
from flywheel.services.standing import gates
from tasks.evidence import with_evidence
from tasks.shapes import Decision
from tasks.workbench import workbench
from validators.protocol import Checked

MARKS = {Verdict.PASSED: "✓", Verdict.WARNED: "!", Verdict.NOT_EVALUATED: "?", Verdict.NOT_APPLICABLE: "–"}


@dataclass(frozen=True)
class Subject:
    """What is judged."""

    kind: str
    id: str
    digest: str


def judge(
    project: str, stage: Stage, subject: Subject, checked: Iterable[Checked], *, also: frozenset[str] = frozenset()
) -> Decision:
    """Store the evidence, weigh the results by the pinned policy, record and show them."""
    bench = workbench()
    results = tuple(with_evidence(one, artifacts=bench.artifacts) for one in checked)
    policy = bench.policy_pinned(subject.id) if subject.kind == SubjectKind.VERSION else bench.policy_of(project)
    granted = waivers.waivers_for(bench.catalog, project=project, subject_id=subject.id)
    required, bearable = policy.required_in(stage) | also, policy.warned_opens
    decision = decide_with(granted, results, required=required, warned_opens=bearable, now=bench.catalog.clock())
    gates.record_results(
        bench.catalog,
        project=project,
        stage=stage,
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_digest=subject.digest,
        results=results,
        decision=decision,
        run_id=str(flow_run.get_id()),
        actor=f"flow:{stage.value}",
        key=f"gates:{flow_run.get_id()}:{stage.value}:{subject.digest}",
    )
    looked = [result for result in results if result.verdict is not Verdict.NOT_APPLICABLE]
    passed = sum(result.verdict is Verdict.PASSED for result in looked)
    apart = f", {len(results) - len(looked)} did not apply" if len(looked) < len(results) else ""
    word = "the stage may go on" if decision.is_open else "the stage is closed"
    about = "; ".join(
        (f"{subject.id}: {passed} of {counted(len(looked), 'gate')} passed{apart}; {word}", *decision.waived)
    )
    show(results, key=f"{project}-{stage.value}-gates".replace("_", "-"), about=about)
    return Decision(is_open=decision.is_open, reasons=list(decision.reasons))


def show(results: tuple[GateResult, ...], *, key: str, about: str = "Verdicts of the gates") -> None:
    """Leave the verdicts where a person in the Prefect UI finds them."""
    artifacts = workbench().artifacts
    create_table_artifact(
        key=key,
        table=[
            {
                "verdict": f"{MARKS.get(result.verdict, '✗')} {result.verdict.value.replace('_', ' ')}",
                "found": literal("; ".join(finding.what for finding in result.findings[:5]) or "no objection"),
                "looks at": literal(result.title),
                "gate": result.code,
                "evidence": literal(
                    ", ".join(f"{kept.name}: {artifacts.path_of(kept.digest)}" for kept in result.evidence)
                ),
            }
            for result in results
        ],
        description=literal(about),
    )
