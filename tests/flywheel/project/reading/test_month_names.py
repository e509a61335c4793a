"""A month is read by its name as Western Europe writes it, in every place where rows come in, and by no other."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import chain

import pytest

from flywheel.project.reading.date_forms import formats_of
from flywheel.project.reading.moments import moment_of
from flywheel.project.reading.month_names import _FULL, _SHORT

YEARS = {
    "%d. %B %Y": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "%d %B %Y": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "%d de %B de %Y": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "%d. %b %Y": "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "%d %b %Y": "gen feb mar apr mag giu lug ago set ott nov dic",
    "%d-%b-%Y": "jan fev mar abr mai jun jul ago set out nov dez",
    "%d%b%Y": "JAN FEB MRT APR MEI JUN JUL AUG SEP OKT NOV DEC",
    "%b %d, %Y": "Jan. Feb. March April May June July Aug. Sept. Oct. Nov. Dec.",
    "%B %d, %Y": "January February March April May June July August September October November December",
}


@pytest.mark.parametrize("form", YEARS)
def test_each_month_of_a_year_is_read_as_that_month(form: str) -> None:
    way = form.replace("%B", "#").replace("%b", "#").replace("%d", "{day:02}").replace("%Y", "2024")
    written = [way.replace("#", name).format(day=n + 9) for n, name in enumerate(YEARS[form].split(), 1)]
    assert formats_of(written) == (form,)
    assert [moment_of(text, (form,)) for text in written] == [
        datetime(2024, month, month + 9, tzinfo=UTC) for month in range(1, 13)
    ]


def test_no_name_is_that_of_two_months() -> None:
    words = Counter(
        chain.from_iterable(set(f"{full} {short}".split()) for full, short in zip(_FULL, _SHORT, strict=True))
    )
    assert max(words.values()) == 1


@pytest.mark.parametrize(
    "text", ["1 listopad 2024", "1 Zimmer 2024", "31 février 2024", "1 Janua 2024", "1 mar mar 2024"]
)
def test_what_names_no_month_that_is_known_is_no_day(text: str) -> None:
    assert formats_of([text]) == ()
    assert moment_of(text, ("%d %B %Y", "%d %b %Y")) is None


def test_a_format_with_a_point_behind_the_month_is_taken_at_its_word() -> None:
    assert moment_of("5 Jan. 2024", ("%d %b. %Y",)) == datetime(2024, 1, 5, tzinfo=UTC)
    assert moment_of("5 Jan 2024", ("%d %b. %Y",)) is None


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("2024年1月13日", ("%Y年%m月%d日",)),
        ("2024년 1월 13일", ("%Y년 %m월 %d일",)),
        ("13012024", ("%d%m%Y",)),
        ("01132024", ("%m%d%Y",)),
    ],
)
def test_days_of_signs_or_of_digits_alone_are_read(text: str, forms: tuple[str, ...]) -> None:
    assert formats_of([text]) == forms
    assert moment_of(text, forms) == datetime(2024, 1, 13, tzinfo=UTC)


def test_a_day_of_digits_alone_has_eight_of_them() -> None:
    assert moment_of("1122024", ("%d%m%Y",)) is None
    assert moment_of("2024113", ("%Y%m%d",)) is None
