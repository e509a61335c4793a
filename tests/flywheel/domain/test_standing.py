"""Standing: distinct people who are no authors, each one's last valid word, on exactly one digest."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.conditions import Conditions
from flywheel.domain.digests import Digest, canonical_json, digest_of
from flywheel.domain.signoffs import Answer, Feedback, Role, Signoff
from flywheel.domain.standing import Standing, Terms, standing, standing_from

AT = datetime(2026, 3, 2, tzinfo=UTC)
SHOWN, STALE = digest_of("dossier"), digest_of("older dossier")
PEOPLE = ("ana@b.example", "Ana@B.example", "ben@b.example", "vera@b.example")

SIGNOFFS = st.lists(
    st.builds(
        Signoff,
        person=st.sampled_from(PEOPLE),
        role=st.sampled_from([Role.BUSINESS, Role.VALIDATOR]),
        answer=st.sampled_from(Answer),
        digest=st.sampled_from([SHOWN, STALE]),
        signed_at=st.just(AT),
        sequence=st.integers(1, 1_000),
    ),
    unique_by=lambda signoff: signoff.sequence,
    max_size=8,
)
QUORUMS = st.dictionaries(st.sampled_from([Role.BUSINESS, Role.VALIDATOR]), st.integers(1, 2), min_size=1)
AUTHORS = st.sets(st.sampled_from(PEOPLE), max_size=2)


def is_granted_by_counting(signoffs: list[Signoff], quorum: dict[Role, int], authors: Collection[str]) -> bool:
    """Say the same in the plainest way: walk through in order, keep a role or a no for each person."""
    words: dict[str, Role | None] = {}
    for signoff in sorted(signoffs, key=lambda s: s.sequence):
        person = signoff.person.lower()
        if signoff.digest == SHOWN:
            words[person] = signoff.role if signoff.answer is Answer.APPROVE else None
    barred = {author.lower() for author in authors}
    approvals = [role for person, role in words.items() if role is None or person not in barred]
    return None not in approvals and all(approvals.count(role) >= count for role, count in quorum.items())


@given(SIGNOFFS, QUORUMS, AUTHORS)
def test_standing_agrees_with_plain_counting(
    signoffs: list[Signoff], quorum: dict[Role, int], authors: set[str]
) -> None:
    weighed = standing(signoffs, terms=Terms(quorum, SHOWN, authors))
    assert weighed.is_granted == is_granted_by_counting(signoffs, quorum, authors)


@given(SIGNOFFS, QUORUMS, AUTHORS, st.randoms())
def test_order_of_reading_means_nothing(
    signoffs: list[Signoff], quorum: dict[Role, int], authors: set[str], chance: Random
) -> None:
    shuffled = chance.sample(signoffs, len(signoffs))
    before = standing(signoffs, terms=Terms(quorum, SHOWN, authors))
    assert standing(shuffled, terms=Terms(quorum, SHOWN, authors)) == before


@given(SIGNOFFS, QUORUMS)
def test_authors_never_count(signoffs: list[Signoff], quorum: dict[Role, int]) -> None:
    weighed = standing(signoffs, terms=Terms(quorum, SHOWN, {person.upper() for person in PEOPLE}))
    assert not weighed.is_granted
    assert weighed.missing == quorum
    assert not weighed.approved_by


@given(SIGNOFFS, QUORUMS, AUTHORS)
def test_one_rejection_closes_whoever_approved(
    signoffs: list[Signoff], quorum: dict[Role, int], authors: set[str]
) -> None:
    no = Signoff("lea@b.example", Role.LEGAL, Answer.REJECT, SHOWN, AT, 2_000)
    weighed = standing([*signoffs, no], terms=Terms(quorum, SHOWN, authors))
    assert not weighed.is_granted
    assert weighed.is_settled
    assert "lea@b.example" in weighed.refused_by


@given(SIGNOFFS, QUORUMS, st.sampled_from(PEOPLE), st.sampled_from([Answer.REJECT, Answer.REWORK]))
def test_a_no_stands_though_whoever_said_it_becomes_an_author(
    signoffs: list[Signoff], quorum: dict[Role, int], person: str, answer: Answer
) -> None:
    no = Signoff(person, Role.BUSINESS, answer, SHOWN, AT, 2_000)
    assert not standing([*signoffs, no], terms=Terms(quorum, SHOWN, (person,))).is_granted


def approval(person: str, role: Role, sequence: int, *, digest: Digest = SHOWN) -> Signoff:
    """A yes."""
    return Signoff(person, role, Answer.APPROVE, digest, AT, sequence)


def test_one_person_is_never_two() -> None:
    both = [approval("ben@b.example", Role.BUSINESS, 1), approval("Ben@b.example", Role.VALIDATOR, 2)]
    weighed = standing(both, terms=Terms({Role.BUSINESS: 1, Role.VALIDATOR: 1}, SHOWN, ()))
    assert weighed.missing == {Role.BUSINESS: 1}


def test_empty_quorum_grants_nothing() -> None:
    assert not standing([], terms=Terms({}, SHOWN, ())).is_granted


def test_sentence_says_who_is_waited_for_and_who_has_decided() -> None:
    quorum = {Role.VALIDATOR: 1}
    assert standing([], terms=Terms(quorum, SHOWN, ())).sentence() == "waiting for 1 x validator"
    two = Terms(quorum | {Role.BUSINESS: 1}, SHOWN, ())
    half = standing([approval("vera@b.example", Role.VALIDATOR, 1)], terms=two)
    assert half.sentence() == "waiting for 1 x business; approved by vera@b.example (validator)"
    yes = standing([approval("vera@b.example", Role.VALIDATOR, 1)], terms=Terms(quorum, SHOWN, ()))
    assert yes.sentence() == "approved by vera@b.example (validator)"


QUORUM = {Role.BUSINESS: 1, Role.VALIDATOR: 1}
YEAR = timedelta(days=365)
BEN, VERA, VIKTOR = "ben@b.example", "vera@b.example", "viktor@b.example"


def weigh(*signoffs: Signoff, days: int = 0, quorum: dict[Role, int] | None = None, **more: object) -> Standing:
    """Weigh some days later, under a policy whose business approves last."""
    terms = Terms(quorum or QUORUM, SHOWN, ("ana@b.example",), Role.BUSINESS, YEAR)
    return standing(signoffs, terms=terms, now=AT + timedelta(days=days), **more)  # type: ignore[arg-type]


def yes(person: str, role: Role, sequence: int, **more: object) -> Signoff:
    """A yes with something to it."""
    return replace(approval(person, role, sequence), **more)  # type: ignore[arg-type]


BOTH = (approval(VERA, Role.VALIDATOR, 1), approval(BEN, Role.BUSINESS, 2))


def test_approvals_expire_by_the_validity_of_the_policy() -> None:
    assert weigh(*BOTH, days=364).is_granted
    late = weigh(*BOTH, days=365)
    assert (late.is_granted, late.missing) == (False, QUORUM)


def test_renewed_approval_counts_again() -> None:
    renewed = yes(VERA, Role.VALIDATOR, 3, signed_at=AT + timedelta(days=366))
    assert weigh(*BOTH, renewed, days=367).approved_by == {VERA: Role.VALIDATOR}


def test_end_of_a_condition_ends_the_approval_and_the_strictest_conditions_bind() -> None:
    short = Conditions(until_at=AT + timedelta(days=30), traffic_share=0.5)
    bound = yes(VERA, Role.VALIDATOR, 1, conditions=short)
    other = yes(BEN, Role.BUSINESS, 2, conditions=Conditions(traffic_share=0.2))
    now = weigh(bound, other, days=29)
    assert (now.is_granted, now.conditions) == (True, Conditions(short.until_at, 0.2))
    assert weigh(bound, other, days=30).missing == {Role.VALIDATOR: 1}


def test_major_remarks_keep_it_from_being_granted_and_the_question_open() -> None:
    major = yes(VIKTOR, Role.VALIDATOR, 3, feedback=Feedback.MAJOR)
    now = weigh(*BOTH, major)
    assert (now.is_granted, now.is_settled, now.major_by) == (False, False, (VIKTOR,))


def test_minor_remarks_count_and_are_shown() -> None:
    now = weigh(BOTH[0], yes(BEN, Role.BUSINESS, 2, feedback=Feedback.MINOR))
    assert now.is_granted
    assert "ben@b.example (business, with minor remarks)" in now.sentence()


def test_withdrawn_approval_does_not_count_and_shakes_the_final_one() -> None:
    gone = yes(VERA, Role.VALIDATOR, 1, withdrawn_sequence=3)
    other = approval(VIKTOR, Role.VALIDATOR, 4)
    assert weigh(gone, BOTH[1], other).missing == {Role.BUSINESS: 1}
    assert weigh(gone, BOTH[1], other, approval(BEN, Role.BUSINESS, 5)).is_granted


def test_giver_and_delegate_are_one_voice() -> None:
    lent = yes(VIKTOR, Role.VALIDATOR, 2, on_behalf_of=VERA)
    two = {Role.VALIDATOR: 2}
    assert weigh(BOTH[0], lent, quorum=two).missing == {Role.VALIDATOR: 1}
    assert "viktor@b.example (validator for vera@b.example)" in weigh(lent, quorum={Role.VALIDATOR: 1}).sentence()


def test_voice_of_an_author_is_not_heard_through_another() -> None:
    assert not weigh(yes(VERA, Role.VALIDATOR, 1, on_behalf_of="ana@b.example")).approved_by


def test_broken_glass_stands_in_for_missing_signatures_until_its_end_and_for_no_refusal() -> None:
    end = AT + timedelta(hours=24)
    assert weigh(BOTH[0], glass_until_at=end).is_granted
    assert "break-glass" in weigh(BOTH[0], glass_until_at=end).sentence()
    assert not weigh(BOTH[0], days=1, glass_until_at=end).is_granted
    for no in (replace(BOTH[0], answer=Answer.REJECT), replace(BOTH[0], feedback=Feedback.MAJOR)):
        assert not weigh(no, glass_until_at=end).is_granted


def test_final_approver_is_awaited_after_all_others() -> None:
    assert weigh().sentence() == "waiting for 1 x validator, then 1 x business"
    assert weigh(BOTH[0]).awaited == {Role.BUSINESS: 1}


def test_standing_is_read_back_as_it_was_kept() -> None:
    bound = Conditions(AT + timedelta(days=30), 0.5, {"region": ("north",)})
    lent = yes(VERA, Role.VALIDATOR, 1, feedback=Feedback.MINOR, conditions=bound, on_behalf_of=VIKTOR)
    kept = weigh(lent, glass_until_at=AT + timedelta(hours=3))
    assert standing_from(json.loads(canonical_json(kept))) == kept


FORTNIGHT = timedelta(days=14)


def young(person: str, sequence: int, *, days: float = 1) -> Signoff:
    """An approval whose person came to a secret some days before."""
    return replace(yes(person, Role.VALIDATOR, sequence), enrolled_at=AT - timedelta(days=days))


def weighed_young(*given: Signoff, after_days: float = 0, quorum: int = 1) -> Standing:
    terms = Terms({Role.VALIDATOR: quorum}, SHOWN, (), seasoning=FORTNIGHT)
    return standing(given, terms=terms, now=AT + timedelta(days=after_days))


def test_a_new_secret_counts_with_a_second_voice_or_once_it_is_old_enough() -> None:
    alone = weighed_young(young(VERA, 1))
    assert (alone.is_granted, alone.missing, alone.fresh_by) == (False, {Role.VALIDATOR: 1}, (VERA,))
    assert "with a new secret" in alone.sentence()
    assert weighed_young(young(VERA, 1), young(VIKTOR, 2)).is_granted
    assert weighed_young(young(VERA, 1), yes(VIKTOR, Role.VALIDATOR, 2)).is_granted
    assert weighed_young(young(VERA, 1, days=14)).is_granted
    assert weighed_young(young(VERA, 1), after_days=13).is_granted
    assert not weighed_young(young(VERA, 1), after_days=12.9).is_granted


def test_two_new_voices_take_one_seat_and_no_more() -> None:
    both = (young(VERA, 1), young(VIKTOR, 2))
    assert weighed_young(*both, quorum=2).missing == {Role.VALIDATOR: 1}
    assert weighed_young(*both, yes("ida@b.example", Role.VALIDATOR, 3), quorum=2).is_granted


def test_a_new_secret_says_no_as_loudly_as_any() -> None:
    no = replace(young(VERA, 1), answer=Answer.REJECT)
    assert weighed_young(no, yes(VIKTOR, Role.VALIDATOR, 2)).refused_by == (VERA,)


def test_without_a_policy_that_asks_for_it_every_secret_counts() -> None:
    assert standing([young(VERA, 1)], terms=Terms({Role.VALIDATOR: 1}, SHOWN, ()), now=AT).is_granted
