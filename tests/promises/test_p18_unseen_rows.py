"""P18: what is compared or published is of rows that none of the compared has been trained, tuned or chosen on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.retrainings import noise_published, retrained
from flywheel.project.tabular.seen import Seen, seen_rows
from flywheel.project.tabular.split import SplitRule
from flywheel.project.tabular.units import Unit

PERSONS, MONTHS = 120, 12
PANEL = pd.DataFrame(
    {
        "person": [f"p{n % PERSONS}" for n in range(PERSONS * MONTHS)],
        "income": np.random.default_rng(1).integers(1_000, 9_000, PERSONS * MONTHS),
        "at": pd.Timestamp("2025-01-15", tz="UTC")
        + pd.to_timedelta(np.arange(PERSONS * MONTHS) // PERSONS * 30, unit="D"),
    }
)
COLUMNS = ("at", "income", "person")
SALTS, SHARES = st.sampled_from(["bank", "shop"]), st.floats(0.1, 0.4)
BY_SHARE = st.builds(
    SplitRule, st.builds(Unit, SALTS, st.sampled_from([None, "person"]), st.just(COLUMNS)), SHARES, SHARES
)
BY_TIME = st.builds(
    SplitRule,
    st.builds(Unit, SALTS, st.sampled_from([None, "person"]), st.just(COLUMNS)),
    st.sampled_from(["2 months", "3 months"]),
    st.sampled_from(["2 months", "3 months"]),
    st.just("at"),
)


@settings(max_examples=40)
@given(st.one_of(BY_SHARE, BY_TIME), st.one_of(BY_SHARE, BY_TIME), st.integers(8, MONTHS))
def test_no_row_that_is_compared_nor_its_entity_was_learned_by_either(
    champions: SplitRule, rule: SplitRule, months: int
) -> None:
    before = PANEL.iloc[: PERSONS * months]
    theirs, ours = champions.part(before), rule.part(PANEL)
    seen = Seen.of(champions, theirs, before.columns)
    compared = np.setdiff1d(ours.split.test, np.flatnonzero(seen_rows(PANEL, rule=rule, parted=ours, seen=seen)))
    learned_by_champion = np.concatenate([theirs.split.train, theirs.split.validation])
    learned_by_us = np.concatenate([ours.split.train, ours.split.validation])
    assert not set(compared) & ({*learned_by_champion} | {*learned_by_us})
    if rule.unit.entity:
        of_compared = set(PANEL["person"].iloc[compared])
        assert not of_compared & set(PANEL["person"].iloc[learned_by_champion])
        assert not of_compared & set(PANEL["person"].iloc[learned_by_us])


def test_five_hundred_candidates_of_noise_raise_nothing_and_by_the_old_way_they_do() -> None:
    new, old = ([noise_published(seed, by_test=way, candidates=500) for seed in range(25)] for way in (False, True))
    assert sum(low > 0 for _, low in new) == 0
    assert np.mean([gain for gain, _ in new]) < 0
    assert sum(low > 0 for _, low in old) >= 8, "the negative control"
    assert np.mean([gain for gain, _ in old]) > 0, "the negative control"


def test_honest_retrainings_are_released_and_by_the_old_way_their_figure_lies() -> None:
    told = [retrained(seed) for seed in range(12)]
    old, new = (float(np.mean([one.gain for one in way])) for way in zip(*told, strict=True))
    assert sum(now.is_open for _, now in told) >= 11
    assert abs(new) < 0.01
    assert old < -0.01, "the negative control: on rows that the champion has seen an equal model seems to lose"
