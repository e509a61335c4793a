"""The event table only grows, and nothing unstorable gets in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import EventRow, read_head
from flywheel.domain.digests import DEEPEST, Digest, Json
from flywheel.domain.events import GENESIS, Draft, SubjectKind, Verb, hash_of, seal
from flywheel.domain.payloads.making import LookTaken
from flywheel.domain.seals import link_to, seal_event
from flywheel.errors import InputRefused, Tampered
from flywheel.services.record import record
from tests.factories.events import refusal
from tests.factories.forged import row_of
from tests.factories.projects import registered


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET actor = 'x'",
        "UPDATE event SET actor = 'x' WHERE false",
        "DELETE FROM event",
        "TRUNCATE event",
    ],
)
def test_even_the_tables_owner_changes_no_event(catalog: Catalog, owned: Catalog, change: str) -> None:
    registered(catalog)
    with pytest.raises(IntegrityError, match="only grows"), owned.begin() as work:
        work.session.execute(text(change))


@pytest.mark.parametrize("name", ["zero\x00byte", "half \ud83d"])
def test_text_that_cannot_be_stored_is_refused_and_nothing_written(catalog: Catalog, name: str) -> None:
    with pytest.raises((InputRefused, UnicodeEncodeError)), catalog.begin() as work:
        work.append(refusal(name))
    assert record.head(catalog).sequence == 0


def test_what_lies_too_deep_to_be_read_again_is_refused(catalog: Catalog) -> None:
    deep: Json = 1
    for _ in range(DEEPEST):
        deep = [deep]
    said = LookTaken("p", Digest("rule"), Digest("rows"), {"number": deep})
    with pytest.raises(InputRefused, match="cannot be read"), catalog.begin() as work:
        work.append(Draft(Verb.EXPERIMENT_MET_TEST_ROWS, "a", SubjectKind.EXPERIMENT, "e", "", said))
    assert record.head(catalog).sequence == 0


@pytest.mark.parametrize("number", [1e16, 1e-7, 0.1, 1.0, -0.0, 123456789012345678, 5e-324])
def test_numbers_keep_their_seal_through_the_database(catalog: Catalog, number: float) -> None:
    with catalog.begin() as work:
        said = LookTaken("p", Digest("rule"), Digest("rows"), {"number": number, "text": "ü \u2028"})
        work.append(Draft(Verb.EXPERIMENT_MET_TEST_ROWS, "a", SubjectKind.EXPERIMENT, "e", "", said))
    assert record.verify_events(catalog).is_sound


def test_a_sealed_event_that_does_not_say_what_its_verb_says_is_named(catalog: Catalog, owned: Catalog) -> None:
    registered(catalog)
    with owned.begin() as work:
        head, event = read_head(work.session), seal(refusal(), sequence=1, happened_at=work.now, previous_hash=GENESIS)
        more = {**event.payload, "more": 1}
        event = replace(event, sequence=head.sequence + 1, previous_hash=head.hash, payload=more)
        event = replace(event, hash=hash_of(event))
        last = work.session.get_one(EventRow, head.sequence)
        put = seal_event(
            catalog.sealer, event.hash, verb=event.verb, follows=link_to(last.sequence, last.hash, last.seal)
        )
        work.session.add(row_of(replace(event, seal=put)))
    found = record.verify_events(catalog)
    assert found.first_bad == event.sequence
    assert found.reason == f"event {event.sequence} cannot be read: signoff.refused: more is unknown"
    with pytest.raises(Tampered, match="more is unknown"), catalog.begin() as work:
        work.stand()


def test_chain_in_which_time_runs_back_does_not_hold(catalog: Catalog, owned: Catalog) -> None:
    registered(catalog)
    with owned.begin() as work:
        head, happened_at = read_head(work.session), work.now - timedelta(seconds=1)
        planted = seal(refusal(), sequence=head.sequence + 1, happened_at=happened_at, previous_hash=head.hash)
        last = work.session.get_one(EventRow, head.sequence)
        put = seal_event(
            catalog.sealer, planted.hash, verb=planted.verb, follows=link_to(last.sequence, last.hash, last.seal)
        )
        work.session.add(row_of(replace(planted, seal=put)))
    found = record.verify_events(catalog)
    assert found.first_bad == planted.sequence
    assert found.reason == f"event {planted.sequence} is older than event {head.sequence}"
