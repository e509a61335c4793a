"""A derived feature of traffic is watched as the model computed it, though the log holds what callers sent alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from flywheel.domain.digests import Digest
from flywheel.project.loader import load_project
from flywheel.services.serving import releases
from tasks.profile import profile
from tests.factories.examples import Ground, card_default
from tests.factories.people import BEN, VERA
from tests.factories.projects import SLUG
from tests.tasks.conftest import MONDAY, Walk
from validators.profiles import Profile

pytestmark = pytest.mark.usefixtures("foreign_examiners")
FEATURES = """
[features.limit_share]
is = "requested_limit / income"
[features.asked_in]
is = "month(applied_at)"
"""


CODE = """
def features(frame):
    return frame.assign(limit_share=frame.requested_limit / frame.income)
"""
LOW_RISK = 'exposure = "low"\npurpose = "insight"\nregulated = false\n'
"""Where own code runs without every guard, such as here as root."""


@pytest.fixture(params=["by expression", "by code"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def features(way: str) -> tuple[str, ...]:
    """Code is given all that it may read, so that callers send all of it."""
    more = ("age", "bureau_score", "months_since_delinquency", "region", "channel") if way == "by code" else ()
    return ("income", "requested_limit", "utilisation", *more)


@pytest.fixture
def ground(tmp_path: Path, way: str) -> Ground:
    ground = card_default(tmp_path / "bank", rows=2_400, months=9)
    path = ground.project.path / "project.toml"
    text = path.read_text(encoding="utf-8")
    if way == "by code":
        (path.parent / "hooks.py").write_text(CODE)
        path.write_text(re.sub(r"(?s)(\n\[risk\][^\n]*\n).*?(?=\n\[)", rf"\1{LOW_RISK}", text))
    else:
        path.write_text(text.replace("\n[research]\n", f"{FEATURES}\n[research]\n"))
    return replace(ground, project=load_project(path.parent))


def asked(walk: Walk) -> pd.DataFrame:
    frame: pd.DataFrame = walk.ground.artifacts.get_frame(walk.ground.prepared().digest)
    return frame.sample(600, random_state=3)


def swapped(rows: pd.DataFrame) -> pd.DataFrame:
    """The same incomes and limits, of which the high ones belong to the high ones."""
    both = {name: rows[name].sort_values().to_numpy() for name in ("income", "requested_limit")}
    return rows.assign(**both)


def test_the_reference_holds_derived_features_beside_the_columns(walk: Walk) -> None:
    made = profile.fn(SLUG, walk.ground.project.digest, walk.desk.version.id)
    assert made["why_not"] == ""
    known = Profile.from_json(walk.ground.artifacts.get_bytes(Digest(made["digest"])).decode())
    names = {column.name for column in known.columns}
    assert names == {"limit_share", *walk.features}, "the month of the decision says what the calendar says"


def test_a_quiet_week_is_quiet(walk: Walk) -> None:
    judged = walk.window(asked(walk), week=0)
    assert judged["alarms"] == []
    assert judged["verdicts"]["INPUT-001"] == judged["verdicts"]["DATA-003"] == "passed"


def test_what_moves_only_between_columns_is_found_by_the_feature_that_joins_them(walk: Walk) -> None:
    """Each column is spread as before: rich people ask for the high limits now, so that the share is another."""
    judged = walk.window(swapped(asked(walk)), week=1)
    told = " ".join(reason for alarm in judged["alarms"] for reason in alarm["reasons"])
    assert "limit_share" in told
    assert {name for alarm in judged["alarms"] for name in alarm["columns"]} == {"limit_share"}


def test_in_a_part_of_a_week_a_feature_is_held_against_the_same_days_too(walk: Walk) -> None:
    """A model that answered for four days of seven: what those days do not explain is told all the same."""
    walk.desk.sign(BEN)
    walk.desk.sign(VERA)
    walk.desk.clock.now = MONDAY + timedelta(weeks=9)
    walk.desk.release()
    walk.desk.clock.now += timedelta(days=4)
    releases.fall_back(walk.catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    told = walk.window(swapped(asked(walk)), week=9, after=timedelta(days=2))
    assert "limit_share" in {name for alarm in told["alarms"] for name in alarm["columns"]}
