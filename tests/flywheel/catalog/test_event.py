"""The event table only grows, and nothing unstorable gets in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import read_head
from flywheel.domain.events import Draft, SubjectKind, Verb, seal
from flywheel.errors import InputRefused
from flywheel.services import record
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
        work.append(Draft(Verb.PERSON_INVITED, "admin", SubjectKind.PERSON, "vera", "", {"name": name}))
    assert record.head(catalog).sequence == 0


@pytest.mark.parametrize("number", [1e16, 1e-7, 0.1, 1.0, -0.0, 123456789012345678, 5e-324])
def test_numbers_keep_their_seal_through_the_database(catalog: Catalog, number: float) -> None:
    with catalog.begin() as work:
        work.append(
            Draft(Verb.SIGNOFF_REFUSED, "a", SubjectKind.PROJECT, "p", "", {"number": number, "text": "ü \u2028"})
        )
    assert record.verify_events(catalog).is_sound


def test_chain_in_which_time_runs_back_does_not_hold(catalog: Catalog, owned: Catalog) -> None:
    registered(catalog)
    with owned.begin() as work:
        head, draft = read_head(work.session), Draft(Verb.SIGNOFF_REFUSED, "a", SubjectKind.PROJECT, "p")
        happened_at = work.now - timedelta(seconds=1)
        planted = seal(draft, sequence=head.sequence + 1, happened_at=happened_at, previous_hash=head.hash)
        work.session.add(row_of(planted))
    found = record.verify_events(catalog)
    assert found.first_bad == planted.sequence
    assert found.reason == f"event {planted.sequence} is older than event {head.sequence}"
