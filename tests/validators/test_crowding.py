"""Rows of one entity weigh together: clean windows ring nothing, and what all entities show is still found."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from benchmarks.null_arrangements import come
from benchmarks.null_windows import traffic
from benchmarks.null_worlds import FAULTS, Watched, clean_world, rules_of
from flywheel.domain.gates import Severity
from flywheel.project.tabular.certainty import ALONE
from validators import drift_own, input_contract, sentinels
from validators.crowding import rows_per_case, thinned, units_in
from validators.profiles import Profile, make_profile
from validators.repeats import cases_of
from validators.specs import ColumnRule

WORLD = tuple(one for one in clean_world() if one.sort in {"dense", "heavy", "ties", "missing", "rare", "sparse"})
RULES = rules_of(WORLD)
FILLED = tuple(one for one in WORLD if one.sort != "sparse")
"""Thirty entities may leave a sparse column without a value."""
REFERENCES = [(5_000, 1), (700, 7)]


def asked_again(
    world: tuple[Watched, ...], rng: np.random.Generator, entities: int, times: int
) -> tuple[pd.DataFrame, pd.Series]:
    seen = traffic(come(times), world=world)(rng, entities * times)
    return seen.rows, seen.entities


@cache
def reference(entities: int, times: int) -> Profile:
    rows, whose = asked_again(WORLD, np.random.default_rng(1), entities, times)
    return make_profile(rows.assign(entity=whose), rules=RULES, entity="entity")


def ringing(rows: pd.DataFrame, whose: pd.Series, profile: Profile, rules: tuple[ColumnRule, ...] = RULES) -> list[str]:
    once = cases_of(rows, whose, profile)
    judged = (
        input_contract.check(once.rows, rules=rules, profile=profile, units=once.units),
        sentinels.check(once.rows, profile=profile, units=once.units),
        drift_own.check(once.rows, profile=profile, units=once.units),
    )
    return [f.what for one in judged for f in one.result.findings if f.severity is Severity.CRITICAL]


@pytest.mark.parametrize("known", REFERENCES)
@pytest.mark.parametrize(("entities", "times"), [(50, 40), (100, 20), (300, 7), (700, 3)])
def test_entities_that_come_again_ring_nothing(entities: int, times: int, known: tuple[int, int]) -> None:
    rng, profile = np.random.default_rng(entities), reference(*known)
    for _ in range(5):
        assert ringing(*asked_again(WORLD, rng, entities, times), profile) == []


@pytest.mark.parametrize("fault", ["unit x 100", "dead column", "half missing", "stuck at one value"])
@pytest.mark.parametrize(("entities", "times"), [(30, 8), (300, 7)])
def test_a_fault_that_all_entities_show_rings(entities: int, times: int, fault: str) -> None:
    rows, whose = asked_again(WORLD, np.random.default_rng(4), entities, times)
    assert ringing(FAULTS[fault](rows), whose, reference(5_000, 1))


@pytest.mark.parametrize("fault", ["unit x 100", "amounts x 1000"])
@pytest.mark.parametrize("entities", [20, 60, 100])
def test_a_column_that_moved_as_a_whole_is_seen_in_twenty_entities_and_more(entities: int, fault: str) -> None:
    rows, whose = asked_again(WORLD, np.random.default_rng(6), entities, 20)
    moved = drift_own.check(
        FAULTS[fault](rows), profile=reference(5_000, 1), units=cases_of(rows, whose, reference(5_000, 1)).units
    )
    assert [f.locator for f in moved.result.findings if f.locator.endswith("spread")]


def test_one_entity_whose_odd_value_comes_often_is_one() -> None:
    rows, whose = asked_again(WORLD, np.random.default_rng(5), 300, 7)
    for odd, rings in ((1, False), (60, True)):
        named = rows.assign(dense_1=rows["dense_1"].clip(-3.9, 3.9).mask(np.arange(len(rows)) < 7 * odd, 4.5))
        result = input_contract.check(named, rules=RULES, profile=reference(5_000, 1), units=units_in(whose)).result
        assert any(f.severity is Severity.CRITICAL for f in result.findings) is rings


def test_members_of_a_panel_are_held_against_themselves_row_by_row() -> None:
    rng = np.random.default_rng(6)
    rows, whose = asked_again(FILLED, rng, 30, 100)
    undeclared = tuple(replace(rule, missing_at_most=None) for rule in rules_of(FILLED))
    profile = make_profile(rows.assign(entity=whose), rules=undeclared, entity="entity")
    assert (profile.entities, profile.is_of_entities, profile.rows_per_case) == (30, False, 1.0)
    week = rng.choice(len(rows), 900, replace=False)
    seen, whose_seen = rows.iloc[week].reset_index(drop=True), whose.iloc[week].reset_index(drop=True)
    assert ringing(seen, whose_seen, profile, undeclared) == []


def test_a_reference_counts_as_many_cases_as_its_entities_weigh() -> None:
    assert reference(700, 7).rows_per_case == pytest.approx(7)
    assert reference(5_000, 1).rows_per_case == 1.0


def test_a_busy_entity_does_not_speak_for_all() -> None:
    whose = pd.Series(["robot"] * 4_000 + [f"c{at // 2}" for at in range(1_000)])
    units = units_in(whose)
    assert rows_per_case(units) > 3_000
    kept = thinned(units, len(whose))
    assert int(kept[:4_000].sum()) == 50
    assert kept[4_000:].all()
    assert rows_per_case(units.only(kept)) < 6


def test_rows_that_name_nobody_stand_alone() -> None:
    assert units_in(pd.Series([None, None, "a"])) == ALONE
    assert units_in(pd.Series([None, "b", "b", None])).count(4) == 3


def test_names_that_few_entities_showed_are_as_frequent_in_the_reference_as_in_a_window() -> None:
    world = tuple(one for one in clean_world() if one.rule.name == "many_300")
    for seed in range(5):
        rng = np.random.default_rng(seed)
        known, whose = asked_again(WORLD, rng, 700, 7)
        column = make_profile(known.assign(entity=whose), rules=rules_of(world), entity="entity").columns[0]
        kept = {str(value) for value, _ in column.levels}
        others = column.unchosen[-1] / sum(column.unchosen)
        now = float((~asked_again(WORLD, rng, 700, 3)[0]["many_300"].isin(kept)).mean())
        assert abs(others - now) < 0.08
