"""Words that seem to be amounts or times are asked about; codes, names and versions are words."""

import pytest

from flywheel.project.proposing.seeming import counted_moments, seeming


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        (["1,234.00 €", "12.50 €"], "amounts"),
        (["$1,234.00", "($12.00)"], "amounts"),
        (["38.4%", "7.0%"], "amounts"),
        (["CHF 1'200.50", "CHF 3.20"], "amounts"),
        (["14. März 2023", "2. Mai 2023"], "times"),
        (["2023-01-05 / 7", "2023-01-06 / 8"], "times"),
        (["05/03/2023 12:00 Uhr", "06/03/2023 11:00 Uhr"], "times"),
        (["A", "\u0410"], "look"),
        (["caf\u00e9", "cafe\u0301"], "look"),
        (["\uff21", "A "], "look"),
        (["a", "A"], ""),
        (["01060", "01061"], ""),
        (["1.2.3", "1.2.4"], ""),
        (["north", "south"], ""),
        (["A-12", "B-7"], ""),
        ([], ""),
    ],
)
def test_words_that_seem_to_be_something_else_are_asked_about(values: list[str], asked: str) -> None:
    said = seeming(dict.fromkeys(values, 5))
    assert (asked in said) if asked else not said, said


@pytest.mark.parametrize(
    ("named", "amounts", "is_asked"),
    [
        ("signup_date", [45_292, 44_000, 45_001], True),
        ("Vertragsdatum", [36_526, 45_292], True),
        ("postcode", [45_292, 44_000], False),
        ("signup_date", [2_023, 2_024], False),
        ("updated", [45_292, 5, 17], False),
    ],
)
def test_days_as_a_spreadsheet_counts_them_are_asked_about_with_the_way_on(
    *, named: str, amounts: list[int], is_asked: bool
) -> None:
    said = counted_moments(named, dict.fromkeys(map(float, amounts), 3))
    assert bool(said) is is_asked
    assert not is_asked or any(
        f"({day} is {date})" in said for day, date in ((44_000, "2020-06-18"), (36_526, "2000-01-01"))
    )
