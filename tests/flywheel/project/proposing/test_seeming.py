"""Words that seem to be amounts or times are asked about; codes, names and versions are words."""

from collections import Counter
from collections.abc import Callable

import pytest

from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.seeming import counted_moments, seeming
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm


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
        (["1:30:00", "0:45:10"], "durations or times of day (1:30:00)"),
        (["9:15", "23:05"], "durations or times of day"),
        (["1h30", "2h05"], "durations or times of day"),
        (["PT1H30M", "PT5M", "P1DT2H"], "durations or times of day"),
        (["0 days 01:30:00", "2 days 00:00:05.5"], "durations or times of day"),
        (["2024-03-01 24:00", "2024-03-01 23:00"], "write 00:00 of the next day instead of 24:00"),
        (["01.03.2024 24:00:00", "01.03.2024 23:00:00"], "write 00:00 of the next day instead of 24:00"),
        (["16:9", "4:3"], ""),
        (["P1", "P2", "PT"], ""),
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
    said, is_named = counted_moments(named, dict.fromkeys(map(float, amounts), 3))
    assert is_named is is_asked
    assert bool(said) is is_asked
    assert not is_asked or any(
        f"({day} is {date})" in said for day, date in ((44_000, "2020-06-18"), (36_526, "2000-01-01"))
    )


@pytest.mark.parametrize(
    ("named", "amounts", "is_asked"),
    [
        ("opened", [44_604 + n * 3 for n in range(200)], True),
        ("order_date", [44_604.04 + n * 1.37 for n in range(200)], True),
        ("income", [20_000 + n * 97 for n in range(200)], False),
        ("speed", [44_604.04 + n * 1.37 for n in range(200)], False),
        ("time_ms", [20_000.5 + n * 97 for n in range(200)], False),
        ("opened", [44_604, 44_605], False),
    ],
)
def test_recent_days_of_a_spreadsheet_are_asked_about_under_any_header_and_with_their_time_of_day(
    *, named: str, amounts: list[float], is_asked: bool
) -> None:
    said, _ = counted_moments(named, dict.fromkeys(map(float, amounts), 3))
    assert ("(44604 is 2022-02-12)" in said) is is_asked
    assert bool(said) is is_asked


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        ([f"2024-01-{n:02}" for n in range(1, 29)], "cast them to a timestamp"),
        ([f"{n:02}.01.2024" for n in range(1, 29)], "cast them to a timestamp"),
        ([f"{n * 7}.5" for n in range(60)], "cast them to numbers"),
        ([f"{n},50" for n in range(60)], "cast them to numbers"),
        ([f"{n}" for n in range(60)], ""),
        (["1.0", "2.0"], ""),
        ([f"word {n}" for n in range(60)], ""),
    ],
)
def test_days_and_amounts_in_a_column_of_text_are_asked_about(values: list[str], asked: str) -> None:
    found = propose("x", "x", Counter(values * 3), given=Kind.TEXT, form=TextForm(), is_whole=True)
    assert found.kind in {Kind.TEXT, Kind.CATEGORY}
    said = "; ".join(found.decide)
    assert (asked in said) if asked else not said


SECONDS = [1_704_067_200 + 86_413 * n for n in range(200)]


@pytest.mark.parametrize("parts", [1, 1_000, 1_000_000])
@pytest.mark.parametrize("given", [None, Kind.INTEGER])
def test_what_computers_count_is_hinted_at_under_any_name(parts: int, given: Kind | None) -> None:
    found = propose(
        "x7", "x7", Counter(str(one * parts) for one in SECONDS), given=given, form=TextForm(), is_whole=True
    )
    assert "(1704067200" in found.decide[-1].replace("000)", ")") or "is 2024-01-01" in found.decide[-1]
    assert 'then kind = "time"' in found.decide[-1]


@pytest.mark.parametrize("name", ["x7", "updated"])
def test_seconds_beside_milliseconds_are_times_too(name: str) -> None:
    values = Counter(str(one * (1_000 if place % 2 else 1)) for place, one in enumerate(SECONDS))
    found = propose(name, name, values, given=None, form=TextForm(), is_whole=True)
    assert "seconds and milliseconds since 1970" in found.decide[-1]
    assert 'then kind = "time"' in found.decide[-1]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("phone_id", SECONDS),
        ("revenue", [*SECONDS, 17]),
        ("revenue", [int(1.6**n * 1_000_000) for n in range(20)]),
        ("x", SECONDS[:5]),
    ],
)
def test_amounts_and_names_of_ten_digits_are_no_times(name: str, values: list[int]) -> None:
    found = propose(name, name, Counter(map(str, values)), given=None, form=TextForm(), is_whole=True)
    assert not any("since 1970" in one for one in found.decide)


@pytest.mark.parametrize(
    ("name", "values", "is_asked"),
    [
        ("ort", [1_010 + 31 * n % 8_900 for n in range(280)], True),
        ("ort", [1_000, 9_992, *range(2_000, 2_050)], True),
        ("year", [1_950 + n % 75 for n in range(300)], False),
        ("amount", [950 + 31 * n % 8_900 for n in range(280)], False),
        ("amount", [1_010 + 31 * n % 9_400 for n in range(300)], False),
        ("customer_id", [1_010 + 31 * n % 8_900 for n in range(280)], False),
    ],
)
def test_four_digits_that_fill_their_range_may_be_codes(name: str, values: list[int], is_asked: bool) -> None:
    found = propose(name, name, Counter(map(str, values * 2)), given=None, form=TextForm(), is_whole=True)
    assert found.kind is Kind.INTEGER
    assert any('are these amounts? else kind = "category"' in one for one in found.decide) is is_asked


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
        *("1950:{1}", "1960M{0}", "1960m{0}"),
    ],
)
def test_what_names_a_period_is_kept_aside_with_the_reason(written: str) -> None:
    values = Counter(written.format(n % 12 + 1, n % 4 + 1) for n in range(200))
    found = propose("period", "period", values, given=None, form=TextForm(), is_whole=True)
    assert "periods" in found.kept
    assert found.categories == ()


@pytest.mark.parametrize("given", [None, Kind.INTEGER])
@pytest.mark.parametrize(
    "written",
    [
        lambda n: f"2021{n % 3 + 1:02}",
        lambda n: f"{2021 + n % 40 // 12}{n % 40 % 12 + 1:02}",
        lambda n: f"{2022 + n % 2}{n % 52 + 1:02}",
        lambda n: f"{2021 + n % 3}{n % 4 + 1}",
        lambda n: f"2023{n % 365 + 1:03}",
    ],
)
def test_periods_in_digits_are_kept_aside_and_asked(written: Callable[[int], str], given: Kind | None) -> None:
    found = propose("it", "it", Counter(map(written, range(400))), given=given, form=TextForm(), is_whole=True)
    assert found.kind is Kind.INTEGER
    assert "periods" in found.kept


@pytest.mark.parametrize("written", [lambda n: f"{2021 + n % 3}.{n % 12 + 1:02}", lambda n: f"{n % 12 + 1:02}.2023"])
def test_months_that_look_like_decimals_are_periods(written: Callable[[int], str]) -> None:
    assert (
        "periods"
        in propose("it", "it", Counter(map(written, range(400))), given=None, form=TextForm(), is_whole=True).kept
    )


@pytest.mark.parametrize("low", [202_100, 20_150, 2_023_300, 199_900])
def test_amounts_that_go_on_beyond_a_year_are_no_periods(low: int) -> None:
    for step, many in ((7, 160), (1, 90), (3, 900)):
        amounts = Counter(str(low + n * step % many) for n in range(400))
        assert propose("price", "price", amounts, given=None, form=TextForm(), is_whole=True).kept == ""


@pytest.mark.parametrize(
    "values", [["Q1", "Q2"], ["Jan", "Feb"], ["202301", "202302"], ["W1", "W2"], ["A-2023", "B-2023"]]
)
def test_what_comes_again_is_no_period(values: list[str]) -> None:
    found = propose("period", "period", Counter(values * 50), given=None, form=TextForm(), is_whole=True)
    assert found.kept == ""


def test_a_letter_that_is_seldom_written_small_is_asked_about() -> None:
    said = seeming({"O": 2_500, "N": 2_600, "o": 5})

    assert "'O' (2,500 rows) and 'o' (5 rows) differ in upper and lower case alone" in said
