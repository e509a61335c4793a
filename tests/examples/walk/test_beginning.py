"""The walk's project is the example, and its pages go over a channel that no installation's settings name."""

from __future__ import annotations

import tomllib
from pathlib import Path

from examples.walk.__main__ import CHANNEL_VARIABLE
from examples.walk.beginning import charter_text
from examples.walk.receiver import CHANNEL
from flywheel.settings import Settings

HOME = Path(__file__).resolve().parents[3]


def test_the_demo_takes_no_channel_of_the_settings_away_from_other_projects() -> None:
    committed = Settings.load(HOME, environ={}).paging.channels
    during = Settings.load(HOME, environ={CHANNEL_VARIABLE: "json://127.0.0.1:9/"}).paging.channels
    assert set(during) - set(committed) == {CHANNEL}
    assert {name: during[name] for name in committed} == committed
    assert tomllib.loads(charter_text())["monitoring"]["page"] == [CHANNEL]
