"""Proof of who decides: however many guess at once, only so many codes are judged before the person is locked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.errors import Refused
from flywheel.services.identity import Identity
from tests.factories.desk import Desk, make_desk
from tests.factories.people import VERA
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
