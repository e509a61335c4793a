"""Conditions: read strictly, added up to the strictest, said in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.conditions import (
    NONE,
    Conditions,
    check_cases,
    conditions_from,
    conditions_in_words,
    strictest,
)
from flywheel.domain.digests import Json
from flywheel.errors import Refused

END = datetime(2026, 6, 30, tzinfo=UTC)
WHOLE = Conditions(END, 0.25, {"region": ("north", "west")})


def test_conditions_are_read_back_as_they_were_written() -> None:
    assert conditions_from(WHOLE.to_json()) == WHOLE
    assert conditions_from({}) == NONE
    assert NONE.to_json() == {}


@pytest.mark.parametrize(
    "said",
    [
        {"moon": "full"},
        {"traffic_share": 0},
        {"traffic_share": 1.1},
        {"traffic_share": True},
        {"traffic_share": float("nan")},
        {"until_at": "soon"},
        {"until_at": "2026-06-30T00:00:00"},
        {"until_at": 5},
        {"only": {"region": "north"}},
    ],
    ids=str,
)
def test_what_nothing_would_enforce_is_refused(said: dict[str, Json]) -> None:
    with pytest.raises(Refused):
        conditions_from(said)


@pytest.mark.parametrize(
    "only", [{"region": ()}, {f"c{i}": ("x",) for i in range(6)}, {"region": tuple(map(str, range(51)))}], ids=str
)
def test_one_person_names_some_cases_and_not_too_many(only: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(Refused, match="too many cases, or none"):
        check_cases(Conditions(only=only))
    check_cases(WHOLE)


def test_what_several_approvals_add_up_to_is_read_back_whatever_it_leaves() -> None:
    regions = [Conditions(only={"region": ("north",)}), Conditions(only={"region": ("south",)})]
    columns = [Conditions(only={f"{name}{i}": ("x",) for i in range(5)}) for name in "ab"]
    for several in (regions, columns):
        assert conditions_from(strictest(several).to_json()) == strictest(several)


def test_several_approvals_bind_to_the_strictest() -> None:
    other = Conditions(None, 0.5, {"region": ("south", "west"), "channel": ("web",)})
    assert strictest([WHOLE, other]) == Conditions(END, 0.25, {"region": ("west",), "channel": ("web",)})
    assert strictest([]) == NONE


def test_conditions_are_said_in_words() -> None:
    assert WHOLE.sentence() == "until 2026-06-30 00:00 UTC, for 0.25 of the traffic, only where region is north or west"
    assert (WHOLE.limits_traffic, Conditions(END).limits_traffic) == (True, False)


def test_what_a_person_types_is_read_and_the_last_day_is_whole() -> None:
    typed = conditions_in_words(until="2026-06-29", traffic_share=0.25, only=["region=north, west"])
    assert typed == WHOLE
    assert conditions_in_words() == NONE


@pytest.mark.parametrize(
    ("until", "only"),
    [
        ("tomorrow", []),
        ("2026-02-30", []),
        ("9999-12-31", []),
        ("", ["region"]),
        ("", ["region="]),
        ("", ["a=x", "a=y"]),
    ],
)
def test_what_cannot_be_read_is_refused_with_an_example(until: str, only: list[str]) -> None:
    with pytest.raises(Refused):
        conditions_in_words(until=until, only=only)


@given(st.floats(0.05, 0.95), st.integers(0, 1_000))
def test_smaller_share_permits_a_part_of_what_a_larger_one_does(share: float, case: int) -> None:
    smaller, larger = Conditions(traffic_share=share / 2), Conditions(traffic_share=share)
    assert larger.permits(str(case), {}) or not smaller.permits(str(case), {})


def test_share_is_kept_and_the_same_case_is_always_drawn_alike() -> None:
    quarter = Conditions(traffic_share=0.25)
    drawn = [quarter.permits(f"p:{number}", {}) for number in range(4_000)]
    assert 900 < sum(drawn) < 1_100
    assert drawn == [quarter.permits(f"p:{number}", {}) for number in range(4_000)]


def test_only_named_cases_are_permitted_and_an_unknown_one_is_not() -> None:
    north = Conditions(only={"region": ("north",)})
    assert [north.permits("x", {"region": region}) for region in ("north", "south", None)] == [True, False, False]
    assert not north.permits("x", {})
