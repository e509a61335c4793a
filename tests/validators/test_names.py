"""Names that nobody ever had are found at any number of known ones, and a list that grows as it grew rings nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Verdict
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.certainty import ALONE, units_of
from validators import input_contract, names
from validators.names import marks_of, names_in
from validators.profiles import Profile, make_profile
from validators.protocol import Checked
from validators.specs import ColumnRule

RULES = (ColumnRule("shop", Kind.CATEGORY),)
START, YEAR = datetime(2025, 1, 1, tzinfo=UTC), timedelta(days=365)


def shops(
    rows: int, known: int, *, seed: int, year: float = 0.0, years: float = 1.0, grown: float = 0.0
) -> pd.DataFrame:
    """Rows of some time, each of any shop that was open by then; the list grows by a share of its first size a year."""
    draw = np.random.default_rng([seed, known])
    at = np.sort(year + years * draw.random(rows))
    which = (draw.random(rows) * known * (1 + grown * at)).astype(int)
    return pd.DataFrame(
        {"shop": [f"F{one:05}" for one in which], "at": pd.Timestamp(START) + pd.to_timedelta(at * YEAR.days, unit="D")}
    )


def frozen(frame: pd.DataFrame, *, time: str | None = "at") -> Profile:
    return make_profile(frame, rules=RULES, time=time)


def judged(frame: pd.DataFrame, profile: Profile, *, year: float = 1.05) -> Checked:
    return input_contract.check(frame, rules=RULES, profile=profile, asked_at=START + year * YEAR)


def some(frame: pd.DataFrame, share: float, change: str) -> pd.DataFrame:
    """Write the first so many names anew, each as another one; `{}` is the number."""
    is_new = np.arange(len(frame)) < share * len(frame)
    return frame.assign(shop=frame["shop"].mask(is_new, frame["shop"].str[1:].map(change.format)))


@pytest.mark.parametrize(
    ("known", "rows", "share"),
    [(10, 5_000, 0.03), (300, 5_000, 0.1), (300, 20_000, 0.03), (1_500, 20_000, 0.1), (20_000, 20_000, 0.3)],
)
def test_names_in_the_usual_form_that_nobody_had_ring(known: int, rows: int, share: float) -> None:
    for seed in range(3):
        profile = frozen(shops(rows, known, seed=seed))
        window = shops(2_000, known, seed=seed + 50, year=1.0, years=0.02)
        assert judged(window, profile).result.verdict is Verdict.PASSED
        result = judged(some(window, share, "F9{}"), profile).result
        assert result.verdict is Verdict.FAILED
        assert re.search(
            "the model does not know: ('F9\\d+', ){2}'F9\\d+' and [\\d,]+ others?", result.findings[0].what
        )


@pytest.mark.parametrize("known", [10, 300, 1_500, 20_000])
@pytest.mark.parametrize("change", ["D-F{}", "{}", "f{}", "F {}"])
def test_names_written_as_none_was_ring_however_many_there_are(change: str, known: int) -> None:
    for seed in range(2):
        profile = frozen(shops(5_000, known, seed=seed))
        window = shops(1_000, known, seed=seed + 50, year=1.0, years=0.02)
        assert judged(window, profile).result.verdict is Verdict.PASSED
        assert judged(some(window, 0.05, change), profile).result.verdict is Verdict.FAILED


@pytest.mark.parametrize(("known", "rows"), [(300, 5_000), (1_500, 5_000), (1_500, 20_000), (20_000, 20_000)])
@pytest.mark.parametrize("grown", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("after", [0.05, 0.5, 2.0])
def test_a_list_that_grows_as_it_grew_rings_nothing(known: int, rows: int, grown: float, after: float) -> None:
    rung = 0
    for seed in range(3):
        profile = frozen(shops(rows, known, seed=seed, grown=grown))
        window = shops(1_000, known, seed=seed + 50, year=1 + after, years=0.02, grown=grown)
        rung += judged(window, profile, year=1.02 + after).result.verdict is not Verdict.PASSED
    assert rung == 0


@pytest.mark.parametrize(("first", "form"), [(8_500, "{}"), (8_500, "F{}"), (98_500, "shop {} b")])
def test_numbers_that_run_on_past_a_power_of_ten_are_no_new_form(first: int, form: str) -> None:
    def numbered(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(shop=frame["shop"].str[1:].astype(int).add(first).map(form.format))

    profile = frozen(numbered(shops(20_000, 700, seed=1, grown=1.0)))
    window = numbered(shops(1_000, 700, seed=2, year=1.4, years=0.02, grown=1.0))
    assert judged(window, profile, year=1.42).result.verdict is Verdict.PASSED


def test_without_times_rows_are_taken_to_lie_in_the_order_in_which_they_came() -> None:
    frame = shops(20_000, 1_500, seed=1, grown=1.0)
    window = shops(1_000, 1_500, seed=2, year=1.3, years=0.02, grown=1.0)
    assert judged(window, frozen(frame, time=None)).result.verdict is Verdict.PASSED
    by_name = shops(20_000, 1_500, seed=1).sort_values("shop", ignore_index=True)
    broken = some(shops(1_000, 1_500, seed=2), 0.1, "F9{}")
    assert judged(broken, frozen(by_name, time=None)).result.verdict is Verdict.FAILED


def test_a_finding_says_how_new_names_would_be_known() -> None:
    codes = pd.DataFrame({"shop": [f"{one:05}" for one in np.random.default_rng(3).integers(1_000, 1_300, 5_000)]})
    lost = codes.head(1_000).assign(shop=codes["shop"].str.lstrip("0"))
    finding = judged(lost, frozen(codes, time=None)).result.findings[0]
    assert "with a 0 before they are known: '1" in finding.what
    assert finding.allowed == "300 known categories"


def test_of_too_many_names_a_sample_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "NAMES_AT_MOST", 500)
    profile = frozen(shops(20_000, 1_500, seed=1))
    assert profile.columns[0].names.known.size == 500
    window = shops(2_000, 1_500, seed=2, year=1.0, years=0.02)
    assert judged(window, profile).result.verdict is Verdict.PASSED
    assert judged(some(window, 0.1, "F9{}"), profile).result.verdict is Verdict.FAILED


def test_rows_of_one_entity_do_not_vouch_for_its_name() -> None:
    own = pd.Series([f"street {one // 5}" for one in range(1_000)])
    assert names_in(own, ALONE, None).alone == 0
    assert names_in(own, units_of(np.arange(1_000) // 5), None).alone == 1_000


def test_marks_hold_over_the_way_through_json() -> None:
    profile = frozen(shops(5_000, 300, seed=1))
    assert Profile.from_json(profile.to_json()) == profile
    known = Profile.from_json(profile.to_json()).columns[0].names
    assert known.holds(marks_of(["F00007", "F00299", "F00300", "f00007"])).tolist() == [True, True, False, False]
