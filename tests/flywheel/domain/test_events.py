"""Events: sealed to the one before, so that any change shows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from flywheel.domain.digests import Digest, digest_of
from flywheel.domain.events import GENESIS, Draft, Event, SubjectKind, Verb, seal
from flywheel.domain.payloads.people import SessionEnded
from flywheel.domain.payloads.serving import CostRecorded

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DRAFT = Draft(
    Verb.COST_RECORDED,
    "vera@b.example",
    SubjectKind.VERSION,
    "cards:3",
    "sha256:d",
    CostRecorded("run", "cpu", 1, Decimal("2")),
)


def sealed(draft: Draft = DRAFT, *, sequence: int = 5, at: datetime = AT, previous: Digest = GENESIS) -> Event:
    """The event in its place."""
    return seal(draft, sequence=sequence, happened_at=at, previous_hash=previous)


@pytest.mark.parametrize(
    "changed",
    [
        sealed(replace(DRAFT, verb=Verb.SIGNOFF_REFUSED)),
        sealed(replace(DRAFT, actor="ana@b.example")),
        sealed(replace(DRAFT, subject_kind=SubjectKind.PROJECT)),
        sealed(replace(DRAFT, subject_id="cards:4")),
        sealed(replace(DRAFT, subject_digest="sha256:e")),
        sealed(replace(DRAFT, payload=CostRecorded("run", "cpu", 2, Decimal("2")))),
        sealed(replace(DRAFT, payload=CostRecorded("run", "cpu", 1.0, Decimal("2")))),
        sealed(replace(DRAFT, payload=CostRecorded("run", "cpu", 1, Decimal("2.0")))),
        sealed(replace(DRAFT, payload=SessionEnded())),
        sealed(sequence=6),
        sealed(at=AT + timedelta(microseconds=1)),
        sealed(previous=digest_of("another history")),
    ],
    ids=lambda event: event.verb.value,
)
def test_every_change_of_an_event_changes_its_hash(changed: Event) -> None:
    assert changed.hash != sealed().hash


def test_seal_is_the_same_wherever_the_clock_stands() -> None:
    assert sealed(at=AT.astimezone(timezone(timedelta(hours=5)))).hash == sealed().hash


def test_text_cannot_move_from_one_field_to_the_next() -> None:
    one = sealed(replace(DRAFT, subject_id="a", subject_digest="bc"))
    assert one.hash != sealed(replace(DRAFT, subject_id="ab", subject_digest="c")).hash


@pytest.mark.parametrize("verb", Verb)
def test_verb_says_subject_and_what_happened(verb: Verb) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", verb.value)
    assert verb.name == verb.value.replace(".", "_").upper()
