"""What had changed for good by the end of a reference accuses no later window; any other fault still rings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.certainty import ALONE
from validators import drift_own, sentinels
from validators.endings import judged_by_its_end, with_its_end
from validators.profiles import Profile, make_profile
from validators.specs import ColumnRule

RULES = (
    ColumnRule("maker", Kind.CATEGORY),
    ColumnRule("starts", Kind.INTEGER),
    ColumnRule("shaking", Kind.NUMBER),
    ColumnRule("heat", Kind.NUMBER, missing_codes=(-1,)),
)
MAKERS, SHARES = ("OTIS", "KONE", "Wittur", "Ganz", "Orona"), (0.24, 0.3, 0.2, 0.2, 0.06)
Change = Callable[[pd.DataFrame], pd.DataFrame]


def world(rows: int, seed: int, *, first: str = "2025-01-01", days: int = 365) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "maker": rng.choice(MAKERS, rows, p=SHARES),
            "starts": rng.poisson(220, rows).astype(float),
            "shaking": rng.lognormal(0.4, 0.5, rows).round(2),
            "heat": np.where(rng.random(rows) < 0.03, np.nan, rng.normal(58, 9, rows).round(1)),
            "lift": rng.integers(0, max(rows // 3, 1), rows),
            "at": pd.Timestamp(first, tz="UTC") + pd.to_timedelta(rng.random(rows) * days, unit="D"),
        }
    )


def renamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(maker=frame["maker"].replace({"OTIS": "OTIS Kft."}))


CHANGES: dict[str, Change] = {
    "a value renamed": renamed,
    "two values merged": lambda frame: frame.assign(maker=frame["maker"].replace({"OTIS": "KONE"})),
    "another unit": lambda frame: frame.assign(starts=frame["starts"] * 7),
    "nulls became nought": lambda frame: frame.assign(heat=frame["heat"].fillna(0)),
    "a value is sent no more": lambda frame: frame.assign(maker=frame["maker"].mask(frame["maker"] == "Ganz", None)),
}


def ended(rows: int, change: Change, *, since: float, seed: int, entity: str = "") -> Profile:
    """A reference of which the newest part came after a lasting change; its rows lie in any order."""
    frame = world(rows, seed)
    is_new = frame["at"] >= frame["at"].quantile(1 - since)
    frame = pd.concat([frame[~is_new], change(frame[is_new])]).sample(frac=1, random_state=seed)
    profile = make_profile(frame, rules=RULES, entity=entity)
    return with_its_end(profile, frame, rules=RULES, time="at", entity=entity)


def rings(window: pd.DataFrame, profile: Profile) -> set[str]:
    judged = (judged_by_its_end(check, window, profile, ALONE) for check in (sentinels.check, drift_own.check))
    return {
        f"{one.result.code} {f.column}"
        for one in judged
        for f in one.result.findings
        if one.result.verdict is Verdict.FAILED
    }


@pytest.mark.parametrize("entity", ["", "lift"])
@pytest.mark.parametrize("since", [0.1, 0.2, 0.45])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_had_changed_for_good_by_the_end_accuses_no_later_window(
    change: Change, since: float, entity: str
) -> None:
    for seed in range(3):
        profile = ended(12_000, change, since=since, seed=seed, entity=entity)
        window = change(world(600, 100 + seed, first="2026-01-01", days=7))
        assert rings(window, profile) == set()
        old = world(600, 200 + seed, first="2026-01-01", days=7)
        assert rings(old, profile) == rings(old, replace(profile, latest=())), "what was before it is let off nothing"


def test_without_its_end_a_new_name_rings_for_ever() -> None:
    profile = replace(ended(12_000, renamed, since=0.2, seed=1), latest=())
    assert rings(renamed(world(600, 7)), profile) == {"DATA-003 maker", "DRIFT-001 maker"}


FAULTS: dict[str, Change] = {
    "the new name lost": lambda frame: frame.assign(maker=frame["maker"].replace({"OTIS Kft.": "KONE"})),
    "a third name lost": lambda frame: frame.assign(maker=frame["maker"].replace({"Ganz": "Orona"})),
    "a code": lambda frame: frame.assign(maker=frame["maker"].mask(np.arange(len(frame)) % 5 == 0, "unknown")),
    "a code in few rows": lambda frame: frame.assign(
        maker=frame["maker"].mask(np.arange(len(frame)) % 40 == 0, "n.a.")
    ),
    "another column": lambda frame: frame.assign(starts=frame["starts"] * 60),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_another_fault_rings_where_a_lasting_change_is_known(fault: Change) -> None:
    for seed in range(3):
        profile = ended(12_000, renamed, since=0.2, seed=seed)
        window = fault(renamed(world(600, 100 + seed, first="2026-01-01", days=7)))
        assert any(told.startswith("DATA-003") for told in rings(window, profile))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_is_told_of_the_reference_is_true_of_all_its_rows(fault: Change) -> None:
    profile = ended(6_000, renamed, since=0.1, seed=4)
    window = fault(renamed(world(600, 31, first="2026-01-05", days=7)))
    for check in (sentinels.check, drift_own.check):
        known = check(window, profile=profile, units=ALONE).result.findings
        told = judged_by_its_end(check, window, profile, ALONE).result.findings
        assert [one for one in told if one not in known and one.severity is not Severity.INFO] == []


@pytest.mark.parametrize("entity", ["", "lift"])
@pytest.mark.parametrize("rows", [300, 1_600, 12_000])
def test_of_a_reference_that_never_changed_nothing_more_is_kept(rows: int, entity: str) -> None:
    for seed in range(12):
        frame = world(rows, seed)
        plain = make_profile(frame, rules=RULES, entity=entity)
        assert with_its_end(plain, frame, rules=RULES, time="at", entity=entity) == plain


def test_without_times_nobody_knows_which_rows_came_last() -> None:
    frame = pd.concat([world(4_000, 1), renamed(world(1_000, 2))])
    plain = make_profile(frame, rules=RULES)
    assert with_its_end(plain, frame, rules=RULES, time=None) == plain
