"""Two projects that share data: the owner's table lies in store and record, the reader's charter names it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.dataset import DatasetRecord
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json, digest_of
from flywheel.domain.gates import GateDecision, Verdict
from flywheel.domain.stages import Stage
from flywheel.project.loader import Project, charter_from, digest_of_files
from flywheel.project.reading.table_facts import TableFacts
from flywheel.services.data.datasets import record_dataset
from flywheel.services.standing.gates import record_results
from tests.factories.people import OWNER
from tests.factories.projects import make_policy, submitted
from tests.factories.versions import RUN, make_result
from tests.fakes.clock import SettableClock

OWNED = "bank-data"
VALUE: dict[str, Json] = {
    "unit": "loan",
    "volume_per_year": 100,
    "loss_per_year": 1_000_000,
    "payoff": {"true_positive": 1, "false_positive": -1, "true_negative": 0, "false_negative": -1},
    "improvement": {"low": 0.1, "likely": 0.2, "high": 0.3},
    "confidence": 0.5,
}


def with_data(slug: str, sources: Mapping[str, Json], **blocks: Json) -> Project:
    """A project with sources, and a table of two columns of which one may not be passed on."""
    document: dict[str, Json] = {
        "name": slug,
        "title": f"About {slug}",
        "owner": OWNER,
        "data": {
            "target": "y",
            "sources": dict(sources),
            "columns": {"x": {"kind": "number"}, "postcode": {"kind": "text", "permitted": False}},
        },
        **blocks,
    }
    return Project(Path("projects") / slug, charter_from(document), None, digest_of_files(document), document)


def registered_with_data(catalog: Catalog, project: Project) -> str:
    """Take such a project into the record."""
    return submitted(catalog, project=project, policy=make_policy(), actor=OWNER).slug


def owned_table(
    catalog: Catalog, artifacts: Artifacts, *, rows: int = 3, verdict: Verdict | None = Verdict.PASSED
) -> DatasetRecord:
    """A dataset version of the owner, a minute after the last, judged by its data gate unless that is left out."""
    assert isinstance(catalog.clock, SettableClock)
    catalog.clock.move(timedelta(minutes=1))
    source: dict[str, Json] = {"uri": "x.csv", "purpose": "credit decision", "cost_per_year": 20_000}
    registered_with_data(catalog, with_data(OWNED, {"main": source}))
    facts = TableFacts()
    table = pa.record_batch({"x": [float(row) for row in range(rows)], "postcode": ["1"] * rows, "y": ["no"] * rows})
    digest = artifacts.put_batches(facts.watched([table]))
    origin = {"kind": "file", "name": "x.csv", "digest": digest_of("raw")}
    record = record_dataset(
        catalog,
        project=OWNED,
        name="training",
        digest=digest,
        facts={**facts.facts(), "owner": OWNER},
        source_digests={"main": digest},
        origins={"main": [origin]},
        run_id=RUN,
        actor="flow:data_preparation",
    )
    if verdict is not None:
        record_results(
            catalog,
            project=OWNED,
            stage=Stage.DATA_PREPARATION,
            subject_kind="dataset",
            subject_id=record.id,
            subject_digest=record.digest,
            results=(make_result("DATA-001", verdict),),
            decision=GateDecision(is_open=verdict is Verdict.PASSED),
            run_id=RUN,
            actor="flow:data_preparation",
            key=f"judged:{record.id}",
        )
    return record


def reader(uri: str = f"dataset://{OWNED}/training", *, purpose: str = "credit decision", **blocks: Json) -> Project:
    """A project that reads the owner's table."""
    return with_data("reader", {"rows": {"uri": uri, "purpose": purpose}}, **blocks)
