"""Dossiers: gathered from the record, the same words for the same facts, with gaps said as gaps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import canonical_json, digest_of
from flywheel.domain.gates import Verdict
from flywheel.services import dossiers, experiments
from tests.factories.projects import SLUG, registered
from tests.factories.versions import RUN, judged, make_facts, registered_version
from tests.fakes.clock import SettableClock


@pytest.fixture(autouse=True)
def project(catalog: Catalog) -> None:
    registered(catalog)


def test_the_same_facts_give_the_same_digest_at_any_time_and_in_any_run(catalog: Catalog, clock: SettableClock) -> None:
    version = registered_version(catalog)
    judged(catalog, version)
    first = dossiers.assemble(catalog, version=version.id)
    dossiers.file_dossier(
        catalog, version=version.id, digest=digest_of(first), evidence_digest="sha256:e", run_id=RUN, actor="flow:x"
    )
    judged(catalog, version, key="judged once more")
    assert digest_of(dossiers.assemble(catalog, version=version.id)) == digest_of(first)
    assert RUN not in canonical_json(first)
    assert str(clock().year) not in canonical_json(first)


def test_another_verdict_is_another_dossier(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version)
    first = dossiers.assemble(catalog, version=version.id)
    judged(catalog, version, verdict=Verdict.FAILED, key="later")
    second = dossiers.assemble(catalog, version=version.id)
    assert digest_of(first) != digest_of(second)
    assert "0 of 2 gates passed" in str(second["summary"])


def test_the_board_marks_the_version_and_leaves_out_candidates_of_other_data(catalog: Catalog) -> None:
    version = registered_version(catalog)
    rival = replace(make_facts("rival", kpi="2"), recipe={"kind": "naive", "params": {}})
    experiments.record_experiments(catalog, project=SLUG, run_id=RUN, actor="flow:research", experiments=(rival,))
    board = dossiers.assemble(catalog, version=version.id)["leaderboard"]
    assert isinstance(board, list)
    shown = [(row["candidate"], row["is_this_version"]) for row in board if isinstance(row, dict)]
    assert shown == [("linear model", True), ("naive answer", False)]


def test_summary_holds_the_version_against_the_naive_answer(catalog: Catalog) -> None:
    version = registered_version(catalog)
    rival = replace(make_facts("rival", kpi="2"), recipe={"kind": "naive", "params": {}})
    experiments.record_experiments(catalog, project=SLUG, run_id=RUN, actor="flow:research", experiments=(rival,))
    summary = str(dossiers.assemble(catalog, version=version.id)["summary"])
    assert "The model (linear model) earns 10.50 points per row" in summary
    assert "The naive answer brings 2.00 points" in summary


def test_what_was_required_and_did_not_run_is_a_gap_in_the_first_words_too(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version, codes=("PERF-001",))
    document = dossiers.assemble(catalog, version=version.id)
    assert document["gaps"] == [
        "PERF-003 was required and did not run",
        "nobody has estimated the return",
        "nobody has made it again from the record: `flywheel reproduce`",
    ]
    assert "Missing: PERF-003 was required and did not run" in str(document["summary"])


def test_what_delivery_finds_later_does_not_change_what_was_signed(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version, codes=("PERF-001", "PERF-003"))
    signed = digest_of(dossiers.assemble(catalog, version=version.id))
    judged(catalog, version, codes=("PARITY-001",), key="delivered")
    assert digest_of(dossiers.assemble(catalog, version=version.id)) == signed
