"""Messages reach the outside once, however often they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deployments.steward.senders import Outside, deployable_of, start_stage_run
from examples.walk.receiver import Receiver
from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.prefect import Prefect
from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import lock_project
from flywheel.domain.digests import Json
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.stages import Stage
from flywheel.errors import NotFound, SettingsError, Unavailable
from flywheel.project.charter.fields import Duration
from flywheel.services.people.identity import Identity
from flywheel.services.serving import endpoints, releases
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings
from tests.factories.desk import make_desk
from tests.factories.people import BEN, OWNER, VERA
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock
from tests.fakes.prefect_runs import PrefectRuns
from tests.flywheel.services.outgoing import messages_of

PLACE: dict[str, Json] = {"project": "sample", "stage": "research", "cycle": 1, "attempt": 1}
RESUME: dict[str, Json] = {"run_id": "r1"}


@dataclass(frozen=True)
class Sent:
    """A Prefect server and the senders to it."""

    server: PrefectRuns
    prefect: Prefect

    @property
    def outside(self) -> Outside:
        """The senders that need nothing but Prefect."""
        return Outside(cast("Workbench", None), self.prefect)

    def tags(self, run: str) -> list[str]:
        """What a run is marked with."""
        tags: list[str] = self.server.runs[run]["tags"]
        return tags


@pytest.fixture
def sent() -> Iterator[Sent]:
    server = PrefectRuns()
    with server.connect() as prefect:
        yield Sent(server, prefect)


def test_one_place_of_the_walk_has_one_run_however_often_it_is_asked_for(sent: Sent) -> None:
    first = start_stage_run(sent.prefect, PLACE)
    assert start_stage_run(sent.prefect, PLACE) == first
    assert list(sent.server.runs) == [first]


def test_message_that_comes_after_the_run_has_completed_starts_nothing(sent: Sent) -> None:
    first = start_stage_run(sent.prefect, PLACE)
    sent.server.put(first, "COMPLETED", tags=tuple(sent.tags(first)))
    assert start_stage_run(sent.prefect, PLACE) == first


@pytest.mark.parametrize("state", ["CRASHED", "FAILED", "CANCELLED"])
def test_run_that_died_gives_way_to_another_in_its_place(sent: Sent, state: str) -> None:
    first = start_stage_run(sent.prefect, PLACE)
    sent.server.put(first, state, tags=tuple(sent.tags(first)))
    assert start_stage_run(sent.prefect, PLACE) != first


def test_next_attempt_is_marked_with_the_run_whose_work_it_goes_on_with(sent: Sent) -> None:
    first = start_stage_run(sent.prefect, PLACE)
    second = start_stage_run(sent.prefect, PLACE | {"attempt": 2, "continues": first})
    third = start_stage_run(sent.prefect, PLACE | {"attempt": 3, "continues": second})
    assert f"continues:{first}" in sent.tags(second)
    assert f"continues:{first}" in sent.tags(third), "the work began with the first"
    assert not any(tag.startswith("continues:") for tag in sent.tags(first))


def test_work_of_a_run_that_prefect_has_forgotten_is_gone_on_with_by_its_name(sent: Sent) -> None:
    assert "continues:gone" in sent.tags(start_stage_run(sent.prefect, PLACE | {"continues": "gone"}))


def test_waiting_run_is_woken(sent: Sent) -> None:
    sent.server.put("r1", "PAUSED")
    sent.outside.resume_run(RESUME)
    assert sent.server.state("r1") == "SCHEDULED"


def test_run_that_is_just_falling_asleep_is_tried_again(sent: Sent) -> None:
    sent.server.put("r1", "RUNNING")
    with pytest.raises(Unavailable, match="not waiting yet"):
        sent.outside.resume_run(RESUME)


@pytest.mark.parametrize("state", ["SCHEDULED", "COMPLETED", "CRASHED"])
def test_waking_what_is_awake_or_over_is_no_fault(sent: Sent, state: str) -> None:
    sent.server.put("r1", state)
    sent.outside.resume_run(RESUME)
    assert sent.server.state("r1") == state


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise imports it
def test_a_channel_that_is_added_later_needs_no_restart(sent: Sent, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    bench = SimpleNamespace(settings=SimpleNamespace(home=tmp_path))
    outside = Outside(cast("Workbench", bench), sent.prefect)
    page: dict[str, Json] = {
        "channel": "on-call",
        "project": "sample",
        "severity": "page",
        "title": "it drifts",
        "cause": "999",
        "incident": "sample-incident-1",
    }
    with Receiver() as receiver:
        with pytest.raises(SettingsError, match="not set up"):
            outside.page(page)
        added = f'[paging.channels]\non-call = "{receiver.channel}"\n'
        (tmp_path / "config" / "settings.toml").write_text(added, encoding="utf-8")
        outside.page(page)
        assert receiver.next_page(within_seconds=10)["title"] == "sample: it drifts"


def test_same_event_has_the_same_id(sent: Sent) -> None:
    said: dict[str, Json] = {"event": "flywheel.drift", "project": "sample", "key": "k"}
    sent.outside.emit_event(said)
    sent.outside.emit_event(said)
    assert len({event["id"] for event in sent.server.events}) == 1


def test_server_that_is_down_is_said_so_that_the_message_is_kept(sent: Sent) -> None:
    sent.server.is_down = True
    with pytest.raises(Unavailable):
        start_stage_run(sent.prefect, PLACE)


def test_waking_a_run_that_nobody_knows_is_said(sent: Sent) -> None:
    with pytest.raises(NotFound):
        sent.outside.resume_run(RESUME)


def test_schedules_are_those_that_were_signed_and_a_retired_project_has_none(
    catalog: Catalog, identity: Identity, clock: SettableClock, settings: Settings
) -> None:
    bench = Workbench(settings, catalog, Artifacts(settings.artifacts_root))
    desk = make_desk(catalog, identity, clock, page=("desk",))
    assert deployable_of(bench, SLUG).monitor_every is None, "nothing of it was signed yet"
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    serving = deployable_of(bench, SLUG)
    assert (serving.monitor_every, serving.is_over) == (Duration.parse("1 week"), False)
    told = len(messages_of(catalog, "deploy_project"))
    with catalog.begin() as work:  # as after its whole walk
        lock_project(work.session, SLUG).stage = Stage.MONITORING.value
    releases.retire(catalog, project=SLUG, reason="the product ends", actor=OWNER)
    over = deployable_of(bench, SLUG)
    assert (over.monitor_every, over.retrain_every, over.is_over) == (None, None, True)
    assert len(messages_of(catalog, "deploy_project")) == told + 1
    now = endpoints.find(catalog, name=SLUG)
    assert now is not None
    assert now.mode is EndpointMode.STOPPED
