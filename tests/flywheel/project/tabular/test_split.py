"""Parts of the data that never overlap, and stay what they are while the data grow."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from flywheel.errors import InputRefused
from flywheel.project.tabular.split import Parted, SplitRule
from flywheel.project.tabular.units import Unit
from tests.factories.tabular import applications

ROWS = applications()
UNIT = Unit("bank", None, ("channel", "income", "owner", "score", "applied_at"))
SHARES = SplitRule(UNIT, 0.2, 0.2)
PERIODS = SplitRule(UNIT, "3 months", "3 months", "applied_at")


def parts_of(parted: Parted) -> tuple[set[int], set[int], set[int]]:
    split = parted.split
    return set(split.train.tolist()), set(split.validation.tolist()), set(split.test.tolist())


def panel(entities: int, *, months: int = 12) -> pd.DataFrame:
    """Every entity once a month."""
    count = entities * months
    return pd.DataFrame(
        {
            "person": [f"p{n % entities}" for n in range(count)],
            "at": pd.Timestamp("2025-01-15", tz="UTC") + pd.to_timedelta(np.arange(count) // entities * 30, unit="D"),
        }
    )


def test_by_time_every_test_row_comes_after_every_training_row() -> None:
    train, validation, test = (ROWS.iloc[list(part)]["applied_at"] for part in parts_of(PERIODS.part(ROWS)))
    assert train.max() < validation.min() <= validation.max() < test.min()
    assert len(train) + len(validation) + len(test) == len(ROWS)


def test_by_time_the_cuts_are_stated() -> None:
    cuts = PERIODS.part(ROWS).cuts
    assert pd.Timestamp(cuts["test_after"]) == ROWS["applied_at"].max().tz_localize("UTC") - pd.DateOffset(months=3)
    assert list(cuts) == ["validation_after", "test_after"]


def test_rows_keep_their_part_while_the_data_grow_or_move() -> None:
    grown = pd.concat([ROWS, applications(700, seed=5)], ignore_index=True)
    before, after = parts_of(SHARES.part(ROWS)), parts_of(SHARES.part(grown))
    for old, new in zip(before, after, strict=True):
        assert {place for place in new if place < len(ROWS)} == old
    order = np.random.default_rng(0).permutation(len(ROWS))
    moved = parts_of(SHARES.part(ROWS.iloc[order]))
    assert [{int(order[place]) for place in part} for part in moved] == list(before)


@pytest.mark.parametrize("rule", [SHARES, PERIODS])
@pytest.mark.parametrize("times", [2, 5])
def test_copies_of_a_row_never_lie_in_two_parts(rule: SplitRule, times: int) -> None:
    copies = pd.concat([ROWS] * times, ignore_index=True).sample(frac=1, random_state=1)
    lying = [{int(copies.index[place]) % len(ROWS) for place in part} for part in parts_of(rule.part(copies))]
    assert sum(map(len, lying)) == len(set.union(*lying)) == len(ROWS)


def test_a_table_of_few_different_rows_is_told_what_tells_its_cases_apart() -> None:
    with pytest.raises(InputRefused, match=r"2 different units.*equal rows share a part.*data\.entity"):
        SHARES.part(pd.DataFrame({"channel": ["web", "branch"] * 300}))


def test_a_larger_test_share_keeps_every_test_row() -> None:
    narrow, wide = parts_of(SHARES.part(ROWS))[2], parts_of(replace(SHARES, test=0.4).part(ROWS))[2]
    assert narrow < wide


def test_the_rule_is_named_by_what_parts_rows_and_nothing_else() -> None:
    assert SHARES.digest == SplitRule(UNIT, 0.2, 0.2).digest
    others = (replace(SHARES, test=0.3), replace(SHARES, unit=replace(UNIT, salt="shop")), PERIODS)
    assert len({SHARES.digest, *(other.digest for other in others)}) == 4


def test_rows_of_one_entity_stay_together() -> None:
    rows = pd.DataFrame({"person": np.arange(600) % 50})
    parted = SplitRule(Unit("bank", "person", ()), 0.2, 0.2).part(rows)
    parts = [set(rows["person"].iloc[list(part)]) for part in parts_of(parted)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 50


def test_by_time_an_entity_of_several_periods_is_used_in_one_and_each_period_keeps_some() -> None:
    rows = panel(300)
    parted = SplitRule(Unit("bank", "person", ()), "3 months", "3 months", "at").part(rows)
    parts = [set(rows["person"].iloc[list(part)]) for part in parts_of(parted)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 300
    assert parted.apart == len(rows) - sum(parted.split.sizes.values()) > 0
    assert all(30 <= len(part) <= 220 for part in parts)


def test_by_time_entities_of_one_period_lose_nothing() -> None:
    rows = panel(300).assign(person=np.arange(3_600))
    parted = SplitRule(Unit("bank", "person", ()), "3 months", "3 months", "at").part(rows)
    assert parted.apart == 0


def test_an_entity_held_for_the_test_is_never_trained_on_while_time_goes_on() -> None:
    rule, rows = SplitRule(Unit("bank", "person", ()), "3 months", "3 months", "at"), panel(300, months=24)
    learned: set[str] = set()
    for months in range(12, 24):
        now = rows.iloc[: 300 * months]
        train, validation, test = (set(now["person"].iloc[list(part)]) for part in parts_of(rule.part(now)))
        learned |= train | validation
        assert not learned & test


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (replace(PERIODS, test="5 years"), "leaves a part empty"),
        (replace(PERIODS, validation="a while"), "not a period"),
        (replace(SHARES, validation=0.9), "shares must leave rows"),
    ],
)
def test_what_cannot_be_parted_is_refused(rule: SplitRule, said: str) -> None:
    with pytest.raises(InputRefused, match=said):
        rule.part(ROWS)


def test_a_row_without_time_is_refused() -> None:
    rows = pd.DataFrame({"at": [pd.Timestamp("2025-01-01"), pd.NaT]})
    with pytest.raises(InputRefused, match="without a time"):
        SplitRule(Unit("bank", None, ("at",)), "1 day", "1 day", "at").part(rows)


def test_a_few_entities_in_every_period_are_told_what_an_entity_is() -> None:
    rule = SplitRule(Unit("bank", "person", ()), "3 months", "3 months", "at")
    with pytest.raises(InputRefused, match=r"each is used in one period only"):
        rule.part(panel(2))
