"""The dossier: everything that a signer must see about a version, and what is missing said as missing."""

from __future__ import annotations

from flywheel.catalog.dataset import dataset_by_digest
from flywheel.catalog.edge import edges_behind
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import latest_of
from flywheel.catalog.experiment import ExperimentRecord, read_apart, read_board, read_experiment
from flywheel.catalog.finding import read_findings
from flywheel.catalog.gate import latest_results
from flywheel.catalog.note import Note, read_notes
from flywheel.catalog.policy import read_policy
from flywheel.catalog.project import read_charter
from flywheel.catalog.stage_run import latest_opened
from flywheel.catalog.version import VersionRecord, read_version
from flywheel.catalog.waiver import GrantedWaiver, read_waivers
from flywheel.domain.digests import Digest, Json, digest_bytes, digest_of, plain
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.findings import Finding
from flywheel.domain.gates import GateResult
from flywheel.domain.lineage import Node
from flywheel.domain.payloads.making import DossierFiled
from flywheel.domain.stages import Stage
from flywheel.errors import Conflict
from flywheel.project.charter.charter import Charter
from flywheel.project.loader import charter_from
from flywheel.project.tabular.external.terms import unknown_of
from flywheel.project.tabular.recipe import Recipe, RecipeKind, recipe_name
from flywheel.services.again.reproductions import badge_in
from flywheel.services.dossier import charter as charter_says
from flywheel.services.dossier.page import render
from flywheel.services.dossier.since_filed import unproven
from flywheel.services.dossier.summary import NO_ESTIMATE, part, summarise
from flywheel.services.modelling.experiments import look_of
from flywheel.services.people.notary import notarised
from flywheel.services.record.ground import proven_version
from flywheel.services.terms.signed_before import changed_since_signed

DIFFERENCE = "DIFF-001"
APART_SHOWN = 10
"""Of the candidates measured on other rows the latest are shown."""


def assemble(catalog: Catalog, *, version: str) -> dict[str, Json]:
    """Gather what the record holds about a version; gaps are listed as gaps, and no run or time is named."""
    with catalog.look() as work:
        return assemble_in(work, version)


def assemble_in(work: UnitOfWork, version: str) -> dict[str, Json]:
    """Gather it within a decision that is under way."""
    record = read_version(work.session, version)
    charter = charter_from(read_charter(work.session, record.project, project_digest=record.project_digest))
    policy = read_policy(work.session, record.policy_digest)
    later = policy.required_in(Stage.DELIVERY)  # judged after the signatures: they must not change what was signed
    found = latest_results(work.session, subject_kind=SubjectKind.VERSION, subject_id=version)
    results = tuple(result for result in found if result.code not in later)
    data = dataset_by_digest(work.session, project=record.project, digest=record.dataset_digest)
    data_results = latest_results(work.session, subject_kind=SubjectKind.DATASET, subject_id=data.id)
    candidates = _candidates(work, record, charter)
    findings = [_finding(one) for one in read_findings(work.session, version)]
    about = {record.project, version, data.id}
    waivers = [_waiver(one) for one in read_waivers(work.session, record.project) if one.subject_id in about]
    notes = [_note(one) for one in read_notes(work.session, subject_id=version)]
    lineage = edges_behind(work.session, Node(SubjectKind.VERSION, version))
    reproduction = badge_in(work, version)
    otherwise = changed_since_signed(work, record)
    lacking = unproven(work, record, reproduction)
    idea = latest_opened(work.session, project=record.project, stage=Stage.IDEATION)
    estimate = charter_says.expected(charter, idea.output if idea else {})
    document: dict[str, Json] = {
        "title": f"{charter.title} (version {record.number})",
        "gaps": _gaps(record, results, policy.required_in(Stage.VALIDATION), estimate, lacking)
        + ([] if candidates["measured"] else ["it was not tested on test rows"]),
        "purpose": charter_says.purpose(charter),
        "changes": charter_says.changed(otherwise),
        **charter_says.told(charter, part(candidates, "measured"), estimate),
        "purposes": charter_says.purposes(charter),
        **candidates,
        "gates": [_result(result) for result in results],
        "behaviour_diff": _difference(results, charter),
        "data_gates": [_result(result) for result in data_results],
        "return": estimate,
        "feasibility": charter_says.feasibility(charter),
        "data": plain({"id": data.id, "digest": data.digest, "facts": data.facts, "sources": data.sources}),
        "version": _version(record, charter),
        "reproduction": reproduction,
        "lineage": plain(lineage),
        "findings": findings,
        "waivers": [*charter_says.waivers(charter), *waivers],
        "notes": notes,
        "risk": charter_says.risk(charter),
        "population": charter_says.population(charter),
        "targets": [*charter_says.targets(charter)],
        "risks": [*charter_says.risks(charter)],
        "it_terms": charter_says.it_terms(charter),
        "people": charter_says.people(charter),
        "plan": charter_says.plan(charter),
        "policy": plain({"tier": policy.tier, "digest": policy.digest, "quorum": policy.quorum}),
    }
    return document | {"summary": summarise(document)}


@notarised
def file_dossier(
    catalog: Catalog, *, version: str, digest: str, evidence_digest: str, run_id: str, actor: str
) -> VersionRecord:
    """Make this the version's dossier: refused unless document and page are what the proven record gives.

    The notary assembles and renders them itself: what people are shown, nobody else can make up.
    """
    with catalog.begin() as work:
        work.stand_on_all_shown(proven_version(work, version).project)
        document = assemble_in(work, version)
        given = digest_of(document)
        page = digest_bytes(render(document, digest=given).encode())
        if (digest, evidence_digest) != (given, page):
            raise Conflict(
                f"this is not the dossier that the record yields for {version}",
                found=digest if digest != given else evidence_digest,
                allowed=given if digest != given else page,
                next_step="assemble it anew, if something was recorded meanwhile",
            )
        return file_in(work, version=version, digest=given, evidence_digest=page, run_id=run_id, actor=actor)


def file_in(
    work: UnitOfWork, *, version: str, digest: Digest, evidence_digest: Digest, run_id: str, actor: str
) -> VersionRecord:
    """Make it the version's: sign-offs count for exactly its digest from now on."""
    record = proven_version(work, version)
    now = (digest, evidence_digest, record.terms)
    if now == (record.dossier_digest, record.evidence_digest, record.dossier_terms):
        return record
    said = DossierFiled(record.project, evidence_digest, record.terms, run_id)
    work.append(Draft(Verb.DOSSIER_FILED, actor, SubjectKind.VERSION, version, digest, said))
    return read_version(work.session, version)


def _candidates(work: UnitOfWork, version: VersionRecord, charter: Charter) -> dict[str, Json]:
    """Gather what the version earned on test rows, and the candidates that were there when it was chosen.

    Only those measured on the very same rows stand beside it; others stand apart, with their date. Those that decide by
    what the version's charter forbids were no choice, and come last.
    """
    one = read_experiment(work.session, version.experiment_id)
    registered = latest_of(work.session, verb=Verb.VERSION_REGISTERED, subject_id=version.id)
    assert registered is not None
    before, look = registered.sequence, look_of(work.session, one)
    board = read_board(work.session, one, before=before)
    apart = read_apart(work.session, one, before=before, at_most=APART_SHOWN)
    counts = ("others_before", "otherwise_before", "since_release", "elsewhere_before")
    entries = sorted((_entry(other, version, charter) for other in board), key=_is_barred)
    others = [_entry(other, version, charter) | {"recorded": other.recorded_at.date().isoformat()} for other in apart]
    return {
        "measured": {**look.figures, **{name: getattr(look, name) for name in counts}} if look else {},
        "leaderboard": [*entries],
        "apart": [*others],
        "split": plain(one.split),
    }


def _is_barred(entry: dict[str, Json]) -> bool:
    return bool(entry["forbidden"])


def _entry(one: ExperimentRecord, version: VersionRecord, charter: Charter) -> dict[str, Json]:
    return {
        "experiment": one.id,
        "candidate": recipe_name(one.recipe),
        "recipe": plain(one.recipe),
        "kpi": plain(one.kpi),
        "low": plain(one.kpi_low),
        "high": plain(one.kpi_high),
        "metrics": plain(one.metrics),
        "is_this_version": one.id == version.experiment_id,
        "forbidden": plain(charter_says.forbidden(charter, one.recipe)),
    }


def _version(record: VersionRecord, charter: Charter) -> Json:
    computed = charter_says.derived(charter, dict(Recipe.from_json(record.recipe).derived))
    return plain(
        {
            **({"derived": computed} if computed else {}),
            "id": record.id,
            "model": record.model_digest,
            "recipe": record.recipe,
            "authors": record.authors,
            "authors_because": record.authorship.get("reasons", {}),
            "experiment": record.experiment_id,
            "charter": record.project_digest,
        }
    )


def _result(result: GateResult) -> Json:
    return plain(
        {
            "code": result.code,
            "title": result.title,
            "verdict": result.verdict,
            "findings": [finding.what for finding in result.findings],
            "questions": list(result.questions),
            "figures": result.figures,
            "evidence": {item.name: item.digest for item in result.evidence},
        }
    )


def _difference(results: tuple[GateResult, ...], charter: Charter) -> Json:
    """What changes against the model in use, in words and figures; nothing where none is in use."""
    found = next((one for one in results if one.code == DIFFERENCE and "gain_per_row" in one.figures), None)
    if found is None:
        return None
    ways = charter_says.ways(charter)
    figures = {ways.get(name, name): figure for name, figure in found.figures.items()}
    return plain({"in words": [finding.what for finding in found.findings], **figures})


def _finding(finding: Finding) -> Json:
    return plain(
        {
            "id": finding.id,
            "severity": finding.severity,
            "kind": finding.kind,
            "state": finding.state,
            "title": finding.title,
            "detail": finding.detail,
            "owner": finding.owner,
            "due": finding.due_at.date() if finding.due_at else "",
            "settled by": finding.decided_by,
            "how": finding.reason,
            "accepted until": finding.accepted_until_at.date() if finding.accepted_until_at else "",
        }
    )


def _waiver(granted: GrantedWaiver) -> Json:
    waiver = granted.waiver
    return plain(
        {
            "id": granted.id,
            "about": granted.subject_id,
            "code": waiver.code,
            "finding": waiver.subject,
            "until": waiver.until,
            "by": waiver.by,
            "owner": waiver.owner,
            "reason": waiver.reason,
            "ended by": granted.ended_by,
        }
    )


def _note(note: Note) -> Json:
    state = f"settled by {note.resolved_by}" if note.resolved_by else "open"
    return {"about": note.locator, "kind": note.kind.value, "by": note.author, "says": note.text, "state": state}


def _gaps(
    record: VersionRecord,
    results: tuple[GateResult, ...],
    required: frozenset[str],
    estimate: Json,
    lacking: tuple[str, ...],
) -> list[Json]:
    ran = {result.code for result in results}
    gaps: list[Json] = [f"{code} was required and did not run" for code in sorted(required - ran)]
    if not estimate:
        gaps.append(NO_ESTIMATE)
    gaps += lacking
    if record.recipe.get("kind") == RecipeKind.EXTERNAL:
        gaps += unknown_of(Recipe.from_json(record.recipe).settings)
    if not record.mlflow_run_id:
        gaps.append("the experiment was not tracked")
    unknown = record.authorship.get("gaps", [])
    gaps += unknown if isinstance(unknown, list) else []
    return gaps
