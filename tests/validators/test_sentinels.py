"""DATA-003: each corruption is found and named; clean days stay silent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Verdict
from flywheel.project.reading.kinds import Kind
from tests.factories.traffic import RULES, traffic
from validators import sentinels
from validators.batches import merge, observe
from validators.profiles import Profile, make_profile
from validators.sentinels import Sentinel
from validators.specs import ColumnRule

PROFILE = make_profile(traffic(20_000, seed=100), rules=RULES)
FLAT = make_profile(traffic(20_000, seed=100).assign(ratio=0.0), rules=RULES)


def put(column: str, change: Callable[[pd.Series], pd.Series]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(**{column: change(frame[column])})


def some(share: float, values: pd.Series) -> np.ndarray:
    return np.random.default_rng(7).random(len(values)) < share


CORRUPTIONS = {
    "null becomes 998, which nobody declared": (Sentinel.NULL_SWAP, put("score", lambda s: s.fillna(998))),
    "zero becomes null": (Sentinel.NULL_SWAP, put("balance", lambda s: s.mask(s == 0))),
    "unit times 100": (Sentinel.UNIT, put("income", lambda s: s * 100)),
    "unit by 1000": (Sentinel.UNIT, put("income", lambda s: s / 1_000)),
    "a new point mass": (Sentinel.POINT_MASS, put("income", lambda s: s.mask(some(0.03, s), 30_000.0))),
    "half the rows one code": (Sentinel.POINT_MASS, put("income", lambda s: s.mask(some(0.5, s), 199 * s.mean()))),
    "categories merged": (Sentinel.MERGE, put("channel", lambda s: s.replace({"branch": "app"}))),
    "a category renamed": (Sentinel.RENAMED, put("channel", lambda s: s.replace({"branch": "BRANCH"}))),
    "a constant column": (Sentinel.CONSTANT, put("ratio", lambda s: s * 0 + 0.3)),
    "a stuck flag": (Sentinel.CONSTANT, put("owner", lambda s: s & False)),
}


def kinds(frame: pd.DataFrame, profile: Profile = PROFILE) -> list[str]:
    page = sentinels.check(frame, profile=profile).reports[0].content.decode()
    return [kind.value for kind in Sentinel if f"<td>{kind.value}</td>" in page]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_planted_corruption_is_found_and_named(name: str) -> None:
    kind, corrupt = CORRUPTIONS[name]
    for seed in (1, 2, 3):
        frame = corrupt(traffic(seed=seed))
        assert sentinels.check(frame, profile=PROFILE).result.verdict is Verdict.FAILED
        assert kinds(frame) == [kind.value]


def test_a_column_that_comes_alive_is_named_and_warned_about() -> None:
    result = sentinels.check(traffic(), profile=FLAT).result
    assert result.verdict is Verdict.WARNED
    assert "ratio was always 0 in the reference and now holds" in result.findings[0].what


def test_thirty_clean_days_raise_no_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    days = [sentinels.check(traffic(2_500, seed=1_000 + day), profile=PROFILE).result for day in range(30)]
    alarms = [finding.what for day in days for finding in day.findings]
    with capsys.disabled():
        print(f"\nDATA-003: {len(CORRUPTIONS)} corruptions planted, alarms on 30 clean days: {len(alarms)}")  # noqa: T201
    assert alarms == []
    assert {day.verdict for day in days} == {Verdict.PASSED}


@pytest.mark.parametrize(("reference", "window"), [(400, 250), (1_000, 300)])
def test_small_references_and_windows_raise_no_alarm_by_chance(reference: int, window: int) -> None:
    profile = make_profile(traffic(reference, seed=7), rules=RULES)
    days = [sentinels.check(traffic(window, seed=500 + day), profile=profile).result for day in range(30)]
    assert [finding.what for day in days for finding in day.findings] == []


def test_the_swap_is_told_with_figures_before_and_now() -> None:
    result = sentinels.check(traffic().fillna({"score": 998}), profile=PROFILE).result
    assert len(result.findings) == 1
    assert result.findings[0].what.startswith("What was missing in score now arrives as 998: 8.4% were missing before")


TOWNS = [f"Town {letter}" for letter in "ABCDEFGHIJKL"]


def towns(rows: int, seed: int) -> pd.DataFrame:
    weights = np.array([1 / (place + 3) for place in range(len(TOWNS))])
    drawn = np.random.default_rng(seed).choice(TOWNS, rows, p=weights / weights.sum())
    return pd.DataFrame({"town": pd.Series(drawn, dtype=object)})


@pytest.mark.parametrize("rows", [300, 1_000, 5_000])
@pytest.mark.parametrize("gone", ["Town A", "Town B", "Town D"])
def test_a_name_that_became_another_is_told_without_a_bystander(gone: str, rows: int) -> None:
    profile = make_profile(towns(5_000, seed=1), rules=(ColumnRule("town", Kind.CATEGORY),))
    for seed in range(10, 20):
        frame = towns(rows, seed).replace({gone: "TOWN X"})
        result = sentinels.check(frame, profile=profile).result
        (told,) = (finding.what for finding in result.findings)
        assert f"'{gone}' seems to be called 'TOWN X' now" in told
        assert [town for town in TOWNS if f"'{town}'" in told] == [gone]


def test_a_name_that_goes_away_is_merged_with_none_that_grew_by_chance() -> None:
    profile = make_profile(towns(5_000, seed=1), rules=(ColumnRule("town", Kind.CATEGORY),))
    for seed in range(10, 40):
        frame = towns(400, seed)
        frame = frame[frame["town"] != "Town B"]
        told = " ".join(finding.what for finding in sentinels.check(frame, profile=profile).result.findings)
        assert "merged" not in told


def test_merged_batches_are_judged_like_the_whole() -> None:
    week = traffic(3_500, seed=5).fillna({"score": 998})
    days = merge(observe(week.iloc[i : i + 500], PROFILE) for i in range(0, 3_500, 500))
    assert sentinels.check(days, profile=PROFILE).result == sentinels.check(week, profile=PROFILE).result


def test_few_rows_are_no_evidence() -> None:
    assert sentinels.check(traffic(150), profile=PROFILE).result.verdict is Verdict.NOT_EVALUATED
