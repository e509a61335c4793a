"""The dossier: everything that a signer must see about a version, and what is missing said as missing."""

from __future__ import annotations

from flywheel.catalog.dataset import dataset_by_digest
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.experiment import read_board
from flywheel.catalog.gate import latest_results
from flywheel.catalog.policy import read_policy
from flywheel.catalog.project import lock_project, read_project
from flywheel.catalog.stage_run import latest_opened
from flywheel.catalog.version import VersionRecord, read_version
from flywheel.domain.digests import Json, plain
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.gates import GateResult
from flywheel.domain.stages import Stage


def assemble(catalog: Catalog, *, version: str) -> dict[str, Json]:
    """Gather what the record holds about a version, in the order of reading; gaps are listed as gaps."""
    with catalog.begin() as work:
        record = read_version(work.session, version)
        project = read_project(work.session, record.project)
        policy = read_policy(work.session, record.policy_digest)
        results = latest_results(work.session, subject_kind=SubjectKind.VERSION, subject_id=version)
        data = dataset_by_digest(work.session, project=record.project, digest=record.dataset_digest)
        data_results = latest_results(work.session, subject_kind=SubjectKind.DATASET, subject_id=data.id)
        board = read_board(work.session, project=record.project, run_id=None)
        estimate = _estimate(work, record.project)
        return {
            "title": f"{project.title}: version {record.number}",
            "version": _version(record),
            "policy": plain({"tier": policy.tier, "digest": policy.digest, "quorum": policy.quorum}),
            "data": plain({"id": data.id, "digest": data.digest, "facts": data.facts, "sources": data.sources}),
            "leaderboard": [
                plain({"experiment": e.id, "recipe": e.recipe, "kpi": e.kpi, "low": e.kpi_low, "high": e.kpi_high})
                for e in board
                if e.dataset_digest == record.dataset_digest
            ],
            "data_gates": [_result(result) for result in data_results],
            "gates": [_result(result) for result in results],
            "return": estimate,
            "gaps": _gaps(record, results, policy.required_in(Stage.VALIDATION), has_estimate=bool(estimate)),
        }


def file_dossier(
    catalog: Catalog, *, version: str, digest: str, evidence_digest: str, run_id: str, actor: str
) -> VersionRecord:
    """Make this the version's dossier: sign-offs count for exactly its digest from now on."""
    with catalog.begin() as work:
        project = read_version(work.session, version).project
        lock_project(work.session, project)
        record = read_version(work.session, version)
        if (record.dossier_digest, record.evidence_digest) == (digest, evidence_digest):
            return record
        said: dict[str, Json] = {"project": project, "evidence_digest": evidence_digest, "run_id": run_id}
        work.append(Draft(Verb.DOSSIER_FILED, actor, SubjectKind.VERSION, version, digest, said))
        return read_version(work.session, version)


def _version(record: VersionRecord) -> Json:
    return plain(
        {
            "id": record.id,
            "model": record.model_digest,
            "recipe": record.recipe,
            "authors": record.authors,
            "experiment": record.experiment_id,
            "charter": record.project_digest,
        }
    )


def _estimate(work: UnitOfWork, project: str) -> Json:
    ideation = latest_opened(work.session, project=project, stage=Stage.IDEATION)
    return ideation.output.get("estimate") if ideation else None


def _result(result: GateResult) -> Json:
    return plain(
        {
            "code": result.code,
            "title": result.title,
            "verdict": result.verdict,
            "findings": [finding.what for finding in result.findings],
            "figures": result.figures,
            "evidence": {item.name: item.digest for item in result.evidence},
        }
    )


def _gaps(
    record: VersionRecord, results: tuple[GateResult, ...], required: frozenset[str], *, has_estimate: bool
) -> list[Json]:
    ran = {result.code for result in results}
    gaps: list[Json] = [f"{code} was required and did not run" for code in sorted(required - ran)]
    if not has_estimate:
        gaps.append("nobody has estimated the return")
    if not record.mlflow_run_id:
        gaps.append("the experiment was not tracked")
    return gaps
