"""P5: decisions that meet give some serial order; a rejection is never overtaken by a release."""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.services.identity import Identity
from tests.fakes.clock import SettableClock
from tests.promises.races import Arena, slow_door, without_locks

NATURAL_ROUNDS, FORCED_ROUNDS, CONTROL_ROUNDS = 12, 4, 4


@pytest.fixture
def arena(catalog: Catalog, identity: Identity, clock: SettableClock) -> Arena:
    return Arena(catalog, identity, clock)


@pytest.fixture
def slowed(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> Arena:
    slow_door(arena, monkeypatch)
    return arena


def test_refusal_is_never_overtaken_in_natural_races(arena: Arena) -> None:
    rounds = range(NATURAL_ROUNDS)
    assert sum(arena.race(f"natural-{number}", is_withdrawal=bool(number % 2)) for number in rounds) == 0


def test_refusal_is_never_overtaken_even_with_a_slow_door(slowed: Arena) -> None:
    rounds = range(FORCED_ROUNDS)
    assert sum(slowed.race(f"forced-{number}", is_withdrawal=bool(number % 2)) for number in rounds) == 0


def test_without_the_locks_rejections_are_overtaken(slowed: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    assert sum(slowed.race(f"unlocked-{number}") for number in range(CONTROL_ROUNDS)) > 0
