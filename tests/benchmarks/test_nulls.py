"""A short, seeded run of the null and power simulations: silence where nothing is wrong, words where something is."""

from __future__ import annotations

import pytest

from benchmarks import nulls


@pytest.mark.parametrize("rows", [20, 300])
def test_clean_windows_raise_hardly_a_word(rows: int) -> None:
    words = {rate.code: rate.times for rate in nulls.clean_windows(rows, references=1, windows=6)}
    assert words == dict.fromkeys(words, 0)


def test_sound_models_are_judged_as_promised() -> None:
    rates = {rate.code: rate.times for rate in nulls.sound_models(100, tries=20)}
    assert set(rates) == {"PERF-001", "PERF-004", "PERF-005"}
    assert max(rates.values()) <= 2


def test_gross_faults_are_found_in_a_window_of_three_hundred_rows() -> None:
    found = {rate.code: rate.times for rate in nulls.planted(300, windows=1)}
    small = found.pop("1 % out of range")
    assert small <= 1
    assert found == dict.fromkeys(found, 1)


def test_a_rate_says_how_large_the_true_one_may_be() -> None:
    assert nulls.Rate("PERF-004", 100, 300, 0).upper == pytest.approx(0.00994, abs=1e-4)
