"""Words of one's own for each answer: nobody makes of an answer in Prefect's form another one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.answer_words import FORM
from flywheel.domain.conditions import Conditions
from flywheel.domain.events import Verb
from flywheel.domain.payloads.approval import SignoffGiven
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.errors import Refused
from flywheel.services.approval.answer_words import send_words
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import grant_in
from flywheel.services.record import record
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA, VIKTOR
from tests.factories.projects import SLUG
from tests.factories.versions import with_dossier
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of

APPROVE, REJECT = "approve as validator", "reject"
UNTIL = Conditions(until_at=datetime(2029, 1, 1, tzinfo=UTC))


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that waits for people whom mail reaches."""
    known = make_desk(catalog, identity, clock)
    made = replace(known, identity=replace(identity, can_tell=True, asks_words=True))
    send(made)
    return made


def send(desk: Desk) -> None:
    assert send_words(desk.catalog, identity=desk.identity, version=desk.version.id)


def mails(desk: Desk, person: str) -> list[tuple[str, str]]:
    """Open every message to a person about answers, the oldest first."""
    sealed = [str(one["sealed"]) for one in messages_of(desk.catalog, "tell") if one["person"] == person]
    opened = (json.loads(desk.identity.cipher.decrypt(one.encode())) for one in sealed)
    return [(title, body) for _, title, body in opened if "your words" in title]


def words(desk: Desk, person: str) -> Mapping[str, str]:
    """Read the words that a person was sent, by the answer; the newest of each."""
    lines = [line for _, body in mails(desk, person) for line in body.splitlines() if line.startswith("  ")]
    return {line[16:]: line[2:13] for line in lines}


def test_whoever_is_asked_is_sent_words_for_each_answer_once_and_nobody_else(desk: Desk) -> None:
    send(desk)
    ((title, body),) = mails(desk, VERA)
    assert f"`flywheel sign {desk.version.id} --show`" in body, "a form whose link leads elsewhere is told by the mail"
    assert title == f"Flywheel: your words for {desk.version.id}"
    plain = [f"approve as validator{remarks}" for remarks in ("", ", with minor remarks", ", with major remarks")]
    assert list(words(desk, VERA)) == [*plain, "reject", "rework"]
    assert len({*words(desk, VERA).values(), *words(desk, VIKTOR).values()}) == 10
    assert "approve as business" in words(desk, BEN)
    assert mails(desk, OWNER) == [], "an author signs nothing"


def test_an_answer_with_its_words_counts_and_the_record_says_that_they_came(desk: Desk) -> None:
    typed = words(desk, VERA)[APPROVE].upper().replace(" ", "-")
    assert VERA in desk.sign(VERA, channel=FORM, words=typed).approved_by
    desk.sign(BEN)
    assert given(desk) == {VERA: True, BEN: False}


AS_VALIDATOR: dict[str, object] = {"role": Role.VALIDATOR}
ALTERED: Mapping[str, tuple[str, dict[str, object]]] = {
    "an approval of a rejection": (REJECT, {"answer": Answer.APPROVE}),
    "a rejection of an approval": (APPROVE, {"answer": Answer.REJECT}),
    "rework of a rejection": (REJECT, {"answer": Answer.REWORK}),
    "an approval without its remarks": (f"{APPROVE}, with major remarks", {}),
    "an approval with remarks": (APPROVE, {"feedback": Feedback.MAJOR}),
    "an approval with a condition": (APPROVE, {"conditions": UNTIL}),
    "an approval in another role": (APPROVE, {"role": Role.BUSINESS}),
    "words of another person": (f"{BEN} approve as business", {}),
    "no words": ("", {}),
    "guessed words": ("lader rimet", {}),
}


@pytest.mark.parametrize(("typed", "brought"), ALTERED.values(), ids=ALTERED)
def test_nothing_is_taken_that_was_altered_on_its_way(desk: Desk, typed: str, brought: dict[str, object]) -> None:
    with_roles(desk)
    known = {**words(desk, VERA), **{f"{BEN} {said}": one for said, one in words(desk, BEN).items()}}
    with pytest.raises(Refused, match="words of this answer"):
        desk.sign(VERA, channel=FORM, words=known.get(typed, typed), **AS_VALIDATOR | brought)  # type: ignore[arg-type]
    assert given(desk) == {}


def test_whose_answer_was_altered_is_told_which_one_the_words_are_of(desk: Desk) -> None:
    with pytest.raises(Refused, match="but those of 'reject': if that was your answer, somebody altered it"):
        desk.sign(VERA, channel=FORM, words=words(desk, VERA)[REJECT])


@pytest.mark.parametrize(("typed", "brought"), ALTERED.values(), ids=ALTERED)
def test_without_words_all_of_that_would_be_taken(desk: Desk, typed: str, brought: dict[str, object]) -> None:
    with_roles(desk)
    believing = replace(desk, identity=replace(desk.identity, asks_words=False))
    believing.sign(VERA, channel=FORM, words=typed, **AS_VALIDATOR | brought)  # type: ignore[arg-type]
    assert given(desk) == {VERA: False}


def test_words_of_another_dossier_are_none(desk: Desk) -> None:
    before = words(desk, VERA)[APPROVE]
    changed = replace(desk, dossier=with_dossier(desk.catalog, desk.version, content="another"))
    with pytest.raises(Refused, match="not the words of this answer"):
        changed.sign(VERA, channel=FORM, words=before)
    send(changed)
    after = words(changed, VERA)[APPROVE]
    assert after != before
    assert VERA in changed.sign(VERA, channel=FORM, words=after).approved_by


def test_whoever_has_answered_before_says_anything_further_with_new_words(desk: Desk) -> None:
    first = words(desk, VERA)
    desk.sign(VERA, channel=FORM, words=first[APPROVE])
    with pytest.raises(Refused, match="not the words of this answer"):
        desk.sign(VERA, Answer.REJECT, channel=FORM, words=first[REJECT])
    assert words(desk, VERA)[REJECT] != first[REJECT]
    assert desk.sign(VERA, Answer.REJECT, channel=FORM, words=words(desk, VERA)[REJECT]).refused_by == (VERA,)


def test_who_answers_without_words_and_with_a_right_code_is_sent_those_of_that_very_answer(desk: Desk) -> None:
    with pytest.raises(Refused, match=f"in the mail to {VERA}"):
        desk.sign(VERA, channel=FORM, conditions=UNTIL)
    (answer,) = [said for said in words(desk, VERA) if "2029" in said]
    assert answer == "approve as validator, until 2029-01-01 00:00 UTC"
    assert desk.sign(VERA, channel=FORM, conditions=UNTIL, words=words(desk, VERA)[answer]).conditions == UNTIL


def test_who_has_no_right_code_has_nothing_sent(desk: Desk) -> None:
    with pytest.raises(Refused, match="one-time code is wrong"):
        desk.sign(VERA, channel=FORM, conditions=UNTIL, code="000000")
    assert len(mails(desk, VERA)) == 1


def test_wrong_words_count_like_wrong_codes_and_missing_ones_do_not(desk: Desk) -> None:
    for _ in range(desk.identity.max_wrong_codes + 1):
        with pytest.raises(Refused, match="are missing"):
            desk.sign(VERA, channel=FORM)
    for _ in range(desk.identity.max_wrong_codes):
        with pytest.raises(Refused, match="not the words"):
            desk.sign(VERA, channel=FORM, words="lader rimet")
    with pytest.raises(Refused, match="locked"):
        desk.sign(VERA, channel=FORM, words=words(desk, VERA)[APPROVE])


def test_on_the_command_line_no_words_are_asked_for(desk: Desk) -> None:
    assert VERA in desk.sign(VERA, channel="cli").approved_by


def test_where_no_words_are_asked_for_nobody_is_sent_any(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    made = make_desk(catalog, identity, clock)
    telling = replace(made, identity=replace(identity, can_tell=True))
    assert not send_words(catalog, identity=telling.identity, version=made.version.id)
    assert [mails(made, person) for person in (BEN, VERA, VIKTOR)] == [[], [], []]


def with_roles(desk: Desk) -> None:
    """Let Vera hold a second role, in which she could be made to answer."""
    with desk.catalog.begin() as work:
        grant_in(work, person=VERA, roles={SLUG: {Role.BUSINESS}}, actor=BEN, is_founding=True)


def given(desk: Desk) -> dict[str, bool]:
    """Say whose answers the record holds, and whether words came with each."""
    found = [event for event in record.list_events(desk.catalog) if event.verb is Verb.SIGNOFF_GIVEN]
    return {one.actor: one.said(SignoffGiven).with_words for one in found}
