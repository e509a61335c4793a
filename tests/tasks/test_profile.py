"""What a version is held against: what it learned from, and what had changed for good by the end of that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from flywheel.domain.digests import Digest
from flywheel.project.loader import load_project
from tasks.profile import profile
from tests.factories.examples import Ground, card_default
from tests.factories.projects import SLUG
from tests.tasks.conftest import Walk
from validators.profiles import Profile

RENAMED = {"web": "web shop"}

pytestmark = pytest.mark.usefixtures("foreign_examiners")


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """A bank that renamed a channel two months before the end of what its version learned from."""
    ground = card_default(tmp_path / "bank", rows=4_000, months=9)
    files = sorted((ground.project.path / "applications").glob("*.parquet"))
    for file in files[4:]:
        rows = pd.read_parquet(file)
        rows.assign(channel=rows["channel"].replace(RENAMED)).to_parquet(file, index=False)
    charter = ground.project.path / "project.toml"
    charter.write_text(charter.read_text().replace('["web", ', '["web", "web shop", '))
    return replace(ground, project=load_project(charter.parent))


@pytest.fixture
def features() -> tuple[str, ...]:
    return ("income", "channel", "utilisation")


def test_a_value_renamed_within_what_was_learned_accuses_no_window_with_the_new_name_alone(walk: Walk) -> None:
    made = profile.fn(SLUG, walk.ground.project.digest, walk.desk.version.id)
    known = Profile.from_json(walk.ground.artifacts.get_bytes(Digest(made["digest"])).decode())
    assert [column.name for column in known.latest] == ["channel"]
    assert len(known.span) == 2, "when its rows were asked tells how old days are, and how fast names come"
    (channel,) = (column for column in known.columns if column.name == "channel")
    assert {*RENAMED, *RENAMED.values()} <= set(dict(channel.levels))

    frame: pd.DataFrame = walk.ground.artifacts.get_frame(walk.ground.prepared().digest)
    asked = frame.sample(900, random_state=3)
    asked["channel"] = asked["channel"].replace(RENAMED)
    judged = walk.window(asked, week=0)
    assert (judged["alarms"], judged["state"]) == ([], "good")

    gone = walk.window(asked.assign(channel=asked["channel"].replace({"branch": "partner"})), week=1)
    assert "sentinels" in {alarm["watch"] for alarm in gone["alarms"]}
