"""A recipe is fitted once, scored on rows it has not seen, and kept so that the same bytes come back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.digests import Digest, plain
from flywheel.errors import InputRefused
from flywheel.project.charter.stages import Delivery
from flywheel.project.checking.rule_worth import rule_worth
from flywheel.project.framing import Framing
from flywheel.project.problems.kind import Judged
from flywheel.project.rule import rule_in_words
from flywheel.project.tabular.recipe import Recipe, RecipeKind
from flywheel.services.modelling import research
from flywheel.services.modelling.scorers import load_model, load_scorer
from tests.factories.examples import Ground, breast_cancer


@dataclass(frozen=True)
class Bench:
    """A prepared project and its two quickest candidates."""

    ground: Ground
    dataset: Digest
    naive: research.Candidate
    linear: research.Candidate

    def fit(self, recipe: Recipe) -> research.Candidate:
        """Fit one recipe."""
        return research.fit_candidate(
            self.ground.project, artifacts=self.ground.artifacts, dataset=self.dataset, recipe=recipe
        )

    def meet(self, candidate: research.Candidate) -> dict[str, Any]:
        """Let a candidate meet the test rows."""
        chosen = research.Chosen(candidate.model_digest, self.dataset, candidate.split)
        return research.meet_test_rows(self.ground.project, artifacts=self.ground.artifacts, chosen=chosen)

    def judge(self, candidate: research.Candidate) -> Judged:
        """Let a candidate answer the test rows."""
        return research.judge(
            self.ground.project, artifacts=self.ground.artifacts, dataset=self.dataset, model=candidate.model_digest
        )


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    ground = breast_cancer(tmp_path_factory.mktemp("clinic"))
    dataset = ground.prepared().digest
    rungs = {rung.kind: rung for rung in research.plan_ladder(Framing(ground.project.charter), champion=None)}
    naive, linear = (
        research.fit_candidate(ground.project, artifacts=ground.artifacts, dataset=dataset, recipe=rungs[kind])
        for kind in (RecipeKind.NAIVE, RecipeKind.LINEAR)
    )
    return Bench(ground, dataset, naive, linear)


def test_a_first_search_climbs_the_whole_ladder(bench: Bench) -> None:
    rungs = research.plan_ladder(Framing(bench.ground.project.charter), champion=None)
    assert rungs == Framing(bench.ground.project.charter).ladder()


def test_a_renewal_tries_the_champions_recipe_beside_the_naive_answer_alone(bench: Bench) -> None:
    fixed = research.plan_ladder(Framing(bench.ground.project.charter), champion=bench.linear.recipe)
    assert [rung.kind for rung in fixed] == [RecipeKind.NAIVE, RecipeKind.LINEAR]
    assert fixed[1].to_json() == bench.linear.recipe


def test_a_naive_champion_is_not_tried_twice(bench: Bench) -> None:
    assert [
        r.kind for r in research.plan_ladder(Framing(bench.ground.project.charter), champion=bench.naive.recipe)
    ] == [RecipeKind.NAIVE]


def test_what_was_learned_as_one_comes_with_the_figures_of_the_test_rows(bench: Bench) -> None:
    kept = load_model(bench.linear.model_digest, artifacts=bench.ground.artifacts)
    assert bench.meet(bench.linear)["learned_as_one"] == plain(kept.encoding.rare)


def test_a_candidate_comes_with_its_worth_in_money_and_its_counts(bench: Bench) -> None:
    kpi = {name: Decimal(value) for name, value in bench.linear.kpi.items()}
    assert Decimal(bench.naive.kpi["value"]) < kpi["low"] <= kpi["value"] <= kpi["high"]
    counted = sum(bench.linear.metrics[f"validation_{name}"] for name in ("tp", "fp", "tn", "fn"))
    assert counted == bench.linear.split.rows["validation"]


def test_the_same_recipe_on_the_same_rows_is_the_same_model(bench: Bench) -> None:
    again = bench.fit(Recipe.from_json(bench.linear.recipe))
    assert (again.model_digest, again.kpi, again.metrics) == (
        bench.linear.model_digest,
        bench.linear.kpi,
        bench.linear.metrics,
    )


def test_what_the_judged_rows_earned_is_the_figure_of_the_chosen_one_and_not_what_chose_it(bench: Bench) -> None:
    met = bench.meet(bench.linear)
    earned = float(Decimal(met["kpi"]["value"]))
    assert bench.judge(bench.linear).money.mean() == pytest.approx(earned, abs=1e-6)
    assert bench.judge(bench.naive).money.mean() == pytest.approx(float(Decimal(met["naive"]["value"])), abs=1e-6)
    assert earned != pytest.approx(float(bench.linear.kpi["value"]), abs=1e-6)
    assert (met["rows"], met["rows_left_out_as_seen"]) == (bench.linear.split.rows["test"], 0)
    assert met["rule"] is None


def test_what_the_rule_brings_is_measured_on_the_rows_of_the_chosen_one(bench: Bench) -> None:
    project = bench.ground.project
    column = Framing(project.charter).columns[0].name
    rule = {"column": column, "at_most": 0, "then": "positive", "missing": "positive"}
    said = Delivery.model_validate({"fallback": ["rule"], "rule": rule})
    charter = project.charter.model_copy(update={"delivery": said})
    met = replace(bench, ground=replace(bench.ground, project=replace(project, charter=charter))).meet(bench.linear)
    worth = rule_worth(charter, Framing(charter).problem, [bench.judge(bench.linear).frame])
    assert worth is not None
    assert float(met["rule"]["value"]) == pytest.approx(float(worth.per_case), abs=1e-6)
    assert met["rule"]["says"] == rule_in_words(charter)


def test_test_rows_that_the_chosen_one_has_seen_are_left_out_and_counted(bench: Bench) -> None:
    frame = bench.ground.artifacts.get_frame(bench.dataset)
    parted = Framing(bench.ground.project.charter).part(frame)
    peeked = np.unique(parted.units[np.concatenate([parted.split.train, parted.split.test[:40]])])
    seen = bench.ground.artifacts.put_bytes(peeked.astype("<u8").tobytes())
    met = bench.meet(replace(bench.linear, split=replace(bench.linear.split, seen=seen)))
    assert (met["rows"], met["rows_left_out_as_seen"]) == (bench.linear.split.rows["test"] - 40, 40)
    everything = bench.ground.artifacts.put_bytes(np.unique(parted.units).astype("<u8").tobytes())
    with pytest.raises(InputRefused, match="has seen every test row"):
        bench.meet(replace(bench.linear, split=replace(bench.linear.split, seen=everything)))


def test_candidates_of_one_search_are_measured_on_the_same_rows(bench: Bench) -> None:
    naive, linear = bench.naive.split, bench.linear.split
    assert naive == linear
    assert len({linear.chosen_on, linear.judged_on, linear.seen, linear.rule}) == 4


def test_judged_rows_are_kept_and_read_as_they_were(bench: Bench) -> None:
    judged, artifacts = bench.judge(bench.linear), bench.ground.artifacts
    read = research.read_judged(research.keep_judged(judged, artifacts=artifacts), artifacts=artifacts)
    assert list(read.frame.columns) == list(judged.frame.columns)
    for kept, known in ((getattr(read, name), getattr(judged, name)) for name in ("truth", "said", "decided", "money")):
        np.testing.assert_array_equal(kept, known)


def test_reference_rows_are_those_before_the_test(bench: Bench) -> None:
    rows = research.reference_rows(bench.dataset, bench.linear.split, artifacts=bench.ground.artifacts)
    assert len(rows) == bench.linear.split.rows["train"] + bench.linear.split.rows["validation"]
    assert not set(rows.index) & set(bench.judge(bench.linear).frame.index)


def test_money_is_counted_for_the_charters_unit(bench: Bench) -> None:
    assert research.unit_of(bench.ground.project).startswith("sample (")


def test_reference_rows_read_in_parts_are_the_same(bench: Bench) -> None:
    artifacts, learned = bench.ground.artifacts, bench.linear.split
    rows = research.reference_rows(bench.dataset, learned, artifacts=artifacts)
    with research.reference_table(bench.dataset, learned, artifacts=artifacts) as table:
        assert table.rows == len(rows)
        pd.testing.assert_frame_equal(table.whole(table.columns), rows)


@pytest.mark.parametrize(("positives", "is_yes"), [(30, True), (2, False)])
def test_the_naive_answer_is_the_better_of_the_two_on_the_very_rows(bench: Bench, positives: int, is_yes: bool) -> None:
    framing = Framing(bench.ground.project.charter)
    rows = bench.judge(bench.naive).frame
    labels = bench.judge(bench.naive).truth
    some = pd.concat([rows[labels == 1].head(positives), rows[labels == 0].head(32 - positives)])
    simplest = framing.problem.simplest(some)
    assert set(simplest.decided.tolist()) == {is_yes}
    frozen = framing.problem.answered(some, load_scorer(bench.naive.model_digest, artifacts=bench.ground.artifacts))
    assert simplest.money.sum() >= frozen.money.sum()


def test_decisions_are_counted_in_whole_numbers_as_a_dossier_reads_them(bench: Bench) -> None:
    met = bench.meet(bench.linear)
    assert {type(number) for number in met["decided"].values()} == {int}
    assert sum(met["decided"].values()) == met["rows"]
