"""P3: whatever program is killed, whenever: the walk ends by itself, nothing finished is redone, nothing happens twice.

The full count of kills is `python -m benchmarks.kills`, by the same code.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.scenarios.kills import Kill, Killer, planned
from tests.scenarios.lab import Lab

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(900)]

SEED = 20261121
KILLS = 6


def test_a_walk_outlives_a_kill_of_the_worker_at_each_of_its_places(lab: Lab, tmp_path: Path) -> None:
    kills = planned(KILLS, chance=random.Random(SEED))
    walk = Killer(lab, tmp_path).walk("killed", kills, seed=1)
    assert walk.faults == ()
    assert sorted(hit.kill.place for hit in walk.hits) == sorted(kill.place for kill in kills)


def test_a_walk_outlives_the_warm_parent_the_steward_and_the_prefect_server(lab: Lab, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    kills = (
        Kill("warm_runner", "data_preparation", chance.random()),
        Kill("prefect", "research", chance.random()),
        Kill("steward", "delivery", chance.random()),
    )
    walk = Killer(lab, tmp_path).walk("outlived", kills, seed=99)
    assert walk.faults == ()
    assert len(walk.hits) == len(kills)
