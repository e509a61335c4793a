"""A column of one value or none is a yes and a no; where hardly a row holds or lacks it, it tells nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.presence import as_sign
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm


def of(*values: str, given: Kind | None = None) -> Proposed:
    held = Counter(values)
    one = propose("x", "x", held, given=given, form=TextForm(decimal=",", thousands="."), is_whole=True)
    return as_sign(one, held, given=given, is_whole=True)


@pytest.mark.parametrize("value", ["X", "35 EUR", "1", "01.02.2023", "oui", "12,5"])
def test_one_value_or_none_is_a_yes_and_a_no_and_is_asked_about(value: str) -> None:
    one = of(*[value] * 40, *[""] * 60)

    assert (one.kind, one.categories, one.kept) == (Kind.CATEGORY, (value,), "")
    assert (one.date_formats, one.between, one.unit) == ((), None, "")
    (asked,) = one.decide
    assert f"it says {value} in 40 rows of 100" in asked
    assert asked.endswith('else role = "kept"')


def test_numbers_of_a_file_with_types_stay_numbers() -> None:
    one = of(*["35"] * 40, *[""] * 60, given=Kind.NUMBER)

    assert (one.kind, one.kept, len(one.decide)) == (Kind.NUMBER, "", 1)


@pytest.mark.parametrize("values", [["X"] * 100, ["X"] * 98 + [""] * 2, ["X"] * 2 + [""] * 98, [""] * 100])
def test_what_hardly_any_row_says_or_lacks_tells_nothing(values: list[str]) -> None:
    assert of(*values).kept == "a single value carries no information"
