"""Segments: the planted one is found first, chance is not mistaken for one, echoes of one are left out."""

from __future__ import annotations

import numpy as np
import pytest

from flywheel.errors import InputRefused
from tests.factories.traffic import RULES, traffic
from validators.columns import Floats
from validators.segments import Side, find_segments

SEEDS = 20
FRAMES = [traffic(6_000, seed=seed) for seed in range(SEEDS)]
PLANTED = [((frame["channel"] == "app") & (frame["age"] < 25)).to_numpy() for frame in FRAMES]
"""About 3 % of the rows."""


def noise(seed: int, *, heavy: bool = False) -> Floats:
    rng = np.random.default_rng(1_000 + seed)
    return rng.standard_t(2, 6_000) if heavy else rng.normal(size=6_000)


def test_a_planted_segment_of_two_columns_is_named_first() -> None:
    firsts = []
    for seed, (frame, planted) in enumerate(zip(FRAMES, PLANTED, strict=True)):
        found = find_segments(frame, noise(seed) - planted, rules=RULES, seed=seed)
        firsts.append({condition.column for condition in found[0].conditions} if found else set())
    assert sum(first == {"channel", "age"} for first in firsts) >= SEEDS - 1


@pytest.mark.parametrize("heavy", [False, True])
def test_chance_is_hardly_ever_taken_for_a_segment(heavy: bool) -> None:
    found = [
        find_segments(frame, noise(seed, heavy=heavy), rules=RULES, seed=seed, side=Side.EITHER)
        for seed, frame in enumerate(FRAMES)
    ]
    assert sum(map(bool, found)) <= 2


def test_without_the_correction_chance_is_found_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr("validators.segments.holm", np.asarray)
    found = [find_segments(frame, noise(seed), rules=RULES, seed=seed) for seed, frame in enumerate(FRAMES)]
    assert sum(map(bool, found)) > 5


def test_each_side_is_looked_for_on_its_own() -> None:
    frame, planted = FRAMES[0], PLANTED[0]
    gain = noise(0) + 1.5 * planted
    assert find_segments(frame, gain, rules=RULES, seed=0, side=Side.WORSE) == ()
    better = find_segments(frame, gain, rules=RULES, seed=0, side=Side.BETTER)
    either = find_segments(frame, gain, rules=RULES, seed=0, side=Side.EITHER)
    assert better[0].conditions == either[0].conditions
    assert better[0].low > 0


def test_figures_come_with_bounds_and_the_rows_that_are_meant() -> None:
    frame = FRAMES[3]
    owners = frame["owner"].to_numpy(dtype=bool)
    segment = find_segments(frame, noise(3) - 0.5 * owners, rules=RULES, seed=3)[0]
    assert segment.name == "owner = true"
    assert (segment.rows, segment.mask.tolist()) == (owners.sum(), owners.tolist())
    assert -0.75 < segment.low < segment.high < -0.4
    assert segment.difference == pytest.approx(segment.inside - segment.outside)
    assert segment.p_value < 0.05


def test_what_is_better_elsewhere_does_not_make_the_rest_worse() -> None:
    found = [
        find_segments(frame, noise(seed) + 3.0 * planted, rules=RULES, seed=seed, side=Side.WORSE)
        for seed, (frame, planted) in enumerate(zip(FRAMES[:8], PLANTED[:8], strict=True))
    ]
    assert sum(map(bool, found)) <= 1


def test_a_segment_that_another_explains_is_not_named() -> None:
    frame = FRAMES[4]
    gain = noise(4) - 0.8 * frame["owner"].to_numpy(dtype=bool)
    assert [segment.name for segment in find_segments(frame, gain, rules=RULES, seed=4)] == ["owner = true"]


def test_two_planted_segments_are_both_named() -> None:
    frame = FRAMES[5]
    gain = noise(5) - 0.8 * frame["owner"] - 0.8 * (frame["channel"] == "branch")
    named = {segment.name for segment in find_segments(frame, gain.to_numpy(), rules=RULES, seed=5)}
    assert {"owner = true", "channel = branch"} <= named


def test_the_same_seed_finds_the_same() -> None:
    frame, gain = FRAMES[6], noise(6) - PLANTED[6]
    assert find_segments(frame, gain, rules=RULES, seed=1) == find_segments(frame, gain, rules=RULES, seed=1)


@pytest.mark.parametrize("gain", [np.zeros(10), np.full(6_000, np.nan)])
def test_figures_that_cannot_be_compared_are_refused(gain: Floats) -> None:
    with pytest.raises(InputRefused, match="one finite figure for each row"):
        find_segments(FRAMES[0], gain, rules=RULES, seed=0)


def test_a_figure_that_never_differs_and_a_frame_too_small_have_no_segment() -> None:
    assert find_segments(FRAMES[0], np.ones(6_000), rules=RULES, seed=0) == ()
    assert find_segments(FRAMES[0][:50], noise(0)[:50], rules=RULES, seed=0) == ()
