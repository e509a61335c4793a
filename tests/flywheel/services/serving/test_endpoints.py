"""Endpoints: when one was to answer, and by whom, as the record says."""

from __future__ import annotations

from datetime import timedelta

from flywheel.catalog.engine import Catalog
from flywheel.services.people.identity import Identity
from flywheel.services.serving import endpoints, releases
from flywheel.services.serving.endpoints import Live
from tests.factories.desk import make_desk
from tests.factories.people import BEN, VERA
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock

A_MOMENT = timedelta(seconds=1)


def test_an_endpoint_is_live_from_its_release_until_it_is_stopped_whoever_answers(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_desk(catalog, identity, clock)
    assert endpoints.live_stretches(catalog, name=SLUG) == ()
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    released_at = clock()
    clock.move(timedelta(days=1))
    releases.fall_back(catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    (live,) = endpoints.live_stretches(catalog, name=SLUG)
    assert live == Live(desk.version.id, "rule", live.since_at, None)
    assert abs(live.since_at - released_at) < A_MOMENT
    clock.move(timedelta(days=1))
    releases.stop(catalog, project=SLUG, reason="enough", incident=None, actor="steward")
    (over,) = endpoints.live_stretches(catalog, name=SLUG)
    released_at, stopped_at = over.since_at, over.until_at
    assert released_at == live.since_at
    assert stopped_at is not None
    assert abs(stopped_at - clock()) < A_MOMENT
    clock.move(timedelta(days=1))
    desk.restore(VERA)
    day = timedelta(days=1)
    before, again = endpoints.live_stretches(catalog, name=SLUG)
    assert (before, again) == (over, Live(desk.version.id, "model", again.since_at, None))
    assert abs(again.since_at - clock()) < A_MOMENT
    assert over.covers(released_at, stopped_at - day)
    assert not over.covers(released_at, stopped_at)
    assert not over.covers(released_at - day, stopped_at - day)


def test_what_was_taken_back_may_not_answer_again_and_a_release_changes_nothing_of_that(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_desk(catalog, identity, clock)
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()

    def now() -> tuple[int, int]:
        found = endpoints.find(desk.catalog, name=SLUG)
        assert found is not None
        return found.generation, found.safe_from

    assert now() == (1, 1)
    releases.fall_back(desk.catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    assert now() == (2, 2)
    desk.restore(VERA)
    assert now() == (3, 2)
    releases.stop(desk.catalog, project=SLUG, reason="enough", incident=None, actor="steward")
    assert now() == (4, 4)


def test_a_change_of_who_answers_begins_another_stretch_of_who_did(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_desk(catalog, identity, clock)
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    clock.move(timedelta(days=1))
    releases.fall_back(catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    clock.move(timedelta(days=1))
    releases.stop(catalog, project=SLUG, reason="enough", incident=None, actor="steward")
    clock.move(timedelta(days=1))
    desk.restore(VERA)
    model, rule, again = endpoints.answering_stretches(catalog, name=SLUG)
    assert [one.served_by for one in (model, rule, again)] == ["model", "rule", "model"]
    assert (model.until_at, again.until_at) == (rule.since_at, None)
    assert rule.until_at is not None
    assert rule.until_at < again.since_at
    assert {one.version for one in (model, rule, again)} == {desk.version.id}
