"""Sign-offs: distinct people who are no authors, each one's last word, on exactly one digest."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.digests import Digest, digest_of
from flywheel.domain.signoffs import Answer, Role, Signoff, check_comment, check_may_sign, standing
from flywheel.errors import Refused

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
        if signoff.digest == SHOWN and person not in {author.lower() for author in authors}:
            words[person] = signoff.role if signoff.answer is Answer.APPROVE else None
    approvals = list(words.values())
    return None not in approvals and all(approvals.count(role) >= count for role, count in quorum.items())


@given(SIGNOFFS, QUORUMS, AUTHORS)
def test_standing_agrees_with_plain_counting(
    signoffs: list[Signoff], quorum: dict[Role, int], authors: set[str]
) -> None:
    weighed = standing(signoffs, quorum=quorum, digest=SHOWN, authors=authors)
    assert weighed.is_granted == is_granted_by_counting(signoffs, quorum, authors)


@given(SIGNOFFS, QUORUMS, AUTHORS, st.randoms())
def test_order_of_reading_means_nothing(
    signoffs: list[Signoff], quorum: dict[Role, int], authors: set[str], chance: Random
) -> None:
    shuffled = chance.sample(signoffs, len(signoffs))
    before = standing(signoffs, quorum=quorum, digest=SHOWN, authors=authors)
    assert standing(shuffled, quorum=quorum, digest=SHOWN, authors=authors) == before


@given(SIGNOFFS, QUORUMS)
def test_authors_never_count(signoffs: list[Signoff], quorum: dict[Role, int]) -> None:
    weighed = standing(signoffs, quorum=quorum, digest=SHOWN, authors={person.upper() for person in PEOPLE})
    assert not weighed.is_granted
    assert weighed.missing == quorum
    assert not weighed.approved_by


@given(SIGNOFFS, QUORUMS, AUTHORS)
def test_one_rejection_closes_whoever_approved(
    signoffs: list[Signoff], quorum: dict[Role, int], authors: set[str]
) -> None:
    no = Signoff("lea@b.example", Role.LEGAL, Answer.REJECT, SHOWN, AT, 2_000)
    weighed = standing([*signoffs, no], quorum=quorum, digest=SHOWN, authors=authors)
    assert not weighed.is_granted
    assert weighed.is_settled
    assert "lea@b.example" in weighed.refused_by


def approval(person: str, role: Role, sequence: int, *, digest: Digest = SHOWN) -> Signoff:
    """A yes."""
    return Signoff(person, role, Answer.APPROVE, digest, AT, sequence)


def test_one_person_is_never_two() -> None:
    both = [approval("ben@b.example", Role.BUSINESS, 1), approval("Ben@b.example", Role.VALIDATOR, 2)]
    weighed = standing(both, quorum={Role.BUSINESS: 1, Role.VALIDATOR: 1}, digest=SHOWN, authors=())
    assert weighed.missing == {Role.BUSINESS: 1}


def test_empty_quorum_grants_nothing() -> None:
    assert not standing([], quorum={}, digest=SHOWN, authors=()).is_granted


def test_sentence_says_who_is_waited_for_and_who_has_decided() -> None:
    quorum = {Role.VALIDATOR: 1}
    assert standing([], quorum=quorum, digest=SHOWN, authors=()).sentence() == "waiting for 1 x validator"
    yes = standing([approval("vera@b.example", Role.VALIDATOR, 1)], quorum=quorum, digest=SHOWN, authors=())
    assert yes.sentence() == "approved by vera@b.example (validator)"


def ask(**changed: object) -> None:
    """Ask whether Vera may sign, with some facts changed."""
    facts = {
        "person": "vera@b.example",
        "role": Role.VALIDATOR,
        "roles": {Role.VALIDATOR},
        "authors": ("ana@b.example",),
        "shown": SHOWN,
        "current": SHOWN,
    }
    check_may_sign(**(facts | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"person": "ANA@b.example"}, "is an author"),
        ({"role": Role.LEGAL}, "does not hold the role legal"),
        ({"roles": set()}, "found 'none'"),
        ({"current": None}, "has no dossier yet"),
        ({"current": STALE}, "has changed since it was shown"),
    ],
)
def test_who_may_not_sign_is_told_why(changed: dict[str, object], reason: str) -> None:
    ask()
    with pytest.raises(Refused, match=reason):
        ask(**changed)


@pytest.mark.parametrize("comment", ["", "read it\n\tall of it", "größer als früher", "合意", "e\u0301"])
def test_ordinary_words_are_a_comment(comment: str) -> None:
    check_comment(comment)
    with pytest.raises(Refused, match="control characters"):
        check_comment(f"{comment}\x00")


@pytest.mark.parametrize(
    "comment",
    [
        "a\x00b",
        "\x1b[2J",
        "\x7f",
        "\x9b2J",
        "\r",
        "\u202eevorppa",
        "\u2066x",
        "\u200fx",
        "\ud800",
        "x" * 4_001,
    ],
    ids=ascii,
)
def test_hidden_or_endless_text_is_no_comment(comment: str) -> None:
    with pytest.raises(Refused):
        check_comment(comment)
