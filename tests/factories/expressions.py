"""Columns that expressions are made of in tests, what stands in them, and expressions without end."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from flywheel.project.expressions.definitions import Definition
from flywheel.project.expressions.derivation import Derivation, derivation_of
from flywheel.project.expressions.intake import Intake
from flywheel.project.expressions.known import Known
from flywheel.project.expressions.misread import Misread
from flywheel.project.expressions.units import measure_of
from flywheel.project.reading.kinds import Kind

KNOWN = (
    Known("loan", Kind.NUMBER, measure_of("€")),
    Known("income", Kind.NUMBER, measure_of("EUR")),
    Known("months", Kind.INTEGER, measure_of("month")),
    Known("weight", Kind.NUMBER, measure_of("kg")),
    Known("age", Kind.INTEGER),
    Known("region", Kind.CATEGORY, categories=("north", "south", "east")),
    Known("owns", Kind.BOOLEAN),
    Known("opened", Kind.TIME),
    Known("asked", Kind.TIME),
    Known("note", Kind.TEXT),
    Known("paid", Kind.NUMBER, barred="is the target, which is not known at the decision"),
)


def derived(**features: str) -> Derivation:
    """Make features that must all make sense."""
    made, _, wrong = derivation_of(_definitions(features), KNOWN, intakes())
    assert not wrong, {name: mistake.what for name, mistake in wrong.items()}
    return made


def mistakes(**features: str) -> Mapping[str, Misread]:
    """Say what is wrong with features."""
    return derivation_of(_definitions(features), KNOWN, intakes())[2]


def intakes() -> tuple[Intake, ...]:
    """How each column is read; 999 means missing in `age`."""
    return tuple(Intake(one.name, one.kind, (999,) if one.name == "age" else ()) for one in KNOWN if not one.barred)


def frame_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Hold rows as a table is held: typed columns, of which any value may be missing."""
    frame = pd.DataFrame(rows, columns=[one.name for one in KNOWN if not one.barred])
    types = {"age": "Int64", "months": "Int64", "owns": "boolean", "region": "str", "note": "str"}
    frame = frame.astype(types | dict.fromkeys(("loan", "income", "weight"), "float64"))
    for name in ("opened", "asked"):
        frame[name] = pd.to_datetime(pd.Series(list(frame[name]), dtype="object"), utc=True).astype(
            "datetime64[us, UTC]"
        )
    return frame


def is_same(one: object, other: object) -> bool:
    """Whether two values are the same to the bit; what is missing is the same whatever way it is missing."""
    missing = [value is None or value is pd.NA or value != value for value in (one, other)]
    if any(missing):
        return all(missing)
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return struct.pack("<d", one) == struct.pack("<d", other)


FLOATS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1.0, 1e308, -1e308, 5e-324, 709.0, 709.8, 2.0**53]),
    st.floats(-1e6, 1e6),
    st.none(),
)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)) | st.none()  # noqa: DTZ001  the zone is given
ROWS = st.fixed_dictionaries(
    {
        "loan": FLOATS,
        "income": FLOATS,
        "months": st.integers(-(2**53), 2**53) | st.none(),
        "weight": FLOATS,
        "age": st.integers(0, 120) | st.sampled_from([999, None]),
        "region": st.sampled_from(["north", "south", "east", "elsewhere", "3.0", "", None]),
        "owns": st.booleans() | st.none(),
        "opened": MOMENTS,
        "asked": MOMENTS,
        "note": st.text(max_size=5) | st.none(),
    }
)
"""Rows as an endpoint reads them."""


def numbers(deep: int) -> st.SearchStrategy[str]:
    """Make expressions that give a number."""
    leaf = st.sampled_from(["loan", "income", "age", "0", "2", "0.1", "1e300", "-0.0", "days_between(opened, asked)"])
    if not deep:
        return leaf
    inner, truth, word = numbers(deep - 1), truths(deep - 1), words(deep - 1)
    return st.one_of(
        leaf,
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["abs", "sqrt", "log", "exp", "floor", "-"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(st.sampled_from(["min", "max", "coalesce"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
        st.tuples(truth, inner, inner).map(lambda t: f"(if {t[0]} then {t[1]} else {t[2]})"),
        st.tuples(
            st.sampled_from(["year", "quarter", "month", "day", "weekday", "hour"]),
            st.sampled_from(["opened", "asked"]),
        ).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(word, inner).map(lambda t: f'lookup({t[0]}, {{"north": 1.5, "south": -2}}, {t[1]})'),
        word.map(lambda w: f'lookup({w}, {{"north": 1.5}})'),
    )


def truths(deep: int) -> st.SearchStrategy[str]:
    """Make expressions that are true or false."""
    leaf = st.sampled_from(["owns", "is_missing(loan)", 'region == "south"', "opened < asked", "true"])
    if not deep:
        return leaf
    inner, number, word = truths(deep - 1), numbers(deep - 1), words(deep - 1)
    return st.one_of(
        leaf,
        st.tuples(number, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), number).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.tuples(inner, st.sampled_from(["and", "or", "==", "!="]), inner).map(
            lambda t: f"(({t[0]}) {t[1]} ({t[2]}))"
        ),
        st.tuples(word, st.sampled_from(["==", "!="]), st.sampled_from(["region", "note"])).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        inner.map(lambda t: f"(not ({t}))"),
        st.tuples(inner, inner).map(lambda t: f"coalesce({t[0]}, {t[1]})"),
    )


def words(deep: int) -> st.SearchStrategy[str]:
    """Make expressions that give a category."""
    leaf = st.sampled_from(["region", "bucket(loan, -1, 0, 1000)"])
    if not deep:
        return leaf
    inner = words(deep - 1)
    return st.one_of(
        leaf,
        st.tuples(truths(deep - 1), inner, inner).map(lambda t: f"(if {t[0]} then {t[1]} else {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"coalesce({t[0]}, {t[1]})"),
        inner.map(lambda w: f'lookup({w}, {{"north": "up", "south": "down"}}, "aside")'),
    )


def _definitions(features: Mapping[str, str]) -> tuple[Definition, ...]:
    return tuple(Definition(name, text) for name, text in features.items())
