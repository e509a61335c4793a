"""DRIFT-001: planted faults ring, thirty clean weeks stay silent, no reference rows are needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from benchmarks.null_worlds import clean_world, drawn, rules_of
from flywheel.domain.gates import Severity, Verdict
from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind
from tests.factories.traffic import RULES, traffic
from validators import drift_own, input_contract, sentinels
from validators.batches import BatchState, merge, observe
from validators.profiles import Profile, make_profile
from validators.specs import ColumnRule

PROFILE = make_profile(traffic(20_000, seed=100), rules=RULES)


def put(column: str, change: Callable[[pd.Series], pd.Series]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(**{column: change(frame[column])})


def some(share: float, values: pd.Series) -> np.ndarray:
    return np.random.default_rng(7).random(len(values)) < share


FAULTS = {
    "null becomes 998, which nobody declared": put("score", lambda s: s.fillna(998)),
    "a tenth becomes null": put("score", lambda s: s.mask(some(0.1, s))),
    "nulls vanish": put("score", lambda s: s.where(s.notna(), 560.0 + np.arange(len(s)) % 120)),
    "unit times 100": put("income", lambda s: s * 100),
    "unit by 10": put("income", lambda s: s / 10),
    "half a deviation up": put("score", lambda s: s + 40),
    "half a deviation down": put("score", lambda s: s - 40),
    "a skewed half deviation": put("ratio", lambda s: s + 0.5 * s.std()),
    "wider spread": put("score", lambda s: (s - 620) * 1.6 + 620),
    "categories merged": put("channel", lambda s: s.replace({"branch": "app"})),
    "small category merged": put("channel", lambda s: s.replace({"phone": "web"})),
    "one of forty merged": put("region", lambda s: s.replace({"r39": "r38"})),
    "new category": put("channel", lambda s: s.mask(some(0.02, s), "kiosk")),
    "new point mass": put("income", lambda s: s.mask(some(0.03, s), 30_000.0)),
    "new nulls": put("income", lambda s: s.mask(some(0.05, s))),
    "rounded": put("income", lambda s: (s / 5_000).round() * 5_000),
    "constant": put("ratio", lambda s: s * 0 + 0.3),
    "categories explode": put("region", lambda s: s + pd.Series(np.arange(len(s)) % 50).astype(str)),
    "flag turned round": put("owner", lambda s: ~s),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_rings(fault: str) -> None:
    verdicts = [
        drift_own.check(FAULTS[fault](traffic(seed=seed)), profile=PROFILE).result.verdict for seed in (1, 2, 3)
    ]
    assert verdicts == [Verdict.FAILED] * 3


def test_thirty_clean_weeks_of_three_projects_stay_silent() -> None:
    profiles = [make_profile(traffic(rows, seed=rows), rules=RULES) for rows in (4_000, 10_000, 30_000)]
    alarms = [
        result.findings
        for profile in profiles
        for week in range(30)
        if (result := drift_own.check(traffic(2_500, seed=profile.rows + week + 1), profile=profile).result).findings
    ]
    assert alarms == []


def test_the_swap_of_null_for_an_undeclared_998_is_told_in_business_words() -> None:
    result = drift_own.check(traffic().fillna({"score": 998}), profile=PROFILE).result
    told = " ".join(finding.what for finding in result.findings)
    assert "score is missing in 0.0% of the rows; in the reference it was 8.4%" in told
    assert "8.1% of the values of score are now exactly 998, which is rare in the reference" in told


def test_a_change_of_unit_is_named() -> None:
    frame = traffic()
    result = drift_own.check(frame.assign(income=frame["income"] * 100), profile=PROFILE).result
    assert "about 100 times larger; has the unit changed?" in result.findings[0].what


def test_a_small_shift_only_warns() -> None:
    frame = traffic()
    result = drift_own.check(frame.assign(score=frame["score"] + 26), profile=PROFILE).result
    assert result.verdict is Verdict.WARNED
    assert {finding.severity for finding in result.findings} == {Severity.WARNING}


def test_a_quiet_week_is_no_evidence() -> None:
    assert drift_own.check(traffic(150), profile=PROFILE).result.verdict is Verdict.NOT_EVALUATED


def test_merged_days_are_judged_like_the_week_at_once() -> None:
    week = traffic(3_500, seed=5)
    days = merge(observe(week.iloc[i : i + 500], PROFILE) for i in range(0, 3_500, 500))
    assert drift_own.check(days, profile=PROFILE).result == drift_own.check(week, profile=PROFILE).result


def test_a_fault_spread_over_days_rings_in_their_sum() -> None:
    week = FAULTS["new point mass"](traffic(3_500, seed=5))
    days = merge(observe(week.iloc[i : i + 500], PROFILE) for i in range(0, 3_500, 500))
    assert drift_own.check(days, profile=PROFILE).result.verdict is Verdict.FAILED


def test_profile_and_state_survive_being_kept_as_text() -> None:
    state = observe(traffic(), PROFILE)
    assert Profile.from_json(PROFILE.to_json()) == PROFILE
    assert BatchState.from_json(state.to_json()) == state


def test_the_same_reference_gives_the_same_text_whatever_its_row_order() -> None:
    frame = traffic(20_000, seed=100)
    shuffled = frame.sample(frac=1, random_state=3)
    assert make_profile(shuffled, rules=RULES).to_json() == PROFILE.to_json()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"rows": 1, "columns": [], "version": 2}', '{"rows": "1"}'])
def test_a_foreign_text_is_no_profile(text: str) -> None:
    with pytest.raises(InputRefused):
        Profile.from_json(text)


def test_a_reference_that_could_judge_nothing_is_refused() -> None:
    with pytest.raises(InputRefused, match="income"):
        make_profile(traffic().assign(income=np.nan), rules=RULES)
    with pytest.raises(InputRefused, match="no column"):
        make_profile(traffic(), rules=())


def test_a_state_of_another_profile_is_an_error() -> None:
    other = make_profile(traffic(), rules=RULES[:2])
    assert drift_own.check(observe(traffic(), other), profile=PROFILE).result.verdict is Verdict.ERROR


def test_nulls_are_counted_with_codes_that_mean_missing() -> None:
    coded = make_profile(traffic(4_000).fillna({"score": 999.0}), rules=RULES)
    assert coded.to_json() == make_profile(traffic(4_000), rules=RULES).to_json()


def test_known_categories_come_from_the_profile() -> None:
    column = next(c for c in PROFILE.columns if c.name == "channel")
    assert column.distinct == 4
    assert {level for level, _ in column.levels} == {"web", "branch", "app", "phone"}


def test_the_words_of_a_move_tell_the_true_means_of_all_that_arrived() -> None:
    rules = (ColumnRule("balance", Kind.NUMBER, missing_codes=(-1,)),)
    before, now = traffic(4_000, seed=5)[["balance"]], traffic(4_000, seed=6)[["balance"]] * 1.6
    now.loc[:99, "balance"] = -1.0
    found = drift_own.check(now, profile=make_profile(before, rules=rules)).result.findings
    said = next(finding.what for finding in found if "on average" in finding.what)
    assert f"{now['balance'][100:].mean():.4g} on average, before {before['balance'].mean():.4g}" in said


@pytest.mark.parametrize("rows", [200, 900])
def test_a_seldom_filled_column_that_is_empty_by_chance_is_no_fault(rows: int) -> None:
    reference = traffic(3_000, seed=5)
    reference["heavy"] = reference["heavy"].where(reference.index % 250 == 0)
    profile = make_profile(reference, rules=RULES)
    window = traffic(rows, seed=6).assign(heavy=np.nan)
    assert drift_own.check(window, profile=profile).result.findings == ()
    assert sentinels.check(window, profile=profile).result.findings == ()


def test_true_and_false_are_the_same_as_one_and_nought_on_either_side() -> None:
    rules = (RULES[9], RULES[2])
    before, now = traffic(3_000, seed=5), traffic(900, seed=6)
    for kind in ("bool", "int64", "float64", "object"):
        profile = make_profile(before.astype({"owner": kind}), rules=rules)
        assert profile.to_json() == make_profile(before, rules=rules).to_json()
        for other in ("bool", "int64", "float64"):
            window = now.astype({"owner": other})
            judged = [
                drift_own.check(window, profile=profile),
                sentinels.check(window, profile=profile),
                input_contract.check(window, rules=rules, profile=profile),
            ]
            assert [one.result.verdict for one in judged] == [Verdict.PASSED] * 3


def of_names(size: int, slope: float) -> Callable[[int, int], pd.DataFrame]:
    names = np.array([f"z{at}" for at in range(size)], dtype=object)
    weights = np.arange(1, size + 1) ** -slope
    weights = weights / weights.sum()

    def draw(rows: int, seed: int) -> pd.DataFrame:
        picked = np.random.default_rng(seed).choice(names, rows, p=weights)
        return pd.DataFrame({"shop": pd.Series(picked, dtype="str")})

    return draw


@pytest.mark.parametrize("slope", [0.0, 0.7])
@pytest.mark.parametrize("size", [300, 500, 2_000])
@pytest.mark.parametrize(("reference", "rows"), [(1_000, 300), (5_000, 300), (5_000, 2_000)])
def test_a_column_of_more_names_than_are_kept_is_silent_where_nothing_changes(
    size: int, slope: float, reference: int, rows: int
) -> None:
    draw = of_names(size, slope)
    for seed in range(3):
        profile = make_profile(draw(reference, seed), rules=(ColumnRule("shop", Kind.CATEGORY),))
        for window in range(4):
            result = drift_own.check(draw(rows, 100 + 10 * seed + window), profile=profile).result
            assert [finding.what for finding in result.findings] == []


@pytest.mark.parametrize("size", [300, 2_000])
@pytest.mark.parametrize(("reference", "rows"), [(1_000, 300), (5_000, 2_000)])
def test_of_more_names_than_are_kept_new_spellings_ring(size: int, reference: int, rows: int) -> None:
    even, steep = of_names(size, 0.0), of_names(size, 1.0)
    respelled: list[tuple[Callable[[int, int], pd.DataFrame], Callable[[pd.Series], pd.Series]]] = [
        (even, lambda names: names.str.upper()),
        (steep, lambda names: names.replace({"z0": "Z 0"})),
        (steep, lambda names: names.where(names.index % 2 == 0, names + " ")),
    ]
    for draw, change in respelled:
        profile = make_profile(draw(reference, 1), rules=(ColumnRule("shop", Kind.CATEGORY),))
        frame = draw(rows, 2)
        frame["shop"] = change(frame["shop"])
        assert drift_own.check(frame, profile=profile).result.verdict is Verdict.FAILED


def test_columns_that_are_hardly_filled_ring_nothing_in_windows_like_the_reference() -> None:
    world = tuple(one for one in clean_world() if one.sort == "sparse")
    rng = np.random.default_rng(11)
    for size in (300, 900):
        known = make_profile(drawn(world, rng, 5_000), rules=rules_of(world))
        judged = (drift_own.check(drawn(world, rng, size), profile=known).result for _ in range(60))
        assert [one.findings for one in judged if one.verdict is not Verdict.PASSED] == []
