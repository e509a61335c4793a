"""Halting: a person who is proven has nobody answer; only then can a project be closed, and then for good."""

from __future__ import annotations

from typing import Any

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.catalog.version import VersionState
from flywheel.domain.digests import digest_of
from flywheel.domain.events import Verb
from flywheel.domain.stages import CycleKind, Stage
from flywheel.errors import Refused
from flywheel.services import overview
from flywheel.services.approval import inboxes
from flywheel.services.modelling import versions
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.record import record
from flywheel.services.serving import endpoints, halting, releases
from flywheel.services.serving.endpoints import EndpointMode, EndpointRecord
from flywheel.services.walk import projects, stages
from tests.factories.desk import Desk, make_desk, make_serving_desk
from tests.factories.people import OWNER, VERA, code_of, logged_in
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of

STRANGER = "nobody@elsewhere.example"


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that serves."""
    return make_serving_desk(catalog, identity, clock)


def halt(
    desk: Desk, person: str = OWNER, *, code: str = "", key: str = "halt", reason: str = "enough"
) -> EndpointRecord:
    shown = code or code_of(desk.people[person], desk.clock())
    proof = Proof(desk.identity, person, shown, "test", key)
    return halting.halt(desk.catalog, project=SLUG, reason=reason, proof=proof)


def close(desk: Desk) -> None:
    stages.close_null(desk.catalog, project=SLUG, verdict="done", proof=logged_in(desk.catalog, desk.identity, OWNER))


def test_nobody_answers_and_what_served_can_be_restored(desk: Desk) -> None:
    assert halt(desk).mode is EndpointMode.STOPPED
    assert halt(desk).mode is EndpointMode.STOPPED, "the same key counts once"
    assert desk.restore(OWNER).version == desk.version.id


def test_a_wrong_code_stops_nothing_and_is_in_the_record(desk: Desk) -> None:
    with pytest.raises(Refused, match="code is wrong"):
        halt(desk, code="000000")
    (last,) = record.list_events(desk.catalog, limit=1)
    assert (last.verb, last.payload["answer"]) == (Verb.SIGNOFF_REFUSED, "stop")
    found = endpoints.find(desk.catalog, name=SLUG)
    assert found is not None
    assert found.mode is EndpointMode.MODEL


def test_nobody_without_a_role_or_a_reason_stops_anything_and_nothing_is_stopped_twice(desk: Desk) -> None:
    with pytest.raises(Refused, match="not known here"):
        halt(desk, STRANGER, code="123456")
    with pytest.raises(Refused, match="reason"):
        halt(desk, reason=" ")
    halt(desk)
    with pytest.raises(Refused, match="is stopped already"):
        halt(desk, key="again")


def test_what_serves_is_not_closed_and_the_way_is_named(desk: Desk) -> None:
    with pytest.raises(Refused, match=rf"{desk.version.id} serves.*`flywheel withdraw.*`flywheel stop {SLUG}"):
        close(desk)
    releases.fall_back(desk.catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    with pytest.raises(Refused, match=r"the rule answers.*flywheel stop"):
        close(desk)
    assert projects.get_project(desk.catalog, project=SLUG).stage is not Stage.CLOSED_NULL


def test_what_was_closed_starts_serves_and_signs_nothing_any_more(desk: Desk) -> None:
    halt(desk)
    close(desk)
    version = versions.get_version(desk.catalog, version=desk.version.id)
    assert version.state is VersionState.RETIRED
    with pytest.raises(Refused, match="has ended: closed without a model"):
        stages.start_cycle(
            desk.catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="anew", key="closed"
        )
    for stage in Stage:
        with pytest.raises(Refused, match="has ended"):
            stages.begin_stage(
                desk.catalog, project=SLUG, stage=stage, run_id="r", actor="x", input_digest=digest_of("x")
            )
    with pytest.raises(Refused, match="retired"):
        desk.sign(VERA)
    with pytest.raises(Refused, match="retired"):
        desk.restore(OWNER)
    with pytest.raises(Refused, match="retired"):
        desk.release()


def test_whoever_waits_is_let_go_when_a_project_is_closed(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    make_desk(catalog, identity, clock)
    run: dict[str, Any] = {"project": SLUG, "stage": Stage.IDEATION, "run_id": "waiting", "actor": "flow:x"}
    stages.begin_stage(catalog, **run, input_digest=digest_of("inputs"))
    stages.wait_stage(catalog, **run, why="a signature")
    assert inboxes.inbox(catalog)
    stages.close_null(catalog, project=SLUG, verdict="no signal", proof=logged_in(catalog, identity, OWNER))
    assert inboxes.inbox(catalog) == ()
    (glance,) = overview.overview(catalog, channels=())
    assert (glance.waits_for, glance.next_steps, glance.stage) == ((), (), Stage.CLOSED_NULL)
    assert [message["run_id"] for message in messages_of(catalog, "resume_run")] == ["waiting"]
