"""P20: whoever writes past the record answers for nobody: a decision is taken, whatever stands under its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy.orm import Session

from flywheel.adapters.postgres import postgres
from flywheel.catalog import idempotency
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json, canonical_json, digest_of, plain
from flywheel.domain.logins import Login
from flywheel.domain.seals import row_content
from flywheel.domain.signoffs import Answer
from flywheel.domain.stages import CycleKind
from flywheel.errors import Refused
from flywheel.services.approval.findings import NewFinding, open_finding
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.record import ledger, record
from flywheel.services.record.sealing import NotarySeal
from flywheel.services.serving.halting import halt
from flywheel.services.walk.cycles import start_cycle
from flywheel.settings import Settings
from tests.factories.desk import Desk, make_desk, make_serving_desk
from tests.factories.people import BEN, VERA, code_of
from tests.factories.projects import SLUG
from tests.factories.seals import THEIRS
from tests.fakes.clock import SettableClock

KEY = "run-1:2"
Act = Callable[[Desk], object]


def shown(desk: Desk, person: str) -> Proof:
    return Proof(desk.identity, person, code_of(desk.people[person], desk.clock()), "test", KEY)


def found(desk: Desk) -> object:
    return open_finding(desk.catalog, found=NewFinding(desk.version.id, "not so"), proof=shown(desk, VERA))


def spent(desk: Desk) -> None:
    ledger.record_cost(
        desk.catalog, project=SLUG, run_id="r", kind="cpu", quantity=1.0, money=Decimal(1), actor="flow:x", key=KEY
    )


def begun(desk: Desk) -> object:
    kind = CycleKind.LIFECYCLE
    return start_cycle(desk.catalog, project=SLUG, kind=kind, actor="flow:x", reason="once more", key=KEY)


WAITING: Mapping[str, Act] = {
    "a rejection": lambda desk: desk.sign(VERA, Answer.REJECT, key=KEY, channel="prefect"),
    "an approval": lambda desk: desk.sign(BEN, key=KEY),
    "a finding": found,
    "a cost": spent,
    "a cycle": begun,
}
SERVING: Mapping[str, Act] = {
    "a withdrawal": lambda desk: desk.withdraw(BEN, key=KEY),
    "a stop": lambda desk: halt(desk.catalog, project=SLUG, reason="it harms", proof=shown(desk, BEN)),
}


class Planter:
    """Somebody with the record's password, who always writes first, and knows what will be asked."""

    def __init__(self, server: Settings, database: str, seal: Callable[[bytes], str], answer: Json) -> None:
        self.address = postgres.database_url(server, database, driver="", login=Login.RECORD)
        self.seal, self.answer = seal, answer
        self.planted = 0

    def recall(self, session: Session, once: idempotency.Once, request: object) -> idempotency.FirstAnswer | None:
        """Plant a row before it is looked for."""
        key = once.written
        if once.key == KEY:
            asked, answer = digest_of(request), {"value": self.answer}
            sealed = self.seal(row_content("flywheel answer", key, asked, answer))
            with psycopg.connect(self.address) as connection:
                connection.execute("DELETE FROM idempotency WHERE key = %s", (key,))
                connection.execute(
                    "INSERT INTO idempotency (key, request_digest, answer, created_at, seal) "
                    "VALUES (%s, %s, %s, 'infinity', %s)",
                    (key, asked, canonical_json(answer), sealed),
                )
            self.planted += 1
        return RECALL(session, once, request)


RECALL = idempotency.recall


def is_taken(act: Act, desk: Desk) -> bool:
    """Whether a decision that is acknowledged is also in the record."""
    before = record.head(desk.catalog).sequence
    act(desk)
    return record.head(desk.catalog).sequence > before


def desk_for(name: str, catalog: Catalog, identity: Identity, clock: SettableClock) -> tuple[Act, Desk]:
    if name in SERVING:
        return SERVING[name], make_serving_desk(catalog, identity, clock)
    return WAITING[name], make_desk(catalog, identity, clock)


def planter(desk: Desk, server: Settings, database: str, seal: Callable[[bytes], str]) -> Planter:
    return Planter(server, database, seal, plain(desk.standing()))


@pytest.mark.parametrize("name", [*WAITING, *SERVING])
@pytest.mark.parametrize("whose", ["nobody's", "a stranger's", "the record's"])
def test_what_is_acknowledged_is_recorded_whatever_was_planted_under_its_key(
    catalog: Catalog,
    identity: Identity,
    clock: SettableClock,
    server: Settings,
    empty_database: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    whose: str,
) -> None:
    act, desk = desk_for(name, catalog, identity, clock)
    ours = catalog.sealer
    assert isinstance(ours, NotarySeal)
    seals = {"nobody's": lambda _: "", "a stranger's": THEIRS.attest, "the record's": ours.sign}
    intruder = planter(desk, server, empty_database, seals[whose])
    monkeypatch.setattr(idempotency, "recall", intruder.recall)
    assert is_taken(act, desk)
    assert intruder.planted
    assert record.verify_events(catalog).is_sound


@pytest.mark.parametrize("name", ["a rejection", "a withdrawal", "a stop"])
def test_without_the_seal_each_would_be_acknowledged_and_lost(
    catalog: Catalog,
    identity: Identity,
    clock: SettableClock,
    server: Settings,
    empty_database: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    act, desk = desk_for(name, catalog, identity, clock)
    monkeypatch.setattr(idempotency, "is_row_ours", lambda *_: True)
    monkeypatch.setattr(idempotency, "recall", planter(desk, server, empty_database, lambda _: "").recall)
    assert not is_taken(act, desk)


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE idempotency SET answer = '{"value": {}}'""",
        "UPDATE idempotency SET request_digest = 'sha256:other'",
        "UPDATE idempotency SET seal = ''",
    ],
)
def test_an_answer_that_was_changed_later_is_none(
    catalog: Catalog, identity: Identity, clock: SettableClock, server: Settings, empty_database: str, change: str
) -> None:
    desk = make_desk(catalog, identity, clock)
    code = code_of(desk.people[BEN], desk.clock())
    first = desk.sign(BEN, key=KEY, code=code)
    assert desk.sign(BEN, key=KEY, code=code) == first, "the same answer again"
    with psycopg.connect(postgres.database_url(server, empty_database, driver="", login=Login.RECORD)) as connection:
        connection.execute(change)
    with pytest.raises(Refused):
        desk.sign(BEN, key=KEY, code=code)
