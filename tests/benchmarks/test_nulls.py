"""A short, seeded run of the null and power simulations: silence where nothing is wrong, words where something is."""

from __future__ import annotations

import pytest

from benchmarks import nulls
from benchmarks.null_models import SUBJECTS
from benchmarks.null_seasons import SEASONS
from benchmarks.null_windows import ANY, NOTHING, SITUATIONS
from flywheel.domain.gate_catalogue import CATALOGUE

UNMEASURED = frozenset({"DATA-003", "DRIFT-001", "DRIFT-002", "INPUT-001"})
"""Gates of windows, which are measured on clean windows and not on models."""


@pytest.mark.parametrize("world", SITUATIONS)
def test_clean_windows_raise_hardly_a_word(world: str) -> None:
    rates = nulls.clean_windows(world, SITUATIONS[world].rows[0], windows=3, seed=0)
    assert {rate.code for rate in rates} >= {"INPUT-001", ANY}
    assert [rate for rate in rates if rate.times] == []


@pytest.mark.parametrize("world", [name for name, one in SEASONS.items() if one.rows[0] <= 300])
def test_weeks_of_seasons_fail_no_gate_and_faults_in_them_do(world: str) -> None:
    rates = nulls.clean_windows(world, SEASONS[world].rows[0], windows=3, seed=0)
    assert [rate for rate in rates if rate.times] == []


@pytest.mark.usefixtures("foreign_examiners")
@pytest.mark.parametrize(
    ("world", "rows"), [(NOTHING, 300), *(("few entities have most rows", at) for at in (2_000, 20_000))]
)
def test_evidently_is_silent_on_clean_windows(world: str, rows: int) -> None:
    assert nulls.second_looks(world, rows, windows=6, seed=0)[0].times == 0


@pytest.mark.parametrize("name", [name for name in SUBJECTS if not name.startswith("DRIFT")])
def test_sound_models_are_judged_as_promised(name: str) -> None:
    rate = nulls.sound_models(name, SUBJECTS[name].rows[1], tries=12, seed=0)[0]
    assert rate.times <= 2


def test_every_promised_rate_has_its_simulation() -> None:
    promised = {code for code, facts in CATALOGUE.items() if facts.wrong_at_most is not None}
    assert promised == UNMEASURED | {one.code for one in SUBJECTS.values()}


def test_windows_are_simulated_at_the_least_rows_of_each_gate_and_at_twice_and_more() -> None:
    least = {CATALOGUE[code].minimum_rows for code in UNMEASURED}
    assert {times * rows for rows in least for times in (1, 2, 10, 100)} <= set(SITUATIONS[NOTHING].rows)


@pytest.mark.parametrize(
    "world",
    ["each entity comes 20 times", "each case of nobody is asked 5 times", "a weekend, the reference with times"],
)
def test_gross_faults_are_found_however_rows_come_about(world: str) -> None:
    found = {rate.code: rate.times for rate in nulls.planted(world, 2_000, windows=1)}
    small = found.pop("1 % out of range")
    assert small <= 1
    assert found == dict.fromkeys(found, 1)


def test_gross_faults_are_found_in_a_window_of_three_hundred_rows() -> None:
    found = {rate.code: rate.times for rate in nulls.planted(NOTHING, 300, windows=1)}
    small = found.pop("1 % out of range")
    assert small <= 1
    assert found == dict.fromkeys(found, 1)


def test_a_rate_says_how_large_the_true_one_may_be() -> None:
    assert nulls.Rate("PERF-004", 100, 300, 0).upper == pytest.approx(0.00994, abs=1e-4)
