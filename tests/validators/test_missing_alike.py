"""A declared code and a null are one: whichever callers and files write, every gate says the same of the same rows."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flywheel.domain.gates import GateFinding
from flywheel.project.reading.kinds import Kind
from validators import drift_evidently, drift_own, identifiers, input_contract, permissions, schema, sentinels
from validators.permissions import Forbidden
from validators.profiles import make_profile
from validators.specs import Code, ColumnRole, ColumnRule

pytestmark = pytest.mark.usefixtures("foreign_examiners")

ROWS = 900
NOW = datetime(2026, 11, 21, tzinfo=UTC)
CODES: dict[Kind, Code] = {
    Kind.NUMBER: 999,
    Kind.INTEGER: -1,
    Kind.CATEGORY: "k.A.",
    Kind.TEXT: "unbekannt",
    Kind.TIME: "1900-01-01",
    Kind.BOOLEAN: 9,
}
SPELLINGS = ("null", "code", "both")
TARGET = ColumnRule("y", Kind.BOOLEAN, role=ColumnRole.TARGET)


def rule(kind: Kind) -> ColumnRule:
    return ColumnRule("x", kind, missing_codes=(CODES[kind],))


def values(kind: Kind, rng: np.random.Generator) -> pd.Series:
    if kind is Kind.NUMBER:
        return pd.Series(rng.normal(500, 80, ROWS))
    if kind is Kind.INTEGER:
        return pd.Series(rng.poisson(4, ROWS)).astype("float64")
    if kind is Kind.CATEGORY:
        return pd.Series(rng.choice(["web", "shop", "phone"], ROWS), dtype="str")
    if kind is Kind.TEXT:
        return pd.Series([f"note {n}" for n in rng.integers(0, 5_000, ROWS)], dtype="str")
    if kind is Kind.TIME:
        return pd.Series(pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 9_000, ROWS), unit="h"))
    return pd.Series(rng.integers(0, 2, ROWS)).astype("float64")


def spelled(present: pd.Series, gaps: np.ndarray, kind: Kind, spelling: str) -> pd.DataFrame:
    """The same rows, with what is missing written in one way or another."""
    code = pd.Timestamp(str(CODES[kind]), tz="UTC") if kind is Kind.TIME else CODES[kind]
    coded = {"null": np.zeros(ROWS, dtype=bool), "code": gaps, "both": gaps & (np.arange(ROWS) % 2 == 0)}[spelling]
    series = present.mask(gaps & ~coded).mask(coded, code)
    return pd.DataFrame({"x": series, "y": np.arange(ROWS) % 7 == 0})


def said(window: pd.DataFrame, reference: pd.DataFrame, kind: Kind) -> dict[str, tuple[GateFinding, ...]]:
    """What each gate says of the column; copies of rows are counted as they are written."""
    rules = (rule(kind),)
    other = ColumnRule("z", Kind.NUMBER)
    before, now = (frame.assign(z=np.arange(ROWS) % 11.0) for frame in (reference, window))
    profile = make_profile(before, rules=(*rules, other))
    judged = (
        input_contract.check(now, rules=(*rules, other), profile=profile),
        sentinels.check(now, profile=profile),
        drift_own.check(now, profile=profile),
        drift_evidently.check(now, before, rules=(*rules, other)),
        schema.check(now, rules=(*rules, other, TARGET)),
        identifiers.check(now, rules=(*rules, other)),
        permissions.check(now, rules=(*rules, other), forbidden=(Forbidden("y", "is not permitted"),), now=NOW),
    )
    return {one.result.code: tuple(found for found in one.result.findings if found.locator != "rows") for one in judged}


def alarms(found: dict[str, tuple[GateFinding, ...]]) -> list[str]:
    watching = ("INPUT-001", "DATA-003", "DRIFT-001", "DRIFT-002")
    return [finding.what for code in watching for finding in found[code]]


@settings(max_examples=24, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(list(CODES)),
    share=st.sampled_from([0.004, 0.062, 0.3, 0.9]),
    moved=st.sampled_from([0.0, 0.4]),
    before=st.sampled_from(SPELLINGS),
    now=st.sampled_from(SPELLINGS),
    seed=st.integers(0, 50),
)
def test_every_gate_says_the_same_however_missing_is_spelled(
    *, kind: Kind, share: float, moved: float, before: str, now: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    reference, window = values(kind, rng), values(kind, rng)
    gaps_before, gaps_now = rng.random(ROWS) < share, rng.random(ROWS) < min(share + moved, 0.97)
    plain = said(spelled(window, gaps_now, kind, "null"), spelled(reference, gaps_before, kind, "null"), kind)
    other = said(spelled(window, gaps_now, kind, now), spelled(reference, gaps_before, kind, before), kind)
    assert other == plain


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.INTEGER, Kind.CATEGORY, Kind.BOOLEAN])
def test_a_share_that_truly_moves_is_told_with_the_true_shares(kind: Kind) -> None:
    rng = np.random.default_rng(1)
    gaps, more = np.arange(ROWS) < 45, np.arange(ROWS) < 270
    before = spelled(values(kind, rng), gaps, kind, "code")
    clean = said(spelled(values(kind, rng), gaps, kind, "null"), before, kind)
    assert alarms(clean) == []
    told = [one.what for one in said(spelled(values(kind, rng), more, kind, "null"), before, kind)["DRIFT-001"]]
    assert told == ["x is missing in 30.0% of the rows; in the reference it was 5.0%."]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_code_that_nobody_declared_is_still_the_news(spelling: str) -> None:
    rng = np.random.default_rng(1)
    gaps = np.arange(ROWS) < 90
    before = spelled(values(Kind.NUMBER, rng), gaps, Kind.NUMBER, spelling)
    now = spelled(values(Kind.NUMBER, rng), gaps, Kind.NUMBER, "null").fillna({"x": 998.0})
    found = said(now, before, Kind.NUMBER)
    assert found["DATA-003"][0].what == (
        "What was missing in x now arrives as 998: 10.0% were missing before, 0.0% are now, and 10.0% are exactly 998."
    )
