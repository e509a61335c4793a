"""P5: decisions that meet give some serial order; a rejection is never overtaken by a release.

The full thousand is `python -m benchmarks.signoffs 0 0 1000`, by the same code.
"""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.services.people.identity import Identity
from tests.fakes.clock import SettableClock
from tests.promises.races import Arena, Race, planned, slow_door, without_locks

SEED = 20261129
NATURAL_ROUNDS, FORCED_ROUNDS, CONTROL_ROUNDS = 16, 4, 4


@pytest.fixture
def arena(catalog: Catalog, identity: Identity, clock: SettableClock) -> Arena:
    return Arena(catalog, identity, clock)


@pytest.fixture
def slowed(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> Arena:
    slow_door(arena, monkeypatch)
    return arena


def test_refusal_is_never_overtaken_in_natural_races_of_which_each_side_wins_some(arena: Arena) -> None:
    finishes = [arena.run(race) for race in planned(NATURAL_ROUNDS, seed=SEED)]
    assert not any(finish.is_overtaken for finish in finishes)
    assert {finish.is_released for finish in finishes} == {True, False}


def test_refusal_is_never_overtaken_even_with_a_slow_door(slowed: Arena) -> None:
    rounds = (Race(f"forced-{number}", is_withdrawal=bool(number % 2)) for number in range(FORCED_ROUNDS))
    assert not any(slowed.run(race).is_overtaken for race in rounds)


def test_without_the_locks_rejections_are_overtaken(slowed: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    assert any(slowed.run(Race(f"unlocked-{number}")).is_overtaken for number in range(CONTROL_ROUNDS))
