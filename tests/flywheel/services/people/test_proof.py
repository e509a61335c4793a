"""Proof of who decides: however many guess at once, only so many codes are judged before the person is locked."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from flywheel.catalog.credential import PersonSecretRow
from flywheel.catalog.engine import Catalog
from flywheel.errors import Refused, Tampered
from flywheel.services.people.identity import Identity
from tests.factories.desk import Desk, make_desk
from tests.factories.people import OWNER, VERA, code_of
from tests.fakes.clock import SettableClock

GUESSES = 20
HOME = Path(__file__).resolve().parents[4]


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
    assert all("the one-time code" in words for words in judged)


def test_a_code_of_before_is_said_to_be_too_old_refused_and_counted_like_a_wrong_one(desk: Desk) -> None:
    shown_at = desk.clock()
    code = code_of(desk.people[VERA], shown_at)
    desk.clock.move(timedelta(seconds=60))  # and another half minute in the desk
    with pytest.raises(Refused, match="is too old") as told:
        desk.sign(VERA, code=code)
    step_at = shown_at - timedelta(seconds=shown_at.timestamp() % 30)
    assert f"was shown at {step_at:%H:%M:%S} UTC" in told.value.what
    assert "each holds for 60 s; next: use the code that your authenticator shows now" in told.value.sentence()
    for place in range(desk.identity.max_wrong_codes - 1):
        with pytest.raises(Refused):
            desk.sign(VERA, code="000000", key=f"guess {place}")
    with pytest.raises(Refused, match="locked after too many wrong codes"):
        desk.sign(VERA)


def test_of_codes_long_before_and_of_codes_to_come_nothing_is_said(desk: Desk) -> None:
    code = code_of(desk.people[VERA], desk.clock())
    desk.clock.move(timedelta(hours=1))
    with pytest.raises(Refused, match="the one-time code is wrong"):
        desk.sign(VERA, code=code)
    ahead = code_of(desk.people[VERA], desk.clock() + timedelta(minutes=5))
    with pytest.raises(Refused, match="the one-time code is wrong"):
        desk.sign(VERA, code=ahead)


def test_secret_that_was_put_into_anothers_row_opens_nothing(desk: Desk) -> None:
    with desk.catalog.begin() as work:
        theirs, ours = (work.session.get_one(PersonSecretRow, person) for person in (VERA, OWNER))
        theirs.secret = ours.secret
    desk.clock.move(timedelta(seconds=30))
    with pytest.raises(Tampered, match="is another person's"):
        desk.sign(VERA, code=code_of(desk.people[OWNER], desk.clock()))


def test_what_a_person_decides_goes_by_a_key_of_their_own() -> None:
    """A key that is taken as it comes can be taken beforehand by somebody else, whose decision then keeps it out."""
    raw = [
        f"{path.stem}.{function.name}"
        for path in (HOME / "flywheel" / "services").rglob("*.py")
        for function in ast.parse(path.read_text()).body
        if isinstance(function, ast.FunctionDef) and "proof" in names_in(function) and takes_raw_key(function)
    ]
    assert raw == []


def names_in(function: ast.FunctionDef) -> set[str]:
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}


def takes_raw_key(function: ast.FunctionDef) -> bool:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr in {"recall", "remember"}
        and ast.unparse(call.args[0]) in {"key", "proof.key"}
        for call in calls
    )
