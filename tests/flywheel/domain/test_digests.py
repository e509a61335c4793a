"""Digests: the same meaning is the same digest; what has no single meaning has none."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.digests import (
    DEEPEST,
    UNREADABLE,
    Json,
    canonical_json,
    digest_bytes,
    digest_of,
    digest_tree,
    plain,
    read_json,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS: st.SearchStrategy[Json] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(TEXT, inner)), max_leaves=20
)


class Colour(StrEnum):
    """A choice."""

    RED = "red"


class Size(Enum):
    """A choice that is not a text."""

    SMALL = 1


@dataclass(frozen=True)
class Point:
    """A value."""

    x: int
    tags: frozenset[str] = frozenset()
    more: Any = None


@given(VALUES)
def test_record_read_back_has_the_same_digest(value: Any) -> None:
    assert digest_of(json.loads(canonical_json(value))) == digest_of(value)


@given(st.dictionaries(TEXT, VALUES))
def test_order_of_keys_means_nothing(value: dict[str, Any]) -> None:
    assert digest_of(dict(reversed(value.items()))) == digest_of(value)


@given(VALUES, VALUES)
def test_different_records_have_different_digests(one: Any, other: Any) -> None:
    is_same = canonical_json(one) == canonical_json(other)
    assert (digest_of(one) == digest_of(other)) == is_same


@given(st.dictionaries(TEXT, TEXT))
def test_folder_has_one_digest_whatever_the_order_of_its_files(digests: dict[str, str]) -> None:
    assert digest_tree(dict(reversed(digests.items()))) == digest_tree(digests)


def test_moved_file_changes_the_folder() -> None:
    assert digest_tree({"a": "1", "b": "2"}) != digest_tree({"a": "2", "b": "1"})


def test_form_is_stable_over_years() -> None:
    assert digest_of({"b": [1, 2.5, None], "a": "ü"}) == digest_bytes('{"a":"ü","b":[1,2.5,null]}'.encode())


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (Colour.RED, "red"),
        (Size.SMALL, 1),
        ((1, 2), [1, 2]),
        (Decimal("1.10"), "1.10"),
        (Point(1, frozenset({"b", "a"})), {"x": 1, "tags": ["a", "b"], "more": None}),
        (Point(1, more=MappingProxyType({Colour.RED: Point(2)})), None),
    ],
)
def test_values_of_the_domain_become_plain(value: object, meaning: Json) -> None:
    assert meaning is None or plain(value) == meaning
    assert json.loads(canonical_json(value)) == plain(value)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-23, 23))
def test_one_moment_has_one_digest_in_every_time_zone(moment: datetime, hours: int) -> None:
    try:
        elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    except OverflowError:
        return
    assert digest_of(elsewhere) == digest_of(moment)


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, Decimal("NaN"), Decimal("-Infinity"), datetime(2026, 1, 1), {1: "a", "1": "b"}],  # noqa: DTZ001  the point
    ids=str,
)
def test_what_has_no_single_meaning_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"record|time zone"):
        digest_of(value)


@pytest.mark.parametrize(
    "value", [b"bytes", object(), 1j, Point], ids=["bytes", "an object", "a complex number", "a class"]
)
def test_what_has_no_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        digest_of(value)


@pytest.mark.parametrize(
    "stored", ["1e999", "[-1e999]", "9" * 5_000, "[" * 3_000 + "]" * 3_000, "[" * DEEPEST + "1" + "]" * DEEPEST, "{"]
)
def test_what_cannot_be_read_says_so_in_its_place(stored: str) -> None:
    read = read_json(stored)
    assert isinstance(read, dict)
    assert list(read) == [UNREADABLE]


@pytest.mark.parametrize("stored", ["1e300", '{"a":[1.5,null]}', b'"b"', "[" * DEEPEST + "]" * DEEPEST])
def test_what_can_be_read_is_read(stored: str | bytes) -> None:
    assert read_json(stored) == json.loads(stored)
