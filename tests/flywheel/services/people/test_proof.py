"""Proof of who decides: however many guess at once, only so many codes are judged before the person is locked."""

from __future__ import annotations

import ast
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from flywheel.catalog.credential import PersonSecretRow
from flywheel.catalog.engine import Catalog
from flywheel.catalog.idempotency import Once
from flywheel.domain.signoffs import Answer
from flywheel.errors import Refused, Tampered
from flywheel.services.approval.findings import NewFinding, open_finding
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
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


def test_each_kind_of_request_goes_by_a_key_of_its_own() -> None:
    """Of two kinds that share keys one takes beforehand what the other goes by; a person's own as another's."""
    looked_up = [kind_of(call, function) for call, function in calls_of("recall")]
    assert len(looked_up) > 15
    assert "" not in looked_up
    assert [kind for kind, places in Counter(looked_up).items() if places > 1] == []
    assert {kind_of(call, function) for call, function in calls_of("remember")} == set(looked_up)


def calls_of(name: str) -> list[tuple[ast.Call, ast.FunctionDef]]:
    """Find each call with the function around it, the innermost."""
    found: dict[tuple[Path, int], tuple[ast.Call, ast.FunctionDef]] = {}
    for path in (HOME / "flywheel").rglob("*.py"):
        within = (one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.FunctionDef))
        for function in within if path.parent.name != "catalog" else ():  # from without to within
            calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
            for call in calls:
                if isinstance(call.func, ast.Attribute) and call.func.attr == name:
                    found[path, call.lineno] = call, function
    return list(found.values())


def kind_of(call: ast.Call, function: ast.FunctionDef) -> str:
    """Read of which kind the key of a call is; nothing where that is not written there in so many words."""
    key: ast.expr = call.args[0]
    if isinstance(key, ast.Name):
        made = [
            n.value for n in ast.walk(function) if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == key.id
        ]
        key = made[0] if len(made) == 1 else key
    if not (isinstance(key, ast.Call) and ast.unparse(key.func) in {"Once", "proof.once"}):
        return ""
    what = key.args[0]
    return str(what.value) if isinstance(what, ast.Constant) and isinstance(what.value, str) else ""


PARTS = ("a", "a/b", "b", "a,b", '","', "", "ana@bank.example", "ana@bank.example/run:0", "run:0")


def test_no_part_of_a_key_passes_for_another() -> None:
    written = {Once(*parts).written for parts in product(PARTS, repeat=3)}
    assert len(written) == len(PARTS) ** 3


def test_a_key_that_was_used_for_one_kind_of_decision_keeps_no_other_out(desk: Desk) -> None:
    key = "run-1:0"
    proof = Proof(desk.identity, VERA, code_of(desk.people[VERA], desk.clock()), "cli", key)
    open_finding(desk.catalog, found=NewFinding(desk.version.id, "not so"), proof=proof)
    assert desk.sign(VERA, Answer.REJECT, key=key).refused_by == (VERA,)
