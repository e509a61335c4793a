"""Sign-offs: who may, what counts, what is refused and remembered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.answer_words import FORM
from flywheel.domain.conditions import Conditions
from flywheel.domain.events import Verb
from flywheel.domain.gates import GateDecision
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.domain.stages import ORDER, CycleKind, Stage
from flywheel.errors import Conflict, Refused
from flywheel.services.approval import signoffs
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import Enrolment, grant_in
from flywheel.services.record import record
from flywheel.services.walk import projects, stages
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR, code_of
from tests.factories.projects import SLUG, make_policy
from tests.factories.versions import with_dossier
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A judged version with a dossier and enrolled people."""
    return make_desk(catalog, identity, clock)


def test_quorum_is_granted_by_one_person_of_each_role(desk: Desk) -> None:
    assert not desk.sign(BEN).is_granted
    assert desk.sign(VERA).is_granted


def test_each_sign_off_has_the_head_sealed(desk: Desk) -> None:
    desk.sign(BEN)
    desk.sign(VERA)
    assert len(messages_of(desk.catalog, "export_head")) == 2


def test_each_answer_wakes_the_run_that_asks_until_its_question_is_settled(desk: Desk) -> None:
    for person, woken in ((BEN, 1), (VERA, 2), (VIKTOR, 2)):
        desk.sign(person)
        assert [message["run_id"] for message in messages_of(desk.catalog, "resume_run")] == ["run-1"] * woken


def test_an_approval_that_is_taken_back_wakes_the_run_that_asks(desk: Desk) -> None:
    desk.sign(BEN)
    desk.withdraw(BEN)
    assert len(messages_of(desk.catalog, "resume_run")) == 2


def test_the_run_that_took_the_answer_in_is_woken_by_nobody(desk: Desk) -> None:
    desk.sign(BEN, channel=FORM)
    assert messages_of(desk.catalog, "resume_run") == []
    desk.sign(VERA, channel=FORM)
    assert len(messages_of(desk.catalog, "resume_run")) == 1


def test_same_key_gives_the_first_standing_and_counts_once(desk: Desk) -> None:
    code = code_of(desk.people[BEN], desk.clock() + timedelta(seconds=30))
    first = desk.sign(BEN, code=code, key="k")
    desk.sign(VERA)
    assert desk.sign(BEN, code=code, key="k") == first
    assert signoffs.standing_of(desk.catalog, version=desk.version.id).is_granted


def test_same_key_with_another_answer_is_a_conflict(desk: Desk) -> None:
    desk.sign(BEN, key="k")
    with pytest.raises(Conflict, match="different request"):
        desk.sign(BEN, Answer.REJECT, key="k")


@pytest.mark.parametrize(
    ("person", "role", "reason"),
    [
        (OWNER, Role.OWNER, "is an author"),
        (IVAN, Role.VALIDATOR, "does not hold the role validator"),
        (BEN, Role.VALIDATOR, "does not hold the role validator"),
    ],
)
def test_wrong_people_are_refused_and_the_attempt_is_an_event(desk: Desk, person: str, role: Role, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        desk.sign(person, role=role)
    latest = record.list_events(desk.catalog, limit=1)[0]
    assert (latest.verb, latest.actor) == (Verb.SIGNOFF_REFUSED, person)
    assert reason in str(latest.payload["reason"])


def test_stale_dossier_is_refused(desk: Desk) -> None:
    with_dossier(desk.catalog, desk.version, content="a newer dossier")
    with pytest.raises(Refused, match="dossier has changed"):
        desk.sign(BEN)


def test_new_dossier_starts_the_count_again(desk: Desk) -> None:
    desk.sign(BEN)
    desk.sign(VERA)
    with_dossier(desk.catalog, desk.version, content="a newer dossier")
    assert signoffs.standing_of(desk.catalog, version=desk.version.id).missing == {
        Role.BUSINESS: 1,
        Role.VALIDATOR: 1,
    }


def test_wrong_code_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="code is wrong"):
        desk.sign(BEN, code="000000")


def test_code_counts_once(desk: Desk) -> None:
    code = code_of(desk.people[VERA], desk.clock() + timedelta(seconds=30))
    desk.sign(VERA, code=code)
    desk.clock.move(timedelta(seconds=-30))
    with pytest.raises(Refused, match="used already"):
        desk.sign(VERA, Answer.REJECT, code=code, key="again")


def test_too_many_wrong_codes_lock_even_the_right_one_for_a_while(desk: Desk) -> None:
    for _ in range(5):
        with pytest.raises(Refused, match="code is wrong"):
            desk.sign(BEN, code="000000")
    with pytest.raises(Refused, match="locked"):
        desk.sign(BEN)
    desk.clock.move(timedelta(minutes=15))
    assert BEN in desk.sign(BEN).approved_by


def test_same_answer_twice_is_refused(desk: Desk) -> None:
    desk.sign(BEN)
    with pytest.raises(Refused, match="already answered approve"):
        desk.sign(BEN)


def test_approval_may_become_a_rejection_but_not_the_reverse(desk: Desk) -> None:
    desk.sign(BEN)
    assert desk.sign(BEN, Answer.REJECT).refused_by == (BEN,)
    with pytest.raises(Refused, match="a rejection stands"):
        desk.sign(BEN)


def test_one_rejection_outweighs_a_full_quorum(desk: Desk) -> None:
    desk.sign(VIKTOR, Answer.REJECT)
    desk.sign(BEN)
    assert not desk.sign(VERA).is_granted


def test_comment_with_control_characters_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="control characters"):
        desk.sign(BEN, comment="fine\x1b[2J")


def test_expired_approval_is_renewed_by_the_same_person_on_the_same_dossier(desk: Desk) -> None:
    desk.sign(BEN)
    desk.sign(VERA)
    desk.pass_days(366)
    assert not desk.standing().is_granted
    desk.sign(BEN)
    assert desk.sign(VERA).is_granted
    given = [event for event in record.list_events(desk.catalog) if event.verb is Verb.SIGNOFF_GIVEN]
    assert sorted(str(event.payload["renewal"]) for event in given) == ["0", "0", "1", "1"]


def test_return_for_rework_moves_the_project_back_and_wakes_the_run(desk: Desk) -> None:
    stages.start_cycle(desk.catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="first", key="c")
    for stage in ORDER[:3]:
        opened(desk.catalog, stage)
    stages.begin_stage(
        desk.catalog, project=SLUG, stage=Stage.VALIDATION, run_id="run-1", actor="flow:x", input_digest="sha256:1"
    )
    desk.sign(VERA, Answer.REWORK, comment="the split leaks")
    now = projects.get_project(desk.catalog, project=SLUG)
    assert (now.stage, "returned for rework by vera@bank.example: the split leaks" in now.detail) == (
        Stage.RESEARCH,
        True,
    )
    assert [message["run_id"] for message in messages_of(desk.catalog, "resume_run")] == ["run-1"]
    ended = conclude(desk.catalog, Stage.VALIDATION, is_open=False)
    assert ended.stage is Stage.RESEARCH


def test_conditions_bind_what_is_released(desk: Desk) -> None:
    desk.sign(BEN, conditions=Conditions(until_at=desk.clock() + timedelta(days=30)))
    desk.sign(VERA)
    endpoint = desk.release()
    given = endpoint.conditions or {}
    until_at = datetime.fromisoformat(str(given["until_at"]))
    assert timedelta(days=29, hours=23) < until_at - desk.clock() < timedelta(days=30)
    assert given.keys() == {"until_at"}


def test_minor_remarks_are_kept_and_major_ones_keep_the_door_shut(desk: Desk) -> None:
    desk.sign(BEN)
    desk.sign(VERA, feedback=Feedback.MINOR, comment="name the window")
    assert desk.standing().minor_by == (VERA,)
    desk.sign(VIKTOR, feedback=Feedback.MAJOR, comment="the split leaks")
    with pytest.raises(Refused, match="major remarks of viktor"):
        desk.release()


def test_final_approver_signs_last(catalog: Catalog, identity: Identity, clock: SettableClock) -> None:
    desk = make_desk(catalog, identity, clock, policy=replace(make_policy(), final_approver=Role.BUSINESS))
    with pytest.raises(Refused, match="lets business approve last"):
        desk.sign(BEN)
    desk.sign(VERA)
    assert desk.sign(BEN).is_granted


def test_approvals_expire_and_rejections_do_not(desk: Desk) -> None:
    desk.sign(BEN)
    desk.sign(VIKTOR, Answer.REJECT)
    desk.clock.move(timedelta(days=366))
    now = signoffs.standing_of(desk.catalog, version=desk.version.id)
    assert (now.approved_by, now.refused_by) == ({}, (VIKTOR,))


def test_person_without_an_authenticator_is_refused(desk: Desk) -> None:
    lea = Enrolment("lea@bank.example", next(iter(desk.people.values())).secret, "", ())
    desk.people[lea.person] = lea
    with pytest.raises(Refused, match="does not hold the role"):
        desk.sign(lea.person)


def test_request_for_another_dossier_than_the_present_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="present dossier"):
        signoffs.request_signoff(
            desk.catalog, version=desk.version.id, dossier_digest="sha256:other", run_id="run-2", actor="flow:x"
        )


def opened(catalog: Catalog, stage: Stage) -> None:
    """Let a stage end well."""
    stages.begin_stage(
        catalog, project=SLUG, stage=stage, run_id="run-1", actor="flow:x", input_digest=f"sha256:{stage}"
    )
    conclude(catalog, stage, is_open=True)


def conclude(catalog: Catalog, stage: Stage, *, is_open: bool) -> projects.ProjectRecord:
    """Say how a stage ended."""
    return stages.conclude_stage(
        catalog,
        project=SLUG,
        stage=stage,
        run_id="run-1",
        actor="flow:x",
        decision=GateDecision(is_open),
        output={},
        input_digest=f"sha256:{stage}",
    )


def test_whoever_has_answered_and_administers_too_is_told_that_they_have_answered(desk: Desk) -> None:
    with desk.catalog.begin() as work:
        grant_in(work, person=VERA, roles={SLUG: {Role.ADMIN}}, actor=BEN, is_founding=True)
    desk.sign(VERA)
    with pytest.raises(Refused, match="already"):
        desk.sign(VERA)


def test_whoever_answers_the_form_is_told_what_it_brought_in_their_name(desk: Desk, catalog: Catalog) -> None:
    telling = replace(desk, identity=replace(desk.identity, can_tell=True))
    telling.sign(VERA, channel="prefect")
    telling.sign(BEN)
    (message,) = messages_of(catalog, "tell")
    person, title, body = json.loads(desk.identity.cipher.decrypt(str(message["sealed"]).encode()))
    assert (message["person"], person) == (VERA, VERA)
    assert title == f"Your answer about {desk.version.id}: approve"
    assert f"flywheel withdraw {desk.version.id} --as {VERA}" in body
