"""Proof of who decides: however many guess at once, only so many codes are judged before the person is locked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from flywheel.catalog.credential import PersonSecretRow
from flywheel.catalog.engine import Catalog
from flywheel.errors import Refused, Tampered
from flywheel.services.identity import Identity
from tests.factories.desk import Desk, make_desk
from tests.factories.people import OWNER, VERA, code_of
from tests.fakes.clock import SettableClock

GUESSES = 20


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that waits for signatures."""
    return make_desk(catalog, identity, clock)


def test_guesses_at_once_are_counted_like_guesses_one_by_one(desk: Desk) -> None:
    def guess(number: int) -> str:
        with pytest.raises(Refused) as refused:
            desk.sign(VERA, code=f"{number:06}", key=f"guess {number}")
        return refused.value.what

    with ThreadPoolExecutor(GUESSES) as pool:
        told = list(pool.map(guess, range(GUESSES)))
    judged = [words for words in told if "is locked after too many wrong codes" not in words]
    assert len(judged) == desk.identity.max_wrong_codes
    assert all("code is wrong" in words for words in judged)


def test_secret_that_was_put_into_anothers_row_opens_nothing(desk: Desk) -> None:
    with desk.catalog.begin() as work:
        theirs, ours = (work.session.get_one(PersonSecretRow, person) for person in (VERA, OWNER))
        theirs.secret = ours.secret
    desk.clock.move(timedelta(seconds=30))
    with pytest.raises(Tampered, match="is another person's"):
        desk.sign(VERA, code=code_of(desk.people[OWNER], desk.clock()))
