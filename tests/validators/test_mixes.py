"""What no part of the reference could hold is told from what any mix of its rows may show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.project.reading.kinds import Kind
from validators.batches import observe
from validators.mixes import beyond_any_part
from validators.profiles import Profile, make_profile
from validators.specs import ColumnRule

RNG = np.random.default_rng(3)
ROWS = 6_000
RULES = (ColumnRule("channel", Kind.CATEGORY), ColumnRule("amount", Kind.NUMBER), ColumnRule("seen_at", Kind.TIME))
REFERENCE = pd.DataFrame(
    {
        "channel": RNG.choice(["b2b", "web", "app"], ROWS, p=[0.2, 0.45, 0.35]),
        "amount": RNG.lognormal(4, 1, ROWS).round(2),
        "seen_at": pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(RNG.integers(0, 8_000_000, ROWS), "s"),
    }
)
WEEKEND = 2 / 7


@pytest.fixture(scope="module")
def profile() -> Profile:
    return make_profile(REFERENCE, rules=RULES)


def beyond(rows: pd.DataFrame, profile: Profile, covers: float = WEEKEND) -> set[str]:
    return set(beyond_any_part(observe(rows, profile), profile, covers=covers))


@pytest.mark.parametrize("rows", [20, 300, 1_500])
@pytest.mark.parametrize(
    "chosen", ["channel == 'web'", "channel == 'app'", "amount < 20", "amount > 150", "amount > 0"]
)
def test_any_part_of_the_reference_might_be_the_rows_of_a_weekend(profile: Profile, chosen: str, rows: int) -> None:
    part = REFERENCE.query(chosen)
    for seed in range(20):
        assert beyond(part.sample(min(rows, len(part)), random_state=seed), profile) == set()


def test_what_the_reference_does_not_know_is_no_mix_of_it(profile: Profile) -> None:
    now = REFERENCE.sample(300, random_state=1).reset_index(drop=True)
    third = now.index % 3 == 0
    assert beyond(now.assign(amount=now["amount"] * 100), profile) == {"amount"}
    assert beyond(now.assign(amount=now["amount"].mask(third, 999.0)), profile) == {"amount"}, "one value among others"
    assert beyond(now.assign(channel=now["channel"].mask(third, "partner")), profile) == {"channel"}
    assert beyond(now.assign(channel=None), profile) == {"channel"}, "a column that died"
    assert beyond(now.assign(seen_at=pd.Timestamp("1970-01-01", tz="UTC")), profile) == {"seen_at"}
    assert beyond(now.assign(channel="b2b"), profile) == set(), "one day's callers may all be such"


def test_the_shorter_a_window_is_the_less_it_shows(profile: Profile) -> None:
    now = REFERENCE.sample(300, random_state=1)
    merged = now.assign(amount=now["amount"].clip(lower=200.0))
    assert beyond(merged, profile, covers=1.0) == {"amount"}
    assert beyond(merged.assign(amount=250.0 + np.arange(300) / 7), profile, covers=1 / 28) == set()
