"""Changing one's mind: towards caution only, while the dossier is the same; what runs out may be renewed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flywheel.domain.changes_of_mind import check_may_answer, check_turn
from flywheel.domain.conditions import Conditions
from flywheel.domain.digests import Digest, digest_of
from flywheel.domain.signoffs import Answer, Feedback, Role, Signoff
from flywheel.domain.standing import Terms, standing
from flywheel.errors import Refused

SHOWN = digest_of("dossier")
AT = datetime(2026, 3, 2, tzinfo=UTC)
VERA, BEN = "vera@b.example", "ben@b.example"
TERMS = Terms({Role.VALIDATOR: 1, Role.BUSINESS: 1}, SHOWN, (), Role.BUSINESS, timedelta(days=365))
PERMITTED = {
    (Answer.APPROVE, Answer.REWORK),
    (Answer.APPROVE, Answer.REJECT),
    (Answer.REWORK, Answer.REJECT),
}


def given(answer: Answer, *, person: str = VERA, role: Role = Role.VALIDATOR, sequence: int = 1) -> Signoff:
    """What was said before."""
    return Signoff(person, role, answer, SHOWN, AT, sequence)


def ask(
    *before: Signoff,
    answer: Answer = Answer.APPROVE,
    feedback: Feedback = Feedback.APPROVED,
    person: str = VERA,
    days: int = 0,
) -> None:
    """Ask whether a person may answer some days later."""
    now = AT + timedelta(days=days)
    check_may_answer(before, person=person, answer=answer, feedback=feedback, terms=TERMS, now=now)


@pytest.mark.parametrize("before", Answer)
@pytest.mark.parametrize("after", Answer)
def test_second_answer_is_permitted_only_towards_caution(before: Answer, after: Answer) -> None:
    if (before, after) in PERMITTED:
        ask(given(before), person="Vera@b.example", answer=after)
    else:
        with pytest.raises(Refused, match=f"already answered {before.value}"):
            ask(given(before), person="Vera@b.example", answer=after)


@pytest.mark.parametrize(("person", "digest"), [(VERA, digest_of("new dossier")), ("viktor@b.example", SHOWN)])
def test_answer_binds_its_person_and_its_dossier_only(person: str, digest: Digest) -> None:
    before, terms = [given(Answer.REJECT)], replace(TERMS, digest=digest)
    check_may_answer(before, person=person, answer=Answer.APPROVE, terms=terms, now=AT)
    with pytest.raises(Refused):
        ask(*before)


@pytest.mark.parametrize(("days", "is_heard"), [(0, False), (334, False), (335, True), (365, True), (4_000, True)])
def test_approval_may_be_renewed_when_it_has_run_out_or_soon_will(days: int, is_heard: bool) -> None:
    if is_heard:
        ask(given(Answer.APPROVE), days=days)
        return
    with pytest.raises(Refused, match="already answered approve"):
        ask(given(Answer.APPROVE), days=days)


def test_end_of_an_own_condition_permits_a_renewal() -> None:
    short = replace(given(Answer.APPROVE), conditions=Conditions(until_at=AT + timedelta(days=8)))
    ask(short, days=6)
    with pytest.raises(Refused):
        ask(short, days=5)


@pytest.mark.parametrize("before", [Answer.REWORK, Answer.REJECT])
def test_refusal_never_runs_out(before: Answer) -> None:
    with pytest.raises(Refused):
        ask(given(before), days=4_000)


def test_major_remarks_and_a_withdrawal_are_not_taken_back_on_the_same_dossier() -> None:
    ask(given(Answer.APPROVE), feedback=Feedback.MAJOR)
    for before in (
        replace(given(Answer.APPROVE), feedback=Feedback.MAJOR),
        replace(given(Answer.APPROVE), withdrawn_sequence=2),
    ):
        with pytest.raises(Refused):
            ask(before, days=4_000)
        ask(before, answer=Answer.REWORK)


def test_final_approver_repeats_an_approval_that_a_withdrawal_has_shaken() -> None:
    gone = replace(given(Answer.APPROVE), withdrawn_sequence=3)
    final = given(Answer.APPROVE, person=BEN, role=Role.BUSINESS, sequence=2)
    ask(gone, final, person=BEN)
    with pytest.raises(Refused):
        ask(given(Answer.APPROVE), final, person=BEN)


def test_final_approver_waits_for_the_others_and_refuses_at_any_time() -> None:
    nobody, vera = standing([], terms=TERMS), standing([given(Answer.APPROVE)], terms=TERMS)
    with pytest.raises(Refused, match="still missing: 1 x validator"):
        check_turn(nobody, role=Role.BUSINESS, answer=Answer.APPROVE, terms=TERMS)
    for now, answer in ((vera, Answer.APPROVE), (nobody, Answer.REJECT), (nobody, Answer.REWORK)):
        check_turn(now, role=Role.BUSINESS, answer=answer, terms=TERMS)
    check_turn(nobody, role=Role.VALIDATOR, answer=Answer.APPROVE, terms=TERMS)


def test_final_approver_waits_for_major_remarks_to_be_worked_in() -> None:
    major = [
        given(Answer.APPROVE),
        replace(given(Answer.APPROVE, person="viktor@b.example"), feedback=Feedback.MAJOR, sequence=2),
    ]
    with pytest.raises(Refused, match="major remarks of viktor"):
        check_turn(standing(major, terms=TERMS), role=Role.BUSINESS, answer=Answer.APPROVE, terms=TERMS)
