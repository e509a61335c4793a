"""The run that waits looks at the record again when its question is no longer what it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.gates import GateDecision, Verdict
from flywheel.domain.signoffs import Answer
from flywheel.domain.stages import ORDER, Stage
from flywheel.services.again.reproductions import record_reproduction
from flywheel.services.approval import signoffs
from flywheel.services.people.identity import Identity
from flywheel.services.standing.waking import is_ending, wake_stale
from flywheel.services.walk import stages
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA, VIKTOR
from tests.factories.projects import SLUG, make_policy, make_project, submitted
from tests.factories.versions import RUN, judged
from tests.factories.walker import MADE_AGAIN
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of

AT: dict[str, Any] = {"project": SLUG, "run_id": RUN, "actor": "flow:x"}


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version about which a run asks and waits."""
    made = make_desk(catalog, identity, clock)
    for stage in ORDER[:3]:
        stages.begin_stage(catalog, **AT, stage=stage, input_digest="sha256:1")
        said: dict[str, Any] = {"decision": GateDecision(is_open=True), "output": {}, "input_digest": "sha256:1"}
        stages.conclude_stage(catalog, **AT, stage=stage, **said)
    stages.begin_stage(catalog, **AT, stage=Stage.VALIDATION, input_digest="sha256:1")
    stages.wait_stage(catalog, **AT, stage=Stage.VALIDATION, why="sign-off")
    return made


def woken(desk: Desk) -> int:
    return len(messages_of(desk.catalog, "resume_run"))


def reregister(desk: Desk, title: str) -> None:
    submitted(desk.catalog, project=make_project(title=title), policy=make_policy(), actor=OWNER)


def test_a_charter_that_says_otherwise_wakes_the_run_that_asks_about_the_one_before(desk: Desk) -> None:
    reregister(desk, "Card applications")
    assert (woken(desk), is_ending(desk.catalog, project=SLUG)) == (0, False), "the same charter once more"
    reregister(desk, "Something else")
    assert (woken(desk), is_ending(desk.catalog, project=SLUG)) == (1, True)
    reregister(desk, "Card applications")
    reregister(desk, "Something else")
    assert woken(desk) == 2, "it may have looked while the old charter stood again"


def test_a_question_that_is_settled_ends_by_its_answers_whatever_is_registered_since(desk: Desk) -> None:
    desk.sign(VIKTOR, Answer.REJECT)
    before = woken(desk)
    reregister(desk, "Something else")
    assert (woken(desk), is_ending(desk.catalog, project=SLUG)) == (before, False)


def test_a_version_that_was_made_again_is_asked_about_anew(desk: Desk) -> None:
    record_reproduction(
        desk.catalog, version=desk.version.id, model_digest=desk.version.model_digest, made=MADE_AGAIN, actor=VERA
    )
    assert (woken(desk), is_ending(desk.catalog, project=SLUG)) == (1, False)


def test_a_gate_that_closes_wakes_the_run_that_asks(desk: Desk) -> None:
    judged(desk.catalog, desk.version, codes=("PERF-001",), verdict=Verdict.FAILED, key="closed")
    assert (woken(desk), is_ending(desk.catalog, project=SLUG)) == (1, True)


def test_what_time_alone_has_closed_is_found_by_looking_and_wakes_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wake_stale(desk.catalog) == ()
    monkeypatch.setattr("flywheel.services.standing.waking.vain", lambda *_: ("its waiver has ended",))
    assert wake_stale(desk.catalog) == (f"{desk.version.id} is no longer asked about: its waiver has ended",)
    assert (wake_stale(desk.catalog), woken(desk)) == ((), 1)


def test_a_run_goes_on_once_new_secrets_have_come_to_count(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_desk(catalog, identity, clock, policy=replace(make_policy(), fresh_secret_days=14))
    asked: dict[str, Any] = {
        "version": desk.version.id,
        "dossier_digest": desk.dossier,
        "run_id": "run-7",
        "actor": "flow:x",
    }
    signoffs.request_signoff(catalog, **asked)
    desk.sign(BEN)
    assert desk.sign(VERA).fresh_by == (BEN, VERA)
    assert wake_stale(catalog) == ()
    desk.pass_days(14)
    before = len(messages_of(catalog, "resume_run"))
    assert len(wake_stale(catalog)) == 1
    assert [one["run_id"] for one in messages_of(catalog, "resume_run")][before:] == ["run-7"]
    assert wake_stale(catalog) == ()
