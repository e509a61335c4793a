"""Words that seem to be amounts or times are asked about; codes, names and versions are words."""

import pytest

from flywheel.project.proposing.seeming import seeming


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
