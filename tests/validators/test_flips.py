"""What rows decided otherwise bring: bounds that hold where the dear outcome is rare, or was not seen at all."""

from __future__ import annotations

import numpy as np
import pytest

from validators.flips import gain_of_flips

SWING = (3.0, -1.0)
BREAKS_EVEN = 0.25


def misses(rows: int, turned: tuple[float, float], true: tuple[float, float], *, tries: int = 400) -> tuple[int, int]:
    """Count how often the true gain lies below and above its bounds, where shares of rows are turned to yes and no."""
    draw, below, above = np.random.default_rng(rows), 0, 0
    worth = [SWING[0] * share + SWING[1] * (1 - share) for share in true]
    truth = turned[0] * worth[0] - turned[1] * worth[1]
    for _ in range(tries):
        place, is_yes = draw.random(rows), np.where(draw.random((2, rows)) < np.array(true)[:, None], *SWING)
        gain = np.where(place < turned[0], is_yes[0], np.where(place < sum(turned), -is_yes[1], 0.0))
        bounds = gain_of_flips(gain, np.zeros(rows), swing=SWING, confidence=0.95)
        below, above = below + (truth < bounds.low), above + (truth > bounds.high)
    return below, above


@pytest.mark.parametrize("rows", [50, 500])
@pytest.mark.parametrize(
    ("turned", "true"),
    [
        ((0.1, 0.0), (BREAKS_EVEN, 0.0)),
        ((0.05, 0.05), (BREAKS_EVEN, BREAKS_EVEN)),
        ((0.02, 0.02), (0.5, 0.5)),
        ((0.05, 0.3), (0.5, 0.3)),
    ],
)
def test_the_true_gain_lies_outside_either_bound_no_oftener_than_is_promised(
    rows: int, turned: tuple[float, float], true: tuple[float, float]
) -> None:
    assert max(misses(rows, turned, true)) <= 0.025 * 400 + 10


def test_rows_turned_one_way_alone_are_sure_of_nothing_about_the_other() -> None:
    gain = np.where(np.arange(50) < 2, 3.0, 0.0)
    both = gain_of_flips(gain, np.zeros(50), swing=SWING, confidence=0.95)
    one = gain_of_flips(gain, np.zeros(50), swing=SWING, confidence=0.95, is_one_way=True)
    assert both.low < one.low <= one.estimate == both.estimate


def test_one_way_the_bound_is_above_nought_where_the_exact_test_says_so() -> None:
    gain = np.where(np.arange(200) < 12, 3.0, np.where(np.arange(200) < 20, -1.0, 0.0))
    sure = gain_of_flips(gain, np.zeros(200), swing=SWING, confidence=0.95, is_one_way=True)
    unsure = gain_of_flips(gain[8:], np.zeros(192), swing=SWING, confidence=0.95, is_one_way=True)
    assert (sure.low > 0, unsure.low > 0) == (True, False)  # of twenty turned rows 12 are true, of twelve only 4


def test_who_decides_every_row_alike_gains_nothing() -> None:
    told = gain_of_flips(np.ones(60), np.ones(60), swing=SWING, confidence=0.95)
    assert (told.low, told.estimate, told.high) == (0.0, 0.0, 0.0)


def test_a_gain_that_no_decision_brings_is_refused() -> None:
    with pytest.raises(ValueError, match="60 gains are not what another decision brings"):
        gain_of_flips(np.full(60, 2.5), np.zeros(60), swing=SWING, confidence=0.95)
