"""A changed unit is named where the factor is one of a unit, and else what else it may be."""

import pytest

from tests.factories.traffic import RULES, traffic
from validators.averages import Averages
from validators.profiles import make_profile
from validators.sentinel_words import has_other_unit

COLUMN = make_profile(traffic(), rules=RULES).columns[0]


@pytest.mark.parametrize(
    ("factor", "is_unit"),
    [(100.0, True), (0.01, True), (97.0, True), (60.0, True), (7.0, False), (30.0, False)],
)
def test_only_the_factor_of_a_unit_says_that_the_unit_has_changed(factor: float, *, is_unit: bool) -> None:
    found = has_other_unit(COLUMN, factor, Averages(1.0, factor, factor))
    assert ("its unit seems to have changed" in found.what) is is_unit
