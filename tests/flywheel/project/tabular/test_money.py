"""Nine in ten intervals of the money hold the true mean, also where the dear mistake is seldom among the rows."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

from flywheel.domain.value import Payoff
from flywheel.project.tabular.certainty import ALONE, Units, units_of
from flywheel.project.tabular.money import Estimate, money_with_interval
from flywheel.project.tabular.scoring import score
from tests.factories.tabular import PAYOFF

TRIES = 300
Drawn = tuple[NDArray[np.uint8], NDArray[np.float64], Units]


def drawn(rng: np.random.Generator, rows: int, base: float, apart: float, each: int = 1) -> Drawn:
    """Draw outcomes with the chances that a perfect model gives; of an entity all rows have one outcome."""
    labels = np.repeat(rng.random(rows // each) < base, each)
    signs = rng.normal(size=labels.size) + np.where(labels, apart, 0)
    odds = np.log(base / (1 - base)) + apart * signs - apart**2 / 2
    units = ALONE if each == 1 else units_of(np.repeat(np.arange(rows // each), each))
    return labels.astype(np.uint8), 1 / (1 + np.exp(-odds)), units


@pytest.mark.parametrize(
    ("rows", "base", "apart", "costs", "each"),
    [
        (100, 0.3, 3.0, (-100, 0, -5), 1),
        (200, 0.2, 3.0, (-100, 0, -5), 1),
        (200, 0.1, 2.5, (-200, 0, -5), 1),
        (300, 0.02, 2.0, (-200, 10, -5), 1),
        (400, 0.05, 3.0, (-500, 10, -10), 1),
        (1_000, 0.02, 2.5, (-500, 0, -5), 1),
        (2_000, 0.01, 3.0, (-1_000, 0, -10), 1),
        (500, 0.3, 1.0, (-20, 10, -10), 1),
        (60, 0.5, 0.5, (-1, 1, -1), 1),
        (2_000, 0.05, 2.5, (-500, 0, -5), 5),
    ],
)
def test_nine_in_ten_intervals_hold_the_true_mean(
    rows: int, base: float, apart: float, costs: tuple[int, int, int], each: int
) -> None:
    missed, hit, needless = costs
    payoff = Payoff.of(true_positive=hit, false_positive=needless, true_negative=0, false_negative=missed)
    limit, rng = -needless / (hit - needless - missed), np.random.default_rng(rows)
    labels, chances, _ = drawn(rng, 2_000_000, base, apart)
    said = chances >= limit
    true = float(np.where(labels == 1, np.where(said, hit, missed), np.where(said, needless, 0)).mean())
    outside = 0
    for _ in range(TRIES):
        labels, chances, units = drawn(rng, rows, base, apart, each)
        kpi = score(labels, chances, chances >= limit, payoff=payoff, units=units).kpi
        outside += not float(kpi.low) <= true <= float(kpi.high)
    assert outside <= 0.1 * TRIES + 2 * (TRIES * 0.09) ** 0.5


def money(is_true: list[bool], said: list[bool], *, decides: bool = True, each: int = 1) -> Estimate:
    units = ALONE if each == 1 else units_of(np.repeat(np.arange(len(said)), each))
    given = (np.repeat(np.array(one, dtype=bool), each) for one in (is_true, said))
    return money_with_interval(*given, payoff=PAYOFF, decides=decides, units=units)


def test_where_mistakes_are_common_it_is_hardly_wider_than_a_standard_error_says() -> None:
    rng = np.random.default_rng(3)
    is_true, said = rng.random(4_000) < 0.4, rng.random(4_000) < 0.5
    found = money_with_interval(is_true, said, payoff=PAYOFF, decides=True)
    table = np.array([[PAYOFF.true_negative, PAYOFF.false_positive], [PAYOFF.false_negative, PAYOFF.true_positive]])
    each = table.astype(float)[is_true.astype(int), said.astype(int)]
    assert float(found.value) == pytest.approx(each.mean(), abs=1e-6)
    assert float(found.high - found.low) == pytest.approx(2 * 1.645 * each.std() / 4_000**0.5, rel=0.08)


def test_an_answer_that_no_row_shows_may_be_given_later_and_cost_the_most() -> None:
    seen = money([True] * 40, [True] * 40)
    always = money([True] * 40, [True] * 40, decides=False)
    assert seen.value == always.value == Decimal(PAYOFF.true_positive)
    assert seen.low < always.low < always.value


def test_copies_of_rows_make_nothing_surer() -> None:
    is_true, said = [n % 3 == 0 for n in range(60)], [n % 2 == 0 for n in range(60)]
    once, often = money(is_true, said), money(is_true, said, each=5)
    assert often.value == once.value
    assert float(often.high - often.low) == pytest.approx(float(once.high - once.low), rel=0.02)
