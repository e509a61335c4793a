"""The rows of one entity: they hide no fault, bend no share that people are told, and accuse no feed by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity
from flywheel.project.reading.kinds import Kind
from validators import drift_own, input_contract, sentinels
from validators.crowding import units_in
from validators.profiles import Profile, make_profile
from validators.repeats import cases_of
from validators.specs import ColumnRule

RULES = (
    ColumnRule("channel", Kind.CATEGORY, categories=("b2b", "web", "app", "phone")),
    ColumnRule("amount", Kind.NUMBER, between=(0.0, 1e9)),
    ColumnRule("items", Kind.INTEGER, between=(0.0, 100.0)),
    ColumnRule("since", Kind.TIME),
    ColumnRule("town", Kind.CATEGORY),
)
SHARES = (0.02, 0.1, 0.4, 0.9)


def rows(count: int, rng: np.random.Generator) -> pd.DataFrame:
    days = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 700, count), unit="D")
    return pd.DataFrame(
        {
            "channel": rng.choice(["b2b", "web", "app"], count, p=[0.2, 0.4, 0.4]),
            "amount": rng.lognormal(5, 0.8, count).round(2),
            "items": 1 + rng.poisson(3, count),
            "since": days,
            "town": rng.choice(list("abcdef"), count),
        }
    )


@cache
def reference() -> Profile:
    known = rows(6_000, np.random.default_rng(1))
    return make_profile(known.assign(who=[f"K{at // 3}" for at in range(6_000)]), rules=RULES, entity="who")


def customers(count: int, rng: np.random.Generator) -> pd.Series:
    return pd.Series(rng.integers(0, 2_000, count).astype(str).astype(object))


def critical(frame: pd.DataFrame, whose: pd.Series) -> dict[str, list[str]]:
    once = cases_of(frame, whose, reference())
    judged = (
        input_contract.check(once.rows, rules=RULES, profile=reference(), units=once.units),
        sentinels.check(once.rows, profile=reference(), units=once.units),
        drift_own.check(once.rows, profile=reference(), units=once.units),
    )
    return {one.result.code: [f.what for f in one.result.findings if f.severity is Severity.CRITICAL] for one in judged}


Plant = Callable[[pd.DataFrame, "np.ndarray[tuple[int], np.dtype[np.bool_]]"], pd.DataFrame]


def put(column: str, value: object) -> Plant:
    return lambda frame, where: frame.assign(
        **{column: frame[column].astype(object).mask(where, value).infer_objects()}
    )


ODD: dict[str, Plant] = {
    "a declared word that never came": put("channel", "phone"),
    "a code in an amount": put("amount", 137.35),
    "a default in a count": put("items", 0),
    "nothing in an amount": put("amount", np.nan),
    "another unit": lambda frame, where: frame.assign(amount=frame["amount"].mask(where, frame["amount"] * 1_000)),
    "a time that no calendar brings": lambda frame, where: frame.assign(
        since=frame["since"].mask(where, pd.Timestamp("1900-01-01", tz="UTC"))
    ),
    "words of its own": lambda frame, where: frame.assign(
        town=frame["town"].mask(where, pd.Series([f"t{at % 700}" for at in range(len(frame))]))
    ),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_one_entity_alone_sends_takes_no_model_off_whatever_its_share_and_what_many_send_rings(odd: str) -> None:
    for share in SHARES:
        rng = np.random.default_rng(3)
        frame, whose, where = rows(5_000, rng), customers(5_000, rng), rng.random(5_000) < share
        found = critical(ODD[odd](frame, where), whose.mask(where, "NEW"))
        assert (found["DATA-003"], found["DRIFT-001"]) == ([], []), share
    of_all = critical(ODD[odd](frame, where), whose)
    assert of_all["DATA-003"] + of_all["DRIFT-001"]


def test_two_entities_or_one_and_a_few_rows_of_others_are_no_feed_either() -> None:
    rng = np.random.default_rng(4)
    frame, whose, where = rows(5_000, rng), customers(5_000, rng), rng.random(5_000) < 0.02
    named = whose.mask(where, "NEW")
    named[np.flatnonzero(where)[:3]] = ["A", "B", "C"]
    found = critical(put("channel", "phone")(frame, where), named)
    assert found["DATA-003"] + found["DRIFT-001"] == []


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9, 0.95])
def test_a_look_up_that_fails_is_told_by_the_share_of_rows_and_by_the_entity_that_they_name(share: float) -> None:
    rng = np.random.default_rng(5)
    frame, whose, where = rows(5_000, rng), customers(5_000, rng), rng.random(5_000) < share
    broken, named = put("channel", "???")(frame, where), whose.mask(where, "none")
    told = [float(one) for what in critical(broken, named)["INPUT-001"] for one in re.findall(r"([\d.]+)%", what)]
    assert told == pytest.approx([100 * where.mean()], abs=1)
    cases = cases_of(frame, named, reference())
    words = cases.stuck(is_blind=False) or cases.flood()
    assert f"{where.sum():,} of 5,000 rows ({where.mean():.0%}) name one entity, 'none'" in words
    assert bool(cases.stuck(is_blind=False)) is bool(where.mean() >= 0.5)


@pytest.mark.parametrize("entities", [1, 2, 5, 19])
def test_a_window_of_a_handful_of_entities_pages_and_what_breaks_the_contract_rings(entities: int) -> None:
    rng = np.random.default_rng(6)
    frame, whose = rows(400, rng), pd.Series([f"shop {at % entities}" for at in range(400)])
    assert critical(frame, whose) == {"INPUT-001": [], "DATA-003": [], "DRIFT-001": []}
    assert "400" in (words := cases_of(frame, whose, reference()).stuck(is_blind=True))
    assert ("name one entity, 'shop 0'" if entities < 3 else f"name {entities} entities") in words
    for column, value in (("channel", "???"), ("amount", -3.0), ("amount", np.nan)):
        found = critical(put(column, value)(frame, np.ones(400, dtype=bool)), whose)["INPUT-001"]
        assert [what for what in found if column in what], (column, value)


def test_the_typo_of_one_customer_accuses_nobody() -> None:
    rng = np.random.default_rng(7)
    for rows_asked, times in ((5_000, 3), (5_000, 400), (200, 10), (60, 20)):
        frame, whose = rows(rows_asked, rng), customers(rows_asked, rng)
        where = np.arange(rows_asked) < times
        found = critical(put("channel", "webb")(frame, where), whose.mask(where, "K5"))
        assert found["INPUT-001"] == [], (rows_asked, times)


@pytest.mark.parametrize("by", ["the entity", "the others"])
def test_people_are_told_the_shares_of_all_rows_where_half_of_them_are_a_robots(by: str) -> None:
    rng = np.random.default_rng(8)
    frame, whose, is_robots = rows(6_000, rng), customers(6_000, rng), np.arange(6_000) < 3_000
    where = rng.random(6_000) < 0.2
    where &= ~is_robots if by == "the others" else True
    found = critical(put("channel", "phone")(frame, where), whose.mask(is_robots, "robot"))
    for code in ("DATA-003", "DRIFT-001"):
        assert any(f"{where.mean():.1%} of the values of channel" in what for what in found[code]), found


def test_an_entity_that_made_most_rows_of_the_reference_too_is_no_news() -> None:
    rng = np.random.default_rng(9)
    frame, whose = rows(6_000, rng), customers(6_000, rng).mask(rng.random(6_000) < 0.6, "unknown")
    known = make_profile(frame.assign(who=whose), rules=RULES, entity="who")
    assert known.largest == pytest.approx((whose == "unknown").mean())
    cases = cases_of(frame.head(2_000), whose.head(2_000), known)
    assert (cases.stuck(is_blind=False), cases.flood()) == ("", "")


def test_a_fault_of_the_others_is_seen_beside_a_robot() -> None:
    rng = np.random.default_rng(10)
    frame, whose, is_robots = rows(6_000, rng), customers(6_000, rng), np.arange(6_000) < 4_000
    found = critical(ODD["another unit"](frame, ~is_robots), whose.mask(is_robots, "robot"))
    assert any("amount is about" in what for what in found["DATA-003"])
    assert units_in(whose.mask(is_robots, "robot")).count(6_000) > 1_000
