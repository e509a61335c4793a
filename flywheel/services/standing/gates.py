"""What the gates said, in the record."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.gate import latest_results
from flywheel.catalog.idempotency import Once
from flywheel.catalog.project import lock_project
from flywheel.catalog.version import read_version
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.gates import GateDecision, GateResult
from flywheel.domain.payloads.making import GatesJudged
from flywheel.domain.stages import Stage
from flywheel.errors import Refused
from flywheel.services.standing.waking import wake_vain


def record_results(
    catalog: Catalog,
    *,
    project: str,
    stage: Stage,
    subject_kind: str,
    subject_id: str,
    subject_digest: str,
    results: tuple[GateResult, ...],
    decision: GateDecision,
    run_id: str,
    actor: str,
    key: str,
) -> None:
    """Keep what the gates said about exactly what the digest names; a repeated step keeps its first word."""
    kind = SubjectKind(subject_kind)
    # Figures such as seconds differ when a step is repeated after a crash: the subject and the codes are the request.
    request = ["record_results", project, stage, kind, subject_id, subject_digest, sorted(r.code for r in results)]
    once = Once("record_results", project, key)
    with catalog.begin() as work:
        lock_project(work.session, project)
        if work.recall(once, request) is not None:
            return
        _check_subject(work, project=project, kind=kind, subject_id=subject_id, digest=subject_digest)
        said = GatesJudged(project, stage, results, decision, run_id)
        event = work.append(Draft(Verb.GATES_JUDGED, actor, kind, subject_id, subject_digest, said))
        wake_vain(work, project, sequence=event.sequence)
        work.remember(once, request, None)


def results_of(catalog: Catalog, *, subject_kind: str, subject_id: str) -> tuple[GateResult, ...]:
    """Read the latest word of each gate about a subject."""
    with catalog.begin() as work:
        return latest_results(work.session, subject_kind=subject_kind, subject_id=subject_id)


def _check_subject(work: UnitOfWork, *, project: str, kind: SubjectKind, subject_id: str, digest: str) -> None:
    if kind is not SubjectKind.VERSION:
        return
    version = read_version(work.session, subject_id)
    if version.project != project:
        raise Refused("this version belongs to another project", found=version.project, allowed=project)
    if version.model_digest != digest:
        raise Refused(
            "these results are about another model than the version's", found=digest, allowed=version.model_digest
        )
