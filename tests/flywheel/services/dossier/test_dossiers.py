"""Dossiers: gathered from the record, the same words for the same facts, with gaps said as gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json, canonical_json, digest_of
from flywheel.domain.gates import Verdict
from flywheel.project.loader import charter_from, digest_of_files
from flywheel.services.dossier import dossiers
from flywheel.services.dossier.judgement import to_judge
from flywheel.services.dossier.page import render
from flywheel.services.dossier.summary import NO_ESTIMATE
from flywheel.services.modelling import experiments
from flywheel.services.modelling.experiments import ExperimentFacts
from tests.factories.datasets import with_data
from tests.factories.people import OWNER
from tests.factories.projects import SLUG, make_policy, make_project, registered, submitted
from tests.factories.versions import (
    RUN,
    judged,
    make_facts,
    make_figures,
    make_split,
    put_dossier,
    recorded_dataset,
    registered_version,
)
from tests.fakes.clock import SettableClock


@pytest.fixture(autouse=True)
def project(catalog: Catalog) -> None:
    registered(catalog)


def test_the_same_facts_give_the_same_digest_at_any_time_and_in_any_run(catalog: Catalog, clock: SettableClock) -> None:
    version = registered_version(catalog)
    judged(catalog, version)
    first = dossiers.assemble(catalog, version=version.id)
    put_dossier(catalog, version=version.id, digest=digest_of(first), evidence_digest=digest_of("page"))
    judged(catalog, version, key="judged once more")
    assert digest_of(dossiers.assemble(catalog, version=version.id)) == digest_of(first)
    assert RUN not in canonical_json(first)
    assert str(clock().year) not in canonical_json(first)


def test_another_verdict_is_another_dossier(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version)
    first = dossiers.assemble(catalog, version=version.id)
    judged(catalog, version, codes=("PERF-003",), verdict=Verdict.FAILED, key="later")
    second = dossiers.assemble(catalog, version=version.id)
    assert digest_of(first) != digest_of(second)
    assert "1 of 2 gates passed" in str(second["summary"])


def test_the_digest_covers_the_money_of_each_decision_the_threshold_and_what_the_data_are_for(catalog: Catalog) -> None:
    submitted(catalog, project=with_data(SLUG, {"main": {"uri": "x.csv"}}), policy=make_policy())
    version = registered_version(catalog)
    document = dossiers.assemble(catalog, version=version.id)
    assert document["payoff"] == {
        "is_stated": False,
        "cases": [
            {"title": title, "in_words": title.replace(" and", ""), "each": each, "cases": cases, "together": together}
            for title, each, cases, together in (
                ("“yes” and right", "1", 10, "10"),
                ("“yes” and wrong", "-1", 20, "-20"),
                ("“no” and right", "0", 160, "0"),
                ("“no” and wrong", "-1", 10, "-10"),
            )
        ],
    }
    assert document["purposes"] == {"main": None}
    measured = document["measured"]
    assert isinstance(measured, dict)
    assert measured["threshold"] == 0.2
    assert measured["decided"] == {"tp": 10, "fp": 20, "tn": 160, "fn": 10}
    parts = ("payoff", "kind", "purposes", "measured")
    assert len({digest_of(document), *(digest_of(document | {part: {}}) for part in parts)}) == 5


def test_where_no_model_earns_more_than_the_naive_answer_one_sentence_says_so(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version, verdict=Verdict.FAILED)
    said = str(dossiers.assemble(catalog, version=version.id)["summary"])
    assert "no model is shown to earn more" in said.casefold()
    assert "gates passed" not in said


def rival(name: str = "rival", *, kind: str = "naive", kpi: str = "2", rows: str = "rows") -> ExperimentFacts:
    """Another candidate, perhaps measured on other rows."""
    return replace(make_facts(name, kpi=kpi), recipe={"kind": kind, "params": {}}, split=make_split(rows))


def recorded(catalog: Catalog, *facts: ExperimentFacts) -> None:
    recorded_dataset(catalog)
    experiments.record_experiments(catalog, project=SLUG, run_id=RUN, actor="flow:research", experiments=facts)


def names_in(document: Mapping[str, Json], key: str) -> list[object]:
    rows = document[key]
    assert isinstance(rows, list)
    return [(row["candidate"], row["is_this_version"]) for row in rows if isinstance(row, dict)]


def test_beside_the_version_stand_only_candidates_measured_on_the_same_rows_the_others_apart_with_their_date(
    catalog: Catalog, clock: SettableClock
) -> None:
    recorded(catalog, rival(), rival("dear", kind="boosted", kpi="9000", rows="other rows"))
    document = dossiers.assemble(catalog, version=registered_version(catalog).id)
    assert names_in(document, "leaderboard") == [("linear model", True), ("baseline", False)]
    assert names_in(document, "apart") == [("boosted trees", False)]
    assert str(clock().date()) in canonical_json(document["apart"])


def test_a_candidate_by_a_column_that_the_charter_forbids_is_no_choice_and_comes_last(catalog: Catalog) -> None:
    known: dict[str, Json] = {"income": {"kind": "number"}, "bureau_score": {"kind": "number"}}
    late: dict[str, Json] = {"closed_on": {"kind": "number", "known_at_decision": False}}
    project = with_data(SLUG, {"main": {"uri": "x.csv"}})
    data: Json = {"target": "y", "sources": {"main": {"uri": "x.csv"}}, "columns": {**known, **late}}
    document = {**project.document, "data": data}
    charter = replace(project, charter=charter_from(document), document=document, digest=digest_of_files(document))
    submitted(catalog, project=charter, policy=make_policy(), actor=OWNER)
    leak = replace(
        rival("leak", kpi="9000"), recipe={"kind": "boosted", "params": {}, "features": ["closed_on", "income"]}
    )
    recorded(catalog, leak, rival())
    board = dossiers.assemble(catalog, version=registered_version(catalog).id)
    assert names_in(board, "leaderboard") == [("linear model", True), ("baseline", False), ("boosted trees", False)]
    rows = board["leaderboard"]
    assert isinstance(rows, list)
    assert [row["forbidden"] for row in rows if isinstance(row, dict)] == [[], [], ["closed_on"]]
    page = render(board, digest="sha256:1")
    assert "boosted trees, not eligible: this charter forbids closed_on" in page


def test_what_is_tried_after_the_version_was_chosen_leaves_its_dossier_as_it_is(catalog: Catalog) -> None:
    version = registered_version(catalog)
    before = digest_of(dossiers.assemble(catalog, version=version.id))
    for later in (rival(), rival("dear", kpi="9000"), rival("elsewhere", rows="other rows")):
        recorded(catalog, later)
        experiments.record_look(
            catalog, project=SLUG, experiment=later.id, figures=make_figures("9000"), actor="flow:research"
        )
        assert digest_of(dossiers.assemble(catalog, version=version.id)) == before


def test_another_charter_registered_later_leaves_the_dossier_as_it_is(catalog: Catalog) -> None:
    version = registered_version(catalog)
    before = digest_of(dossiers.assemble(catalog, version=version.id))
    submitted(catalog, project=make_project(title="Cards, seen anew"), policy=make_policy(), actor=OWNER)
    assert digest_of(dossiers.assemble(catalog, version=version.id)) == before


def test_summary_holds_the_version_against_the_naive_answer_on_the_test_rows_alone(catalog: Catalog) -> None:
    recorded(catalog, rival(kpi="27.07"))
    summary = str(dossiers.assemble(catalog, version=registered_version(catalog).id)["summary"])
    assert "The model (linear model) earns 10.50 points per row on 200 unseen rows" in summary
    assert "The baseline brings 2.00 points on the same rows" in summary
    assert "27.07" not in summary


def test_others_that_met_the_same_test_rows_before_are_named_and_asked_about(catalog: Catalog) -> None:
    for name in ("a", "b", "c"):
        recorded(catalog, rival(name))
        experiments.record_look(
            catalog, project=SLUG, experiment=rival(name).id, figures=make_figures(), actor="flow:research"
        )
    document = dossiers.assemble(catalog, version=registered_version(catalog).id)
    asked = [one.text for one in to_judge(document)]
    assert any(text.startswith("3 other models were tested on exactly these test rows before it") for text in asked)


def test_a_version_that_met_no_test_rows_has_a_gap(catalog: Catalog) -> None:
    document = dossiers.assemble(catalog, version=registered_version(catalog, met_test_rows=False).id)
    assert "it was not tested on test rows" in str(document["gaps"])
    assert "earns" not in str(document["summary"])


def test_what_was_required_and_did_not_run_is_a_gap_in_the_first_words_too(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version, codes=("PERF-001",))
    document = dossiers.assemble(catalog, version=version.id)
    assert document["gaps"] == [
        "PERF-003 was required and did not run",
        NO_ESTIMATE,
        "nobody has reproduced it from the record: “flywheel reproduce”",
    ]
    assert "Missing: PERF-003 was required and did not run" in str(document["summary"])


def test_what_delivery_finds_later_does_not_change_what_was_signed(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version, codes=("PERF-001", "PERF-003"))
    signed = digest_of(dossiers.assemble(catalog, version=version.id))
    judged(catalog, version, codes=("PARITY-001",), key="delivered")
    assert digest_of(dossiers.assemble(catalog, version=version.id)) == signed
