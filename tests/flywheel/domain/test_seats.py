"""Who will have to sign is known before anything is signed, and who is missing is brought in by a command."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flywheel.domain.policy import Policy, Tier
from flywheel.domain.seats import Candidate, asked_for, asked_to_agree, seats_of, told_of
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage

NOW = datetime(2026, 3, 1, tzinfo=UTC)
POLICY = Policy(
    Tier.HIGH,
    {Stage.VALIDATION: frozenset({"PERF-001"})},
    {Role.BUSINESS: 1, Role.IT: 1, Role.VALIDATOR: 1},
    warned_opens=False,
    validity_days=365,
    final_approver=Role.BUSINESS,
    fresh_secret_days=14,
)
OLD = replace(POLICY, fresh_secret_days=0)


def person(name: str, *roles: Role, days: float | None = 100, named: bool = False) -> Candidate:
    held = frozenset(roles)
    at = None if days is None else NOW - timedelta(days=days)
    return Candidate(name, frozenset() if named else held, held if named else frozenset(), at)


def lacking(*people: Candidate, policy: Policy = POLICY) -> dict[Role, int]:
    return {seat.role: seat.lacking for seat in seats_of(policy, people, barred=("ana",), now=NOW) if seat.lacking}


def test_what_a_tier_asks_for_is_said_with_what_a_new_secret_changes() -> None:
    said = asked_for(POLICY)
    assert "high risk: signed by 3 different people, none of them an author: 1 x it, 1 x validator, then 1 x" in said
    assert said.endswith("while all secrets are new that is 6 different people")
    assert "secret" not in asked_for(OLD)
    alone = replace(OLD, quorum={Role.VALIDATOR: 1}, final_approver=None)
    assert asked_for(alone).endswith("signed by 1 person, who is no author: 1 x validator")


def test_who_agrees_before_work_begins_is_said_where_anybody_must() -> None:
    policy = replace(POLICY, agreement={Role.IT: 1}, agreement_where_watched={Role.LEGAL: 1})
    assert asked_to_agree(policy, is_watched=False).endswith("by 1 person, who is no author: 1 x it")
    everywhere = asked_to_agree(policy, is_watched=True)
    assert everywhere.endswith("by 2 different people, none of them an author: 1 x it, 1 x legal")
    assert asked_to_agree(POLICY, is_watched=True) == ""


def test_a_fresh_installation_needs_two_for_each_seat_and_one_for_each_later() -> None:
    assert lacking() == {Role.BUSINESS: 2, Role.IT: 2, Role.VALIDATOR: 2}
    assert lacking(policy=OLD) == {Role.BUSINESS: 1, Role.IT: 1, Role.VALIDATOR: 1}
    young = [person(f"{role}{n}", role, days=1) for role in POLICY.quorum for n in range(2)]
    assert lacking(*young) == {}
    assert lacking(*young[1:]) == {Role.BUSINESS: 1}
    assert lacking(*(person(role.value, role) for role in POLICY.quorum)) == {}


def test_an_author_takes_no_seat_and_nobody_takes_two() -> None:
    both = person("both", Role.BUSINESS, Role.IT)
    others = (person("val", Role.VALIDATOR), person("ana", Role.BUSINESS, Role.IT))
    assert lacking(both, *others, policy=OLD) == {Role.IT: 1}
    assert lacking(both, person("ops", Role.IT), *others, policy=OLD) == {}


@pytest.mark.parametrize(
    ("candidate", "way"),
    [
        (person("val@b.example", Role.VALIDATOR, days=None, named=True), "people invite val@b.example --name NAME"),
        (person("val@b.example", Role.VALIDATOR, named=True), "people grant val@b.example --role loans:validator"),
        (person("val@b.example", Role.VALIDATOR, days=1), "1 person more: `flywheel people invite EMAIL"),
    ],
)
def test_who_cannot_sign_yet_is_named_with_the_command_that_changes_it(candidate: Candidate, way: str) -> None:
    seats = seats_of(POLICY, [candidate], barred=(), now=NOW)
    assert way in "\n".join(told_of(seats, [candidate], project="loans"))


def test_without_an_administrator_who_is_free_of_it_the_first_judge_becomes_one() -> None:
    founders = person("val@b.example", Role.VALIDATOR, named=True)
    for one, verb in ((founders, "grant"), (replace(founders, enrolled_at=None), "invite")):
        seats = seats_of(OLD, [one], barred=(), now=NOW)
        told = list(told_of(seats, [one], project="loans", has_administrator=False))
        assert "as administrator, that person names the others" in told[0]
        (way,) = [line for line in told if f"people {verb} val@b.example" in line]
        assert "--role '*:admin' --role loans:validator`" in way
        assert not any("'*:admin'" in line for line in told_of(seats, [one], project="loans"))
