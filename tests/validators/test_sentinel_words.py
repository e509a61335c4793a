"""A changed unit is named, and any other that is too near to be told from it."""

import pytest

from tests.factories.traffic import RULES, traffic
from validators.averages import Averages
from validators.profiles import make_profile
from validators.sentinel_words import has_other_unit
from validators.unit_changes import UNITS, Unit, told

COLUMN = make_profile(traffic(), rules=RULES).columns[0]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.words)
def test_a_changed_unit_is_told_with_the_figures_before_and_now(unit: Unit) -> None:
    found = has_other_unit(COLUMN, [unit], Averages(58.0, 58.0 * unit.times + unit.plus, unit.times))
    assert f"as if {unit.formula} ({unit.words})" in found.what
    assert ("times" in found.what) is not bool(unit.plus)
    assert found.allowed == "58 on average"
    assert ("unless it has moved" in found.what) is (not unit.plus and 0.14 < unit.times < 7.1)


def test_units_that_cannot_be_told_apart_are_both_told() -> None:
    hours, inches = (next(unit for unit in UNITS if unit.words == words) for words in ("hours as days", "mm as inches"))
    both = "÷ 24 (hours as days) or ÷ 25.4 (mm as inches)"
    assert told([hours, inches]) == both
    found = has_other_unit(COLUMN, [hours, inches], Averages(58.0, 2.4, 0.04))
    assert found.what.startswith(f"{COLUMN.name} went from 58 to 2.4 on average, as if {both};")
