"""Versions for tests: from a dataset to a dossier that waits for signatures."""

from __future__ import annotations

from decimal import Decimal

from flywheel.adapters.git import Commits
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest, Json, digest_of, plain
from flywheel.domain.gates import GateDecision, GateFinding, GateResult, Severity, Verdict
from flywheel.domain.splits import SplitFacts
from flywheel.domain.stages import Stage
from flywheel.services.approval.signoffs import request_signoff
from flywheel.services.data.datasets import record_dataset
from flywheel.services.dossier.dossiers import file_in
from flywheel.services.modelling.experiments import ExperimentFacts, record_experiments, record_look
from flywheel.services.modelling.versions import VersionRecord, register_version
from flywheel.services.standing.gates import record_results
from tests.factories.people import OWNER
from tests.factories.projects import SLUG

RUN = "run-1"
CODES = ("PARITY-001", "PERF-001", "PERF-003")


def make_package(version: VersionRecord) -> dict[str, Json]:
    """What was packaged of a version, and compared by the factory's PARITY-001."""
    return {"uri": f"bento/{version.id}", "digest": digest_of(["package", version.id]), "tag": f"{version.id}:1"}


def make_facts(name: str = "m1", *, dataset: str = "data", kpi: str = "10.50") -> ExperimentFacts:
    """A trained and scored candidate."""
    return ExperimentFacts(
        id=f"experiment-{name}",
        recipe={"kind": "linear", "features": ["income", "bureau_score"], "params": {}, "seed": 7},
        mlflow_run_id=f"mlflow-{name}",
        model_digest=digest_of(["model", name]),
        dataset_digest=digest_of(dataset),
        kpi=Decimal(kpi),
        kpi_low=Decimal(kpi) - 1,
        kpi_high=Decimal(kpi) + 1,
        metrics={"auc": 0.81},
        seconds=1.25,
        split=make_split(),
    )


def make_split(rows: str = "rows") -> SplitFacts:
    """How rows were parted; candidates with other `rows` were measured elsewhere."""
    return SplitFacts(
        rule=digest_of("rule"),
        cuts={},
        rows={"train": 600, "validation": 200, "test": 200},
        periods={},
        apart=0,
        unit={"salt": SLUG, "entity": "application_id", "columns": []},
        time=None,
        until=None,
        seen=digest_of(["seen", rows]),
        chosen_on=digest_of(["validation", rows]),
        judged_on=digest_of(["test", rows]),
    )


def make_figures(kpi: str = "10.50", *, naive: str = "2") -> dict[str, Json]:
    """What came out when a candidate met the test rows."""
    earned = {name: {"value": value, "low": value, "high": value} for name, value in (("kpi", kpi), ("naive", naive))}
    decided: dict[str, Json] = {"threshold": 0.2, "decided": {"tp": 10, "fp": 20, "tn": 160, "fn": 10}}
    met: dict[str, Json] = {"rows": 200, "rows_left_out_as_seen": 0, "metrics": {"auc": 0.81}, **decided}
    return met | plain(earned)  # type: ignore[operator]


def recorded_dataset(catalog: Catalog, slug: str = SLUG, *, content: str = "data") -> str:
    """A dataset version with two sources; gives its id."""
    return record_dataset(
        catalog,
        project=slug,
        name="training",
        digest=digest_of(content),
        facts={"rows": 1_000, "columns": 12},
        source_digests={"applications": digest_of("applications"), "bureau": digest_of("bureau")},
        run_id=RUN,
        actor="flow:data_preparation",
    ).id


def registered_version(
    catalog: Catalog, slug: str = SLUG, *, name: str = "m1", met_test_rows: bool = True
) -> VersionRecord:
    """A version without any judgement yet."""
    recorded_dataset(catalog, slug)
    facts = make_facts(f"{slug}-{name}")
    record_experiments(catalog, project=slug, run_id=RUN, actor="flow:research", experiments=(facts,))
    if met_test_rows:
        record_look(catalog, project=slug, experiment=facts.id, figures=make_figures(), actor="flow:research")
    return register_version(
        catalog,
        project=slug,
        experiment_id=facts.id,
        authors=(OWNER,),
        run_id=RUN,
        actor="flow:research",
        commits=Commits(),
    )


def make_result(code: str, verdict: Verdict = Verdict.PASSED, *, package: str = "") -> GateResult:
    """What a gate says."""
    severity = Severity.WARNING if verdict is Verdict.WARNED else Severity.CRITICAL
    findings = () if verdict is Verdict.PASSED else (GateFinding("the planted fault", severity),)
    return GateResult(code, f"title of {code}", verdict, findings, {"value": 0.5, "package": package})


def judged(
    catalog: Catalog,
    version: VersionRecord,
    *,
    verdict: Verdict = Verdict.PASSED,
    codes: tuple[str, ...] = CODES,
    key: str = "judged",
    package: str = "",
) -> None:
    """Record what the gates said about a version and its package."""
    package = package or str(make_package(version)["digest"])
    record_results(
        catalog,
        project=version.project,
        stage=Stage.VALIDATION,
        subject_kind="version",
        subject_id=version.id,
        subject_digest=version.model_digest,
        results=tuple(make_result(code, verdict, package=package) for code in codes),
        decision=GateDecision(is_open=verdict is Verdict.PASSED),
        run_id=RUN,
        actor="flow:validation",
        key=f"{key}:{version.id}",
    )


def put_dossier(catalog: Catalog, *, version: str, digest: Digest, evidence_digest: Digest, run_id: str = RUN) -> None:
    """Make something the dossier of a version, whatever the record gives."""
    said = {"version": version, "run_id": run_id, "actor": "flow:validation"}
    with catalog.begin() as work:
        file_in(work, **said, digest=digest, evidence_digest=evidence_digest)


def with_dossier(catalog: Catalog, version: VersionRecord, *, content: str = "dossier") -> Digest:
    """File a dossier, ask for signatures, and give its digest."""
    digest = digest_of([content, version.id])
    put_dossier(catalog, version=version.id, digest=digest, evidence_digest=digest)
    request_signoff(catalog, version=version.id, dossier_digest=digest, run_id=RUN, actor="flow:validation")
    return digest
