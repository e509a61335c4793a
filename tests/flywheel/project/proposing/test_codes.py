"""Codes for missing are found where they stand apart from what is counted, and no honest column is asked about."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from flywheel.project.proposing.codes import ceiling, number_codes

RNG = np.random.default_rng(5)


def told(*parts: object) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What is proposed as a code, and what is asked about."""
    amounts = Counter(float(amount) for part in parts for amount in np.atleast_1d(np.asarray(part)))
    return number_codes(amounts), ceiling(amounts)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("codes", [(99.0,), (77.0, 88.0, 99.0), (97.0, 98.0, 99.0)])
def test_a_spike_beyond_small_whole_numbers_is_proposed_as_missing(share: float, codes: tuple[float, ...]) -> None:
    spikes = [np.full(int(1_000 * share * 2), code) for code in codes]
    assert told(RNG.integers(0, 31, 1_000), *spikes) == (codes, ())


def test_a_spike_just_beyond_the_largest_is_asked_about() -> None:
    ages = np.clip(RNG.normal(42, 12, 2_000), 18, 76).round()
    assert told(ages, np.full(100, 99)) == ((), (99.0,))


@pytest.mark.parametrize("top", [99.9, 100.0, 199.0])
def test_a_spike_many_times_beyond_all_others_is_proposed_as_missing(top: float) -> None:
    assert told(RNG.uniform(0, top, 2_000).round(1), [0.0, top], np.full(130, 999)) == ((999.0,), ())


def test_a_code_among_few_answers_is_one_and_a_lone_slip_is_none() -> None:
    assert told(RNG.integers(1, 6, 500), np.full(9, 99)) == ((99.0,), ())
    assert told(RNG.integers(1, 6, 500), 99) == ((), ())


@pytest.mark.parametrize(
    "honest",
    [
        lambda rng: rng.integers(0, 100, 3_000),
        lambda rng: rng.integers(0, 101, 3_000),
        lambda rng: rng.poisson(3, 5_000),
        lambda rng: rng.geometric(0.05, 5_000),
        lambda rng: np.clip(rng.normal(60, 20, 5_000), 18, 99).round(),
        lambda rng: rng.lognormal(5, 2, 5_000).round(),
        lambda rng: rng.integers(1, 1_000, 5_000),
        lambda rng: np.clip(rng.exponential(30, 5_000), 1, 99).round(),
        lambda rng: rng.choice([9, 19, 29, 49, 99], 2_000, p=[0.3, 0.3, 0.2, 0.15, 0.05]),
        lambda rng: rng.integers(1950, 2000, 3_000),
    ],
)
def test_honest_columns_are_not_asked_about(honest: object) -> None:
    for seed in range(20):
        assert told(honest(np.random.default_rng(seed))) == ((), ())  # type: ignore[operator]


SPANS = [(0, 89), (0, 99), (0, 100), (18, 100), (1, 98), (0, 78), (0, 1_000), (0, 889), (-15, 36), (-40, 41)]
FAR_APART = [
    (span, code) for span in SPANS for code in (999, 9999, -99, -999, -9999) if abs(code) >= 2 * max(map(abs, span))
]


@pytest.mark.parametrize("share", [0.02, 0.1])
@pytest.mark.parametrize(("span", "code"), FAR_APART)
def test_a_code_far_beyond_a_columns_own_values_is_found_whatever_those_are(
    span: tuple[int, int], code: int, share: float
) -> None:
    """The class: own values that look like codes (99, 88, 977) hide none, and neither do real negatives."""
    codes, asked = told(RNG.integers(*span, 3_000), list(range(*span)), np.full(int(3_000 * share), code))
    assert {*codes, *asked} == {float(code)}


NINES = (999.9, 9999.9, 999.99, -99.9, -99.99, -999.9, -9.9, -1.0)


@pytest.mark.parametrize("share", [0.02, 0.1])
@pytest.mark.parametrize("code", NINES)
@pytest.mark.parametrize("span", [(25.2, 96.8), (0.0, 40.0), (3.0, 8.0)])
def test_a_code_may_have_the_decimals_of_its_column(span: tuple[float, float], code: float, share: float) -> None:
    amounts = RNG.uniform(*span, 3_000).round(1)
    assert told(amounts, np.full(int(3_000 * share), code)) == ((code,), ())


def test_a_code_with_decimals_beside_real_negatives_is_found() -> None:
    codes, asked = told(RNG.normal(5, 9, 3_000).round(1), np.full(60, -99.9))
    assert {*codes, *asked} == {-99.9}


@pytest.mark.parametrize(
    "honest",
    [
        lambda rng: np.clip(rng.normal(97, 2, 5_000), 70, 99.9).round(1),
        lambda rng: rng.uniform(0, 99.9, 5_000).round(1),
        lambda rng: rng.lognormal(3, 1, 5_000).round(1),
        lambda rng: rng.normal(0, 30, 5_000).round(1),
        lambda rng: rng.uniform(0, 9.99, 5_000).round(2),
        lambda rng: rng.choice([9.99, 19.99, 29.99, 49.99, 99.99], 2_000, p=[0.3, 0.3, 0.2, 0.15, 0.05]),
        lambda rng: rng.choice([4.9, 9.9, 14.9, 19.9, 49.9, 99.9], 2_000, p=[0.3, 0.2, 0.2, 0.15, 0.1, 0.05]),
        lambda rng: -rng.choice([4.9, 9.9, 14.9, 19.9, 49.9, 99.9], 2_000, p=[0.3, 0.2, 0.2, 0.15, 0.1, 0.05]),
        lambda rng: -rng.exponential(3, 2_000).round(1),
    ],
)
def test_honest_decimals_are_not_asked_about(honest: object) -> None:
    for seed in range(20):
        assert told(honest(np.random.default_rng(seed))) == ((), ())  # type: ignore[operator]


def test_two_codes_of_which_one_hides_the_other_are_both_found() -> None:
    assert told(RNG.integers(0, 31, 1_000), np.full(60, 99), np.full(60, 999)) == ((99.0, 999.0), ())


@pytest.mark.parametrize(
    "honest",
    [
        lambda rng: rng.normal(0, 40, 5_000).round(),
        lambda rng: rng.normal(0, 400, 5_000).round(),
        lambda rng: np.clip(rng.normal(0, 50, 5_000), -99, 99).round(),
        lambda rng: rng.integers(-99, 100, 5_000),
        lambda rng: rng.integers(-999, 20, 5_000),
        lambda rng: -rng.lognormal(4, 2, 5_000).round(),
        lambda rng: np.concatenate([rng.lognormal(8, 1, 5_000), -rng.lognormal(3, 1, 200)]).round(),
        lambda rng: -rng.choice([9, 19, 29, 49, 99], 2_000, p=[0.3, 0.3, 0.2, 0.15, 0.05]),
    ],
)
def test_honest_negatives_are_not_asked_about(honest: object) -> None:
    for seed in range(20):
        assert told(honest(np.random.default_rng(seed))) == ((), ())  # type: ignore[operator]
