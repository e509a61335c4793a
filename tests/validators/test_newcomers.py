"""Names that come at the table's own rate accuse no week; a code among them, or more than came, does."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.certainty import ALONE
from validators import drift_own, sentinels
from validators.batches import observe_column
from validators.newcomers import explained
from validators.own_windows import judged_by_its_windows, with_its_windows
from validators.profiles import Profile, make_profile
from validators.specs import ColumnRule
from validators.stretches import Span

SHOP = (ColumnRule("shop", Kind.CATEGORY),)
FIRST, DAYS, WEEK = pd.Timestamp("2024-01-08", tz="UTC"), 500, timedelta(weeks=1)
NOBODY_ELSE, FOR_EVER = DAYS, 10**6


def shops(
    rows: int, seed: list[int], *, day: int, days: int, least: int, a_day: float, until: int = FOR_EVER
) -> pd.DataFrame:
    """Rows of shops, of which so many more are there each day until a day."""
    draw = np.random.default_rng(seed)
    at = day + np.sort(draw.random(rows)) * days
    there = least + (np.minimum(at, until).astype(int) * a_day).astype(int)
    names = [f"S{place:04}" for place in (draw.random(rows) * there).astype(int)]
    return pd.DataFrame({"at": FIRST + pd.to_timedelta(at, unit="D"), "shop": names})


def known(table: pd.DataFrame) -> Profile:
    profile = make_profile(table.iloc[: len(table) * 4 // 5], rules=SHOP, time="at")
    return with_its_windows(profile, table, rules=SHOP, time="at", length=WEEK)


def fails(window: pd.DataFrame, profile: Profile, day: int) -> set[str]:
    begun_s = (FIRST + timedelta(days=day)).timestamp()
    span = Span(begun_s, begun_s + WEEK.total_seconds())
    checks = [judged_by_its_windows(one, window, profile, ALONE, span) for one in (sentinels.check, drift_own.check)]
    return {
        one.result.code for one in checks if any(found.severity is Severity.CRITICAL for found in one.result.findings)
    }


@pytest.mark.parametrize("until", [NOBODY_ELSE, FOR_EVER], ids=["then stays", "goes on"])
@pytest.mark.parametrize(("least", "a_day"), [(30, 0.02), (100, 0.1), (300, 0.3)])
def test_a_list_that_grew_fails_no_week_whether_it_stays_or_goes_on_and_a_code_in_it_does(
    least: int, a_day: float, until: int
) -> None:
    draw = partial(shops, least=least, a_day=a_day)
    profile = known(draw(9_000, [1, least], day=0, days=DAYS))
    assert [column.name for column, _ in profile.moving] == ["shop"]
    for day in range(DAYS + 4, DAYS + 90, 14):
        window = draw(400, [2, least, day], day=day, days=7, until=until)
        assert fails(window, profile, day) == set()
        coded = window.assign(shop=window["shop"].mask(np.arange(400) % 8 == 0, "?"))
        assert "DATA-003" in fails(coded, profile, day)


def test_new_names_are_explained_by_growth_alone_and_by_no_more_of_it_than_there_was() -> None:
    steady, growing = (
        make_profile(shops(6_000, [3], day=0, days=DAYS, least=40, a_day=a_day), rules=SHOP, time="at").columns[0]
        for a_day in (0.0, 0.04)
    )
    week = shops(400, [4], day=DAYS, days=7, least=40, a_day=0.04)["shop"]
    few, many = week.mask(np.arange(400) % 80 == 0, "new"), week.mask(np.arange(400) % 2 == 0, "new")
    several = week.where(np.arange(400) % 2 == 0, [f"N{place % 40}" for place in range(400)])

    def told(values: pd.Series[str], column: object = growing) -> dict[str, int]:
        return explained(column, observe_column(values, column), 2.0, chance=0.001)  # type: ignore[arg-type]

    assert told(few)["new"] == 5
    assert "new" not in told(many)
    assert told(several) == {}, "so many names never came"
    assert told(few, steady) == {}


@pytest.mark.parametrize("days", [250, 370, 450, 600, 740])
def test_names_of_a_calendar_come_and_go_and_explain_nothing(days: int) -> None:
    frame = shops(6_000, [5], day=0, days=days, least=40, a_day=0.0)
    months = make_profile(frame.assign(shop=frame["at"].dt.month_name()), rules=SHOP, time="at").columns[0]
    assert not months.names.is_growing
