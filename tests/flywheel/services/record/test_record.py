"""The record: what is shown is what the events say, and a rebuild proves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import EventRow
from flywheel.domain.monitoring import WindowState
from flywheel.domain.stages import CycleKind, Stage
from flywheel.services.data import datasets
from flywheel.services.people.identity import Identity
from flywheel.services.record import ledger, lineage, record
from flywheel.services.walk import stages
from flywheel.services.watching import health
from flywheel.services.watching.health import Found, Part
from tests.factories.people import BEN, OWNER, enrol
from tests.factories.projects import SLUG, registered
from tests.factories.versions import judged, registered_version, with_dossier


@pytest.fixture
def busy(catalog: Catalog, identity: Identity) -> Catalog:
    """A catalog in which every kind of thing has happened."""
    registered(catalog)
    enrol(catalog, identity, BEN)
    stages.start_cycle(catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="first", key="k")
    stages.begin_stage(
        catalog, project=SLUG, stage=Stage.IDEATION, run_id="r1", actor="flow:x", input_digest="sha256:1"
    )
    version = registered_version(catalog)
    judged(catalog, version)
    with_dossier(catalog, version)
    ledger.record_cost(
        catalog,
        project=SLUG,
        run_id="r1",
        kind="cpu_seconds",
        quantity=1e16,
        money=Decimal("0.10"),
        actor="flow:x",
        key="cost",
    )
    start = datetime(2026, 3, 1, tzinfo=UTC)
    part = Part(version.id, "model", start, start + timedelta(days=1))
    found = Found(WindowState.GOOD, 10, signals={"psi": 1e-7})
    health.record_health(catalog, project=SLUG, part=part, found=found, run_id="r1", actor="flow:monitoring")
    health.record_late(catalog, project=SLUG, part=part, late_rows=3, actor="flow:monitoring")
    return catalog


def test_rebuild_gives_what_was_there(busy: Catalog) -> None:
    rebuilt = record.rebuild(busy)
    assert rebuilt.differing == ()
    assert rebuilt.counts["version"] == 1
    assert rebuilt.counts["gate_result"] == 3


def test_rebuild_puts_right_and_names_what_was_changed_by_hand(busy: Catalog) -> None:
    with busy.begin() as work:
        work.session.execute(text("UPDATE version SET authors = '[]'"))
    assert record.rebuild(busy).differing == ("version",)
    assert record.rebuild(busy).differing == ()


def test_whole_chain_verifies_with_awkward_numbers(busy: Catalog) -> None:
    checked = record.verify_events(busy)
    assert checked.is_sound
    assert checked.count == record.head(busy).sequence


def test_events_of_a_project_include_those_of_its_parts(busy: Catalog) -> None:
    verbs = {event.verb.value for event in record.list_events(busy, project=SLUG)}
    assert {"charter.submitted", "version.registered", "signoff.requested"} <= verbs
    assert not any(verb.startswith("person.") for verb in verbs)


def test_which_project_an_event_is_about_is_read_out_of_what_is_sealed_and_never_written(
    busy: Catalog, owned: Catalog
) -> None:
    with busy.look() as work:
        rows = work.session.scalars(select(EventRow)).all()
        told = {row.sequence: row.project for row in rows}
        said = {row.sequence: row.payload.get("project") for row in rows}
        subjects = {row.sequence: row.subject_id for row in rows if row.subject_kind == "project"}
    assert told == {**said, **subjects}
    assert None in told.values(), "what is about people is about no project"
    with pytest.raises(DBAPIError, match="generated column"), owned.begin() as work:
        work.session.execute(text("UPDATE event SET project = 'another'"))


def test_version_leads_back_to_a_raw_source(busy: Catalog) -> None:
    path = lineage.path_to_sources(busy, kind="version", id=f"{SLUG}:1")
    assert [node.kind for node in path] == ["version", "experiment", "dataset", "source"]
    assert len(lineage.edges_of(busy, kind="version", id=f"{SLUG}:1")) == 4


def test_a_dataset_leads_back_to_each_raw_file_and_its_content(busy: Catalog) -> None:
    raw = [{"kind": "file", "name": f"{name}.csv", "digest": f"sha256:{name * 64}"} for name in "ab"]
    found = datasets.record_dataset(
        busy,
        project=SLUG,
        name="training",
        digest="sha256:" + "e" * 64,
        facts={},
        source_digests={"main": "sha256:" + "d" * 64},
        origins={"main": raw},
        run_id="r2",
        actor="flow:data_preparation",
    )
    edges = lineage.edges_of(busy, kind="source", id=f"{SLUG}/main@{'d' * 12}")
    assert {edge.source.id for edge in edges} == {f"a.csv@{'a' * 12}", f"b.csv@{'b' * 12}", f"{SLUG}/main@{'d' * 12}"}
    assert {edge.target.id for edge in edges if edge.source.kind == "source"} == {found.id}
    assert record.rebuild(busy).differing == ()
