"""Forms: what was written is read back equal; anything else is refused with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from flywheel.domain.conditions import Conditions
from flywheel.domain.digests import Digest, Json, plain
from flywheel.domain.forms import read
from flywheel.domain.signoffs import Role
from flywheel.errors import InputRefused


@dataclass(frozen=True)
class Inner:
    """What a part may be."""

    name: str
    share: float | None = None


@dataclass(frozen=True)
class Whole:
    """Every kind of field that events have."""

    text: str
    number: int
    is_true: bool
    share: float
    money: Decimal
    at: datetime
    day: date
    role: Role
    digest: Digest
    said: Mapping[str, Json]
    mixed: Mapping[str, float | int | str]
    parts: tuple[Inner, ...]
    roles: Mapping[Role, tuple[str, ...]]
    conditions: Conditions
    maybe: datetime | None = None


WHOLE = Whole(
    "t",
    2,
    True,
    0.5,
    Decimal("1.50"),
    datetime(2026, 3, 2, 9, tzinfo=UTC),
    date(2026, 3, 2),
    Role.IT,
    Digest("sha256:1"),
    {"any": [1, {"thing": None}]},
    {"a": 1, "b": 0.5, "c": "x"},
    (Inner("x"), Inner("y", 1)),
    {Role.IT: ("a", "b")},
    Conditions(only={"city": ("Bern",)}),
)


def written(**changed: object) -> dict[str, Any]:
    said = plain(WHOLE)
    assert isinstance(said, dict)
    return said | changed


def test_what_was_written_is_read_back_equal_and_written_the_same() -> None:
    assert read(Whole, written()) == WHOLE
    assert plain(read(Whole, written())) == written()
    assert read(Whole, written(maybe="2026-03-02T09:00:00+00:00")) == replace(WHOLE, maybe=WHOLE.at)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"text": 1}, "text is 1; allowed: a text"),
        ({"text": None}, "text is None"),
        ({"number": True}, "number is True; allowed: a whole number"),
        ({"number": 1.0}, "number is 1.0"),
        ({"is_true": 1}, "is_true is 1"),
        ({"share": "0.5"}, "share is '0.5'; allowed: a number"),
        ({"money": 1.5}, "money is 1.5"),
        ({"money": " 1.5"}, "money is ' 1.5'"),
        ({"money": "NaN"}, "money is 'NaN'"),
        ({"at": "2026-03-02T09:00:00"}, "at is '2026-03-02T09:00:00'"),
        ({"at": "2026-03-02T10:00:00+01:00"}, "at is '2026-03-02T10:00:00\\+01:00'; allowed: a time in universal"),
        ({"day": "02.03.2026"}, "day is '02.03.2026'"),
        ({"role": "king"}, "role is 'king'; allowed: business"),
        ({"said": []}, r"said is \[\]; allowed: an object"),
        ({"mixed": {"a": None}}, "mixed.a is None"),
        ({"parts": {}}, "parts is {}; allowed: a list"),
        ({"parts": [{"name": "x", "share": "y"}]}, "parts.0.share is 'y'"),
        ({"parts": [{"share": 0.5}]}, "parts.0.name is missing"),
        ({"roles": {"king": []}}, "roles.king is 'king'"),
        ({"conditions": {"until_at": None, "traffic_share": 2.0, "only": {}}}, "conditions is no Conditions: a share"),
        ({"maybe": "soon"}, "maybe is 'soon'"),
        ({"more": 1}, "more is unknown"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(changed: dict[str, object], said: str) -> None:
    with pytest.raises(InputRefused, match=f"^{said}"):
        read(Whole, written(**changed))


def test_what_is_missing_is_named() -> None:
    said = written()
    del said["money"]
    with pytest.raises(InputRefused, match=r"^money is missing"):
        read(Whole, said)


def test_what_was_written_before_there_was_a_field_with_a_default_is_read_for_good() -> None:
    said = written(parts=[{"name": "x"}])
    del said["maybe"]
    assert read(Whole, said) == replace(WHOLE, parts=(Inner("x"),))


def test_a_type_that_has_no_form_is_no_form() -> None:
    with pytest.raises(TypeError, match="no form"):
        read(set, [])
