"""By whose word a role that judges others is held."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.gifts import Gift, holding
from flywheel.domain.signoffs import Role

FOUNDER, VAL, ANA, PUPPET, OTHER = "founder@b", "val@b", "ana@b", "puppet@b", "other@b"
FOUNDING = (
    Gift(FOUNDER, "*", Role.ADMIN, FOUNDER, is_founding=True),
    Gift(VAL, "*", Role.ADMIN, FOUNDER, is_founding=True),
    Gift(VAL, "*", Role.VALIDATOR, FOUNDER, is_founding=True),
)
ANA_RULES = Gift(ANA, "*", Role.ADMIN, VAL)
NAMED = Gift(PUPPET, "loans", Role.VALIDATOR, ANA)


def judges(gifts: tuple[Gift, ...], *authors: str) -> set[str]:
    return {gift.person for gift in holding(gifts, authors=authors) if gift.role is Role.VALIDATOR}


def test_whoever_an_author_named_is_no_judge_of_that_author() -> None:
    gifts = (*FOUNDING, ANA_RULES, NAMED)
    assert judges(gifts) == {VAL, PUPPET}
    assert judges(gifts, ANA) == {VAL}
    assert judges(gifts, ANA.upper()) == {VAL}


def test_nor_is_whom_a_puppet_of_the_author_named() -> None:
    puppets = (Gift(PUPPET, "*", Role.ADMIN, ANA), Gift(OTHER, "loans", Role.VALIDATOR, PUPPET))
    assert judges((*FOUNDING, ANA_RULES, *puppets), ANA) == {VAL}
    assert judges((*FOUNDING, ANA_RULES, *puppets)) == {VAL, OTHER}


def test_a_second_word_of_somebody_free_makes_the_role_hold() -> None:
    assert judges((*FOUNDING, ANA_RULES, NAMED, replace(NAMED, giver=VAL)), ANA) == {VAL, PUPPET}


def test_a_founder_who_is_an_author_is_judged_by_the_one_gift_and_whom_that_one_names() -> None:
    own = Gift(OTHER, "*", Role.VALIDATOR, FOUNDER)
    assert judges((*FOUNDING, own, Gift(PUPPET, "loans", Role.VALIDATOR, VAL)), FOUNDER) == {VAL, PUPPET}


def test_givers_who_vouch_for_each_other_stand_on_nothing() -> None:
    ring = (Gift(ANA, "*", Role.ADMIN, PUPPET), Gift(PUPPET, "*", Role.ADMIN, ANA), NAMED)
    assert judges(ring) == set()


GIFTS = st.builds(
    Gift,
    person=st.sampled_from("abcde"),
    place=st.just("*"),
    role=st.sampled_from([Role.ADMIN, Role.VALIDATOR]),
    giver=st.sampled_from("abcde"),
    is_founding=st.booleans(),
)


@given(st.frozensets(GIFTS, max_size=12), st.sets(st.sampled_from("abcde"), max_size=3), st.sampled_from("abcde"))
def test_more_authors_never_make_more_judges(gifts: frozenset[Gift], authors: set[str], another: str) -> None:
    assert holding(gifts, authors={*authors, another}) <= holding(gifts, authors=authors) <= gifts
