"""Words that seem to be amounts or times are asked about; codes, names and versions are words."""

from collections import Counter

import pytest

from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.seeming import counted_moments, seeming
from flywheel.project.text_form import TextForm


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
        (["Oui", "oui", "Non"], "upper and lower case"),
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


@pytest.mark.parametrize(
    "written",
    [
        *(
            "2023-{0:02d}",
            "2023/{0:02d}",
            "{0:02d}/2023",
            "2023-W{0:02d}",
            "2023W{0:02d}",
            "KW {0:02d}/2023",
            "W{0}-23",
        ),
        *("Q{1} 2023", "2023-Q{1}", "2023Q{1}", "Q{1}/23", "FY2{1}", "FY202{1}", "202{1}/2{1}"),
    ],
)
def test_what_names_a_period_is_kept_aside_with_the_reason(written: str) -> None:
    values = Counter(written.format(n % 12 + 1, n % 4 + 1) for n in range(200))
    found = propose("period", "period", values, given=None, form=TextForm(), is_whole=True)
    assert "periods" in found.kept
    assert found.categories == ()


@pytest.mark.parametrize(
    "values", [["Q1", "Q2"], ["Jan", "Feb"], ["202301", "202302"], ["W1", "W2"], ["A-2023", "B-2023"]]
)
def test_what_comes_again_is_no_period(values: list[str]) -> None:
    found = propose("period", "period", Counter(values * 50), given=None, form=TextForm(), is_whole=True)
    assert found.kept == ""


def test_a_letter_that_is_seldom_written_small_is_asked_about() -> None:
    said = seeming({"O": 2_500, "N": 2_600, "o": 5})

    assert "'O' (2,500 rows) and 'o' (5 rows) differ in upper and lower case alone" in said
