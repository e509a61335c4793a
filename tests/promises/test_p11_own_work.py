"""P11: nobody has work of their own approved, by whatever route; a few ways by seed, and without each guard."""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pytest

from flywheel.catalog.engine import Catalog
from flywheel.errors import FlywheelError
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.settings import Settings
from tests.fakes.clock import SettableClock
from tests.promises.own_work import ROUTES, attempt
from tests.promises.own_work_guards import GUARDS, Removal, chance_of, without
from tests.promises.own_work_world import World, approved_by_others, make_world, succeeded

EACH, SEED = 4, 1
"""More, by three seeds: `./run bench own_work`."""


@pytest.fixture
def world(catalog: Catalog, identity: Identity, clock: SettableClock, server: Settings, settings: Settings) -> World:
    return make_world(catalog, identity, clock, server=server, settings=settings, slug="own")


def test_no_route_leads_to_an_approval_and_none_bars_honest_ones(world: World) -> None:
    found = [attempt(world, kind, chance) for kind in ROUTES for chance in [chance_of(SEED, kind)] for _ in range(EACH)]
    assert found == [""] * EACH * len(ROUTES)
    assert approved_by_others(world) == world.desk.version.id
    assert succeeded(world), "what would have been seen"
    assert record.verify_events(world.desk.catalog).first_bad is None


@pytest.mark.parametrize("remove", GUARDS, ids=lambda remove: remove.__name__)
def test_without_a_guard_one_way_leads_there(world: World, remove: Removal) -> None:
    with suppress(FlywheelError, psycopg.Error):
        GUARDS[remove](world)
    assert succeeded(world) == ""
    record.rebuild(world.desk.catalog)
    with without(remove, world):
        GUARDS[remove](world)
        assert succeeded(world)
