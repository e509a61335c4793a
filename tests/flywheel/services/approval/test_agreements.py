"""Agreements: who may say yes to a charter before work begins, on what, and until what changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import StageState
from flywheel.domain.answer_words import FORM
from flywheel.domain.events import Verb
from flywheel.domain.signoffs import Answer, Role
from flywheel.domain.stages import CycleKind, Stage
from flywheel.errors import Conflict, Refused
from flywheel.services.approval import agreements, inboxes
from flywheel.services.approval.answer_words import send_words
from flywheel.services.people import delegations
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.services.walk import following, projects, stages
from tests.factories.agreeing import AGREED, AGREEING, LEA, RUN, Table, make_table
from tests.factories.every_key import document
from tests.factories.people import BEN, IVAN, OWNER, VERA, code_of, enrolled
from tests.factories.projects import SLUG, registered
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of


@pytest.fixture
def table(catalog: Catalog, identity: Identity, clock: SettableClock) -> Table:
    """A charter that is registered, and people."""
    return make_table(catalog, identity, clock)


def test_business_and_it_agree_and_work_may_begin(table: Table) -> None:
    table.ask(table.register())
    assert not table.sign(BEN).is_granted
    assert table.sign(IVAN).is_granted


def test_legal_is_asked_too_where_people_are_decided_about(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    table = make_table(catalog, identity, clock, document())
    table.ask(table.register())
    table.sign(BEN)
    assert table.sign(IVAN).missing == {Role.LEGAL: 1}
    assert table.sign(LEA).is_granted


def test_an_author_cannot_sign_alone_or_at_all(table: Table) -> None:
    table.ask(table.register(), authors=(OWNER, BEN))
    for author in (OWNER, BEN):
        with pytest.raises(Refused, match="is an author of this charter"):
            table.sign(author, role=Role.BUSINESS)
    latest = record.list_events(table.catalog, limit=1)[0]
    assert (latest.verb, latest.subject_id, latest.actor) == (Verb.SIGNOFF_REFUSED, SLUG, BEN)


@pytest.mark.parametrize(("person", "role"), [(VERA, Role.BUSINESS), (IVAN, Role.BUSINESS)])
def test_a_role_that_is_not_held_counts_for_nothing(table: Table, person: str, role: Role) -> None:
    table.ask(table.register())
    with pytest.raises(Refused, match=f"does not hold the role {role.value}"):
        table.sign(person, role=role)


def test_a_wrong_code_is_refused_and_a_right_one_counts_once(table: Table) -> None:
    table.ask(table.register())
    with pytest.raises(Refused, match="code is wrong"):
        table.sign(BEN, code="000000")
    code = code_of(table.people[BEN], table.clock() + timedelta(seconds=30))
    first = table.sign(BEN, code=code, key="k")
    assert table.sign(BEN, code=code, key="k") == first
    with pytest.raises(Conflict):
        table.sign(BEN, Answer.REJECT, key="k")


def test_a_role_can_be_lent(table: Table) -> None:
    table.people["bea@bank.example"] = enrolled(table.catalog, table.identity, "bea@bank.example")
    table.ask(table.register())
    delegations.delegate(
        table.catalog,
        identity=table.identity,
        project=SLUG,
        role=Role.BUSINESS,
        giver=BEN,
        receiver="bea@bank.example",
        until_at=table.clock() + timedelta(days=30),
        reason="away",
        code=code_of(table.people[BEN], table.clock()),
        channel="test",
        key="lend",
    )
    assert table.sign("bea@bank.example").on_behalf_of == {"bea@bank.example": BEN}


def test_nobody_signs_what_was_not_asked_or_has_changed(table: Table) -> None:
    first = table.register()
    with pytest.raises(Refused, match="has no agreement yet"):
        table.sign(BEN)
    asked = table.ask(first)
    table.register(value=table.said["value"] | {"loss_per_year": 1_000})
    with pytest.raises(Refused, match=r"no agreement yet|has changed"):
        table.sign(BEN, digest=asked)


def test_where_nobody_must_agree_nothing_is_signed(catalog: Catalog, identity: Identity) -> None:
    registered(catalog)
    with pytest.raises(Refused, match="nobody need agree"):
        agreements.sign_agreement(
            catalog,
            identity=identity,
            project=SLUG,
            digest="sha256:0",
            person=BEN,
            role=None,
            answer=Answer.APPROVE,
            comment="",
            code="1",
            channel="test",
            key="k",
        )


def test_another_seed_or_budget_asks_nobody_and_other_money_asks_again(table: Table) -> None:
    table.ask(table.register())
    table.sign(BEN)
    table.sign(IVAN)
    table.register(title="Another title", research=table.said["research"] | {"seed": 99, "budget": {"trials": 3}})
    assert table.now().now.is_granted
    project = table.register(value=table.said["value"] | {"volume_per_year": 7})
    assert table.now().now.missing == AGREED
    table.conclude(project)
    table.ask(project, run_id="run-again")
    table.sign(BEN)
    assert table.sign(IVAN).is_granted


def test_an_earlier_charter_that_comes_back_is_still_agreed(table: Table) -> None:
    before = table.said["value"]
    table.ask(table.register())
    table.sign(BEN)
    table.sign(IVAN)
    table.register(value=before | {"volume_per_year": 7})
    table.register(value=before)
    assert table.now().now.is_granted


def test_whoever_became_an_author_later_keeps_the_voice_until_asked_anew(table: Table) -> None:
    project = table.register()
    table.ask(project)
    table.sign(BEN)
    table.ask(project, authors=(OWNER, BEN))
    assert table.sign(IVAN).missing == {Role.BUSINESS: 1}, "asked anew, their own work is not theirs to approve"


def test_a_rejection_stands_and_is_final(table: Table) -> None:
    table.ask(table.register())
    table.sign(BEN)
    assert table.sign(IVAN, Answer.REJECT).refused_by == (IVAN,)
    with pytest.raises(Refused, match="a rejection stands until the agreement changes"):
        table.sign(IVAN)


def test_each_word_wakes_the_run_that_waits_but_not_the_run_that_took_it_in(table: Table) -> None:
    table.ask(table.register())
    table.sign(BEN)
    assert [message["run_id"] for message in messages_of(table.catalog, "resume_run")] == [RUN]
    table.clock.move(timedelta(seconds=30))
    table.sign(IVAN, Answer.REWORK, channel=FORM)
    assert len(messages_of(table.catalog, "resume_run")) == 2, "settled: whoever waits may end"


def test_a_charter_that_says_otherwise_wakes_the_run_and_one_that_says_the_same_does_not(table: Table) -> None:
    table.ask(table.register())
    table.register(title="Another title")
    assert messages_of(table.catalog, "resume_run") == []
    table.register(problem=table.said["problem"] | {"objective": "Something else is better."})
    assert [message["run_id"] for message in messages_of(table.catalog, "resume_run")] == [RUN]


def test_inboxes_show_it_to_those_whose_turn_it_is(table: Table) -> None:
    table.ask(table.register())
    assert [(one.version, one.roles) for one in inboxes.inbox(table.catalog, person=BEN)] == [(SLUG, (Role.BUSINESS,))]
    assert inboxes.inbox(table.catalog, person=VERA) == ()
    table.sign(BEN)
    assert inboxes.inbox(table.catalog, person=BEN) == ()
    assert [one.roles for one in inboxes.inbox(table.catalog)] == [(Role.IT,)]


@pytest.mark.parametrize("stage", [Stage.DATA_PREPARATION, Stage.RESEARCH])
def test_no_work_begins_on_what_was_taken_back(table: Table, stage: Stage) -> None:
    project = table.register()
    table.ask(project)
    table.sign(BEN)
    table.sign(IVAN)
    table.conclude(project)
    following.must_follow(table.catalog, project=SLUG, stage=stage)
    table.sign(IVAN, Answer.REJECT)
    with pytest.raises(Refused, match=rf"{stage.value} cannot begin: what is agreed is not signed: rejected by {IVAN}"):
        following.must_follow(table.catalog, project=SLUG, stage=stage)


def test_ideation_that_was_concluded_stands_only_while_people_agree(table: Table) -> None:
    project = table.register()
    table.ask(project)
    table.sign(BEN)
    table.sign(IVAN)
    table.conclude(project)
    assert projects.get_project(table.catalog, project=SLUG).next_stage_state is StageState.IDLE
    table.register(replace(AGREEING, agreement={Role.BUSINESS: 1, Role.IT: 2}))
    begun = stages.start_cycle(
        table.catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="stricter", key="again"
    )
    assert begun.stage is Stage.IDEATION, "a stricter policy asks people before work goes on"
    ticket = stages.begin_stage(
        table.catalog,
        project=SLUG,
        stage=Stage.IDEATION,
        run_id="run-2",
        actor="flow:ideation",
        input_digest=project.digest,
    )
    assert not ticket.is_settled


def test_where_mail_reaches_people_the_form_asks_for_words_of_this_very_answer(table: Table) -> None:
    table.identity = replace(table.identity, can_tell=True, asks_words=True)
    table.ask(table.register())
    assert send_words(table.catalog, identity=table.identity, version=SLUG)
    with pytest.raises(Refused, match=r"the words of this answer \(approve as business\) are missing"):
        table.sign(BEN, channel=FORM)
    first = words_of(table, place=0)
    with pytest.raises(Refused, match="these are not the words"):
        table.sign(BEN, channel=FORM, words=first["reject"])
    with pytest.raises(Refused, match="these are not the words"):
        table.sign(BEN, channel=FORM, words=first["approve as business"])
    assert BEN in table.sign(BEN, channel=FORM, words=words_of(table, place=-1)["approve as business"]).approved_by


def words_of(table: Table, *, place: int) -> dict[str, str]:
    """Read the words of one of the mails to Ben, by the answer."""
    sent = [str(one["sealed"]) for one in messages_of(table.catalog, "tell") if one["person"] == BEN]
    title, body = json.loads(table.identity.cipher.decrypt(sent[place].encode()))[1:]
    assert title == f"Flywheel: your words for what is agreed in {SLUG}"
    return {line[16:]: line[2:13] for line in body.splitlines() if line.startswith("  ")}
