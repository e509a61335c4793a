"""Parts of the data that never overlap, and stay what they are while the data grow."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from flywheel.errors import InputRefused
from flywheel.project.tabular.certainty import units_of
from flywheel.project.tabular.split import Parted, SplitRule
from flywheel.project.tabular.units import Unit
from tests.factories.shops import Shop
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


REGULARS, SPORADIC, SELDOM = Shop(400, 2, 100), Shop(2_000, 10, 100), Shop(3_000, 100, 400)


def by_person(salt: str = "bank") -> SplitRule:
    return SplitRule(Unit(salt, "person", ()), "3 months", "3 months", "at")


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
    parted = by_person().part(rows)
    assert (parted.apart, parted.split.sizes) == (0, dict(parted.periods))


@pytest.mark.parametrize("shop", [REGULARS, SPORADIC, SELDOM])
def test_by_time_test_and_validation_are_composed_as_their_periods_whoever_comes_again(shop: Shop) -> None:
    rows = shop.rows()
    parted = [by_person(str(salt)).part(rows) for salt in range(30)]
    shares = [[rows["is_new"].iloc[part].mean() for part in (one.split.validation, one.split.test)] for one in parted]
    after, last = (rows["at"] > pd.Timestamp(cut) for cut in parted[0].cuts.values())
    periods = [rows["is_new"][period].mean() for period in (after & ~last, last)]
    np.testing.assert_allclose(np.mean(shares, axis=0), periods, atol=0.02)


def test_by_time_a_table_whose_entities_seldom_come_again_is_judged_on_its_whole_last_period() -> None:
    parted = by_person().part(SELDOM.rows())
    assert parted.split.sizes["test"] == parted.periods["test"]
    assert 0 < parted.apart < 0.05 * parted.units.size


@given(st.integers(0, 600), st.integers(1, 40), st.integers(5, 60), st.integers(4, 14), st.text(max_size=3))
def test_by_time_no_entity_lies_in_two_parts_and_no_part_leaves_its_period(
    regulars: int, every_months: int, newcomers: int, months: int, salt: str
) -> None:
    rows = Shop(regulars, every_months, newcomers).rows(months=months)
    rule = replace(by_person(salt), validation="1 month", test="1 month")
    try:
        parted = rule.part(rows)
    except InputRefused:
        reject()  # so few that a part would be empty
    split = parted.split
    people = [set(rows["person"].iloc[part]) for part in (split.train, split.validation, split.test)]
    assert sum(map(len, people)) == len(set.union(*people))
    times = [rows["at"].iloc[part] for part in (split.train, split.validation, split.test)]
    assert times[0].max() < times[1].min() <= times[1].max() < times[2].min()
    assert sum(parted.periods.values()) == len(rows) == sum(split.sizes.values()) + parted.apart


def test_one_row_of_each_unit_in_turn_composes_a_long_history_as_its_last_part() -> None:
    rows, rule = Shop(600, 1, 100).rows(months=24), by_person()
    is_last = rows["at"] > rows["at"].max() - pd.DateOffset(months=3)
    sides = [rows[is_last], rows[~is_last]]
    new = [units_of(rule.in_turn(side)).one_each(side, seed=1)["is_new"].mean() for side in sides]
    assert new[0] == pytest.approx(300 / 900)
    assert new[1] == pytest.approx(new[0], abs=0.02)
    assert units_of(rule.unit.hashes(sides[1])).one_each(sides[1], seed=1)["is_new"].mean() > 0.7, (
        "the negative control"
    )


@pytest.mark.parametrize("rows", [panel(300, months=24), SPORADIC.rows(months=24)], ids=["always", "now and then"])
def test_an_entity_held_for_the_test_is_never_trained_on_while_time_goes_on(rows: pd.DataFrame) -> None:
    rule, month = by_person(), rows["at"].rank(method="dense").to_numpy()
    learned: set[str] = set()
    for months in range(12, 24):
        now = rows[month <= months]
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
