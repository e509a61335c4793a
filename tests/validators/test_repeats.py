"""Rows that ask the same case again make nothing surer; rows that are alike by chance all count."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from benchmarks.null_worlds import FAULTS, clean_world, drawn, rules_of
from flywheel.domain.gates import Severity
from flywheel.project.reading.kinds import Kind
from validators import drift_own, input_contract, sentinels
from validators.profiles import Profile, make_profile
from validators.repeats import Cases, cases_of, that_stand_alone
from validators.specs import ColumnRule

WORLD = tuple(one for one in clean_world() if one.sort in {"dense", "ties", "missing"})
RULES = rules_of(WORLD)


@cache
def reference() -> Profile:
    return make_profile(drawn(WORLD, np.random.default_rng(1), 5_000), rules=RULES)


def nobody(rows: pd.DataFrame) -> pd.Series:
    return pd.Series([None] * len(rows), dtype=object)


def cases(rows: pd.DataFrame, entities: pd.Series | None = None) -> Cases:
    return cases_of(rows, nobody(rows) if entities is None else entities, reference())


def ringing(rows: pd.DataFrame) -> list[str]:
    seen = cases(rows)
    judged = [input_contract.check(rows, rules=RULES, profile=reference(), units=seen.units)]
    if min(len(seen.judged), seen.cases) >= 200:
        judged += [gate.check(rows, profile=reference(), units=seen.units) for gate in (sentinels, drift_own)]
    return [f.what for one in judged for f in one.result.findings if f.severity is Severity.CRITICAL]


@pytest.mark.parametrize(("rows", "times"), [(3_500, 7), (600, 2), (1_500, 5), (1_200, 3)])
def test_cases_that_are_asked_again_ring_nothing(rows: int, times: int) -> None:
    rng = np.random.default_rng(rows)
    for _ in range(8):
        single = drawn(WORLD, rng, rows // times)
        again = single.loc[single.index.repeat(times)].sample(frac=1, random_state=2).reset_index(drop=True)
        assert ringing(again) == []
        assert cases(again).words().startswith(f"{rows:,} rows ask {rows // times:,} cases; {rows:,} rows are judged")
        assert cases(again).flood() == ""


def test_one_odd_row_whose_client_sends_it_again_rings_nothing_and_a_flood_of_it_is_told() -> None:
    rows = drawn(WORLD, np.random.default_rng(3), 300).assign(dense_0=lambda one: one["dense_0"].clip(-3.9, 3.9))
    odd = rows.head(1).assign(dense_0=4.5)
    for times, is_told in ((5, False), (1_000, True)):
        sent = pd.concat([rows, *[odd] * times], ignore_index=True)
        assert ringing(sent) == []
        assert cases(sent).flood().startswith(f"{times:,} of {300 + times:,} rows ask about") == is_told


@pytest.mark.parametrize("fault", ["dead column", "a fifth out of range", "half missing", "stuck at one value"])
def test_a_fault_in_cases_that_are_asked_again_rings(fault: str) -> None:
    rows = FAULTS[fault](drawn(WORLD, np.random.default_rng(4), 400))
    assert ringing(pd.concat([rows, rows, rows], ignore_index=True))


def test_rows_without_any_value_are_no_case_and_ring() -> None:
    rows = drawn(WORLD, np.random.default_rng(5), 400)
    rows.loc[:99] = np.nan
    assert cases(rows).cases == 400
    assert ringing(rows)


def test_single_rows_all_count() -> None:
    rows = drawn(WORLD, np.random.default_rng(6), 2_000)
    assert cases(rows).cases == 2_000
    assert cases(rows).words() == ""


def test_rows_of_few_levels_are_alike_by_chance_and_all_count() -> None:
    rng = np.random.default_rng(7)

    def few(rows: int) -> pd.DataFrame:
        return pd.DataFrame({"plan": rng.choice(list("abc"), rows), "owner": rng.choice(list("yn"), rows)})

    profile = make_profile(few(5_000), rules=tuple(ColumnRule(name, Kind.CATEGORY) for name in ("plan", "owner")))
    rows = few(1_000)
    assert cases_of(rows, nobody(rows), profile).cases == 1_000
    customers = pd.Series([f"c{at % 250}" for at in range(1_000)])
    again = pd.concat([rows.head(250)] * 4, ignore_index=True)
    assert cases_of(again, customers, profile).cases == 250


def test_equal_rows_of_two_customers_are_two_cases() -> None:
    rows = drawn(WORLD, np.random.default_rng(8), 100)
    twice = pd.concat([rows, rows], ignore_index=True)
    assert len(cases(twice, pd.Series([f"c{at}" for at in range(200)])).rows) == 200


def test_a_feed_that_sends_one_default_row_is_stuck_and_no_window_of_nothing() -> None:
    one = drawn(WORLD, np.random.default_rng(5), 1)
    assert "10,000 of 10,000 rows are the same case" in cases(one.loc[[0] * 10_000]).stuck(is_blind=True)
    others = drawn(WORLD, np.random.default_rng(6), 3_000)
    mostly = pd.concat([others, one.loc[[0] * 7_000]], ignore_index=True)
    assert "7,000 of 10,000 rows" in cases(mostly).stuck(is_blind=False)


@pytest.mark.parametrize(("machines", "is_blind", "pages"), [(20, True, True), (60, True, True), (1_000, False, False)])
@pytest.mark.parametrize("is_named", [True, False])
def test_a_gateway_that_repeats_the_last_readings_for_a_week_is_told(
    machines: int, *, is_blind: bool, pages: bool, is_named: bool
) -> None:
    last = drawn(WORLD, np.random.default_rng(7), machines)
    week = last.loc[last.index.repeat(168)]
    seen = cases(week.reset_index(drop=True), pd.Series(week.index.astype(str)) if is_named else None)
    assert bool(seen.stuck(is_blind=is_blind)) is pages
    assert f"{168 * machines:,} rows ask {machines:,} cases, each 168 times" in seen.flood()


@pytest.mark.parametrize(("rows", "times"), [(500, 7), (500, 24), (190, 1), (3, 4)])
def test_batches_that_ask_of_the_same_cases_daily_or_hourly_for_a_day_wake_nobody(rows: int, times: int) -> None:
    single = drawn(WORLD, np.random.default_rng(8), rows)
    again = cases(single.loc[single.index.repeat(times)].reset_index(drop=True))
    assert (again.flood(), again.stuck(is_blind=True)) == ("", "")


CLIENTS = (
    ColumnRule("score", Kind.INTEGER, between=(300, 1_000)),
    ColumnRule("children", Kind.INTEGER, between=(0, 9)),
    ColumnRule("age", Kind.INTEGER, between=(18, 99)),
    ColumnRule("channel", Kind.CATEGORY, categories=("app", "b2b", "web")),
)
BROKEN: dict[str, dict[str, float]] = {
    "a code": {"score": 999},
    "two defaults": {"score": 999, "children": 0},
    "out of range": {"score": -1},
    "three at once": {"score": -1, "children": 0, "age": 40},
    "null": {"score": np.nan},
}


def clients(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "score": np.clip(rng.normal(600, 60, rows), 400, 800).round(),
            "children": rng.choice(5, rows, p=[0.38, 0.36, 0.17, 0.06, 0.03]),
            "age": rng.integers(18, 80, rows),
            "channel": rng.choice(["web", "app", "b2b"], rows, p=[0.5, 0.3, 0.2]),
        }
    )


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("rows", [3_000, 20_000])
def test_a_fault_that_makes_rows_equal_rings_and_is_told_with_its_share_of_rows(
    rows: int, broken: str, share: float
) -> None:
    rng = np.random.default_rng([rows, int(10 * share)])
    before, window = make_profile(clients(rng, 5_000), rules=CLIENTS), clients(rng, rows)
    is_hit = rng.random(rows) < share
    window.loc[is_hit, list(BROKEN[broken])] = list(BROKEN[broken].values())
    seen = cases_of(window, nobody(window), before)
    gates = [input_contract.check(window, rules=CLIENTS, profile=before, units=seen.units)]
    gates += [gate.check(window, profile=before, units=seen.units) for gate in (sentinels, drift_own)]
    found = [f.what for one in gates for f in one.result.findings if f.severity is Severity.CRITICAL]
    shares = [float(share) for what in found if "score" in what for share in re.findall(r"([0-9.]+)%", what)]
    assert any(told == pytest.approx(100 * is_hit.mean(), abs=2) for told in shares), found
    assert not [what for what in found if "channel" in what], "a clean column is not accused"


@pytest.mark.parametrize("rows", [300, 900, 3_000, 20_000])
def test_clean_rows_that_are_equal_by_chance_in_part_ring_nothing(rows: int) -> None:
    rng = np.random.default_rng(rows)
    before = make_profile(clients(rng, 5_000), rules=CLIENTS)
    for _ in range(6):
        window = clients(rng, rows)
        seen = cases_of(window, nobody(window), before)
        gates = [input_contract.check(window, rules=CLIENTS, profile=before, units=seen.units)]
        gates += [gate.check(window, profile=before, units=seen.units) for gate in (sentinels, drift_own)]
        assert [f.what for one in gates for f in one.result.findings if f.severity is Severity.CRITICAL] == []


def test_of_rows_that_stand_alone_each_side_has_as_many_and_no_two_of_one_entity() -> None:
    rng = np.random.default_rng(11)
    before = drawn(WORLD, rng, 3_000).assign(who=rng.permutation(3_000) // 6)
    profile = make_profile(before, rules=RULES, entity="who")
    rows, whose = drawn(WORLD, rng, 2_000), pd.Series(rng.integers(300, size=2_000)).astype(str)
    now, known = that_stand_alone(cases_of(rows, whose, profile), before, entity="who")
    assert len(now) == len(known) == whose.nunique()
    assert not whose[now.index].duplicated().any()
    assert not known["who"].duplicated().any()
    alone = cases_of(rows, nobody(rows), reference())
    assert that_stand_alone(alone, before, entity="")[1] is before
