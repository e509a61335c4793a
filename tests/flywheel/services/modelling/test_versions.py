"""Versions, their experiments and gate results."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.gates import Verdict
from flywheel.errors import Conflict, NotFound
from flywheel.services.modelling import experiments, versions
from flywheel.services.record import record
from flywheel.services.standing import gates
from flywheel.services.walk import projects
from tests.factories.people import OWNER
from tests.factories.projects import SLUG, registered
from tests.factories.versions import judged, make_facts, make_figures, make_split, recorded_dataset, registered_version


@pytest.fixture(autouse=True)
def project(catalog: Catalog) -> None:
    registered(catalog)


def test_same_model_is_the_same_version(catalog: Catalog) -> None:
    assert registered_version(catalog) == registered_version(catalog)
    assert registered_version(catalog, name="m2").number == 2


def test_version_pins_policy_data_and_authors(catalog: Catalog) -> None:
    version = registered_version(catalog)
    assert version.authors == (OWNER,)
    assert version.recipe_features == ("income", "bureau_score")
    assert version.dataset_digest == make_facts().dataset_digest


def test_a_version_that_is_submitted_again_as_it_stands_says_nothing_new(catalog: Catalog) -> None:
    version = registered_version(catalog)
    digest = projects.get_project(catalog, project=SLUG).project_digest

    def submit(*authors: str) -> int:
        versions.resubmit_version(
            catalog, version=version.id, project_digest=digest, authors=authors, actor="flow:validation"
        )
        events = record.list_events(catalog, project=SLUG)
        return sum(event.verb is Verb.VERSION_RESUBMITTED for event in events)

    assert [submit(OWNER), submit(OWNER)] == [0, 0]
    assert [submit(OWNER, "eve@bank.example"), submit("eve@bank.example"), submit(OWNER)] == [1, 1, 1]


def test_leaderboard_ranks_by_money(catalog: Catalog) -> None:
    recorded_dataset(catalog)
    facts = (make_facts("a", kpi="1.005"), make_facts("b", kpi="30"), make_facts("c", kpi="4.5"))
    experiments.record_experiments(catalog, project=SLUG, run_id="r", actor="flow:x", experiments=facts)
    board = experiments.leaderboard(catalog, beside=facts[0].id)
    assert [row.kpi for row in board] == [Decimal("30"), Decimal("4.5"), Decimal("1.005")]


def test_candidates_of_other_rows_are_on_another_board(catalog: Catalog) -> None:
    recorded_dataset(catalog)
    here, there = make_facts("a", kpi="1"), replace(make_facts("b", kpi="30"), split=make_split("other rows"))
    experiments.record_experiments(catalog, project=SLUG, run_id="r", actor="flow:x", experiments=(here, there))
    boards = [experiments.leaderboard(catalog, beside=one.id) for one in (here, there)]
    assert [[one.id for one in board] for board in boards] == [[here.id], [there.id]]


def test_of_candidates_that_earn_the_same_the_first_which_is_the_simpler_leads() -> None:
    naive, linear, boosted = (make_facts(name, kpi=kpi) for name, kpi in (("n", "1"), ("l", "5"), ("b", "5")))
    assert experiments.ranked((naive, linear, boosted)) == (linear, boosted, naive)


def test_the_same_model_on_the_same_test_rows_is_one_look_and_others_are_counted(catalog: Catalog) -> None:
    recorded_dataset(catalog)
    facts = [make_facts(name) for name in "abc"] + [replace(make_facts("d"), split=make_split("grown rows"))]
    experiments.record_experiments(catalog, project=SLUG, run_id="r", actor="flow:x", experiments=tuple(facts))
    looks = [
        experiments.record_look(catalog, project=SLUG, experiment=one.id, figures=make_figures(), actor="flow:x")
        for one in (*facts, facts[0], facts[0])
    ]
    counted = [(look.others_before, look.otherwise_before) for look in looks]
    assert counted == [(0, 0), (1, 0), (2, 0), (0, 3), (0, 0), (0, 0)]
    assert (looks[0].looked_by, looks[0].money("kpi"), looks[0].money("naive")) == (
        "flow:x",
        Decimal("10.50"),
        Decimal(2),
    )


def test_a_candidate_that_met_no_test_rows_has_no_figure(catalog: Catalog) -> None:
    recorded_dataset(catalog)
    experiments.record_experiments(catalog, project=SLUG, run_id="r", actor="flow:x", experiments=(make_facts(),))
    assert experiments.look_at_test(catalog, experiment=make_facts().id) is None


def test_experiment_on_unknown_data_is_refused(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="no such dataset"):
        experiments.record_experiments(
            catalog, project=SLUG, run_id="r", actor="flow:x", experiments=(make_facts(dataset="unknown"),)
        )


def test_latest_word_of_each_gate_counts(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version)
    judged(catalog, version, codes=("PERF-001",), verdict=Verdict.FAILED, key="later")
    verdicts = {r.code: r.verdict for r in gates.results_of(catalog, subject_kind="version", subject_id=version.id)}
    assert verdicts == {
        "PARITY-001": Verdict.PASSED,
        "PERF-001": Verdict.FAILED,
        "PERF-003": Verdict.PASSED,
    }


def test_repeated_judgement_keeps_its_first_word(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version, verdict=Verdict.FAILED)
    judged(catalog, version, verdict=Verdict.PASSED)
    results = gates.results_of(catalog, subject_kind="version", subject_id=version.id)
    assert {result.verdict for result in results} == {Verdict.FAILED}


def test_key_of_another_judgement_is_a_conflict(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version)
    with pytest.raises(Conflict):
        judged(catalog, version, codes=("PERF-001",))
