"""P2: a step that is repeated, in parallel or after a death at any statement, has one effect."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from sqlalchemy import event

from flywheel.catalog import engine, idempotency
from flywheel.catalog.engine import Catalog
from flywheel.catalog.signoff import signoffs_of
from flywheel.domain.digests import Digest
from flywheel.domain.signoffs import Answer
from flywheel.errors import Conflict
from flywheel.services.approval import signoffs
from flywheel.services.modelling.versions import VersionRecord
from flywheel.services.people.identity import Identity
from flywheel.services.record import ledger, record
from tests.factories.people import BEN, code_of, enrol
from tests.factories.projects import SLUG, registered
from tests.factories.versions import judged, registered_version, with_dossier
from tests.fakes.clock import SettableClock

CALLS = 50


@dataclass(frozen=True)
class Ready:
    """A version that waits for one decision, and that decision."""

    catalog: Catalog
    identity: Identity
    version: VersionRecord
    dossier: Digest
    code: str

    def sign(self) -> object:
        return signoffs.sign(
            self.catalog,
            identity=self.identity,
            version=self.version.id,
            dossier_digest=self.dossier,
            person=BEN,
            role=None,
            answer=Answer.APPROVE,
            comment="",
            code=self.code,
            channel="test",
            key="one-key",
        )


@pytest.fixture
def ready(catalog: Catalog, identity: Identity, clock: SettableClock) -> Ready:
    registered(catalog)
    enrolment = enrol(catalog, identity, BEN)[BEN]
    version = registered_version(catalog)
    judged(catalog, version)
    clock.move(timedelta(minutes=1))
    return Ready(catalog, identity, version, with_dossier(catalog, version), code_of(enrolment, clock()))


def spend(catalog: Catalog) -> None:
    ledger.record_cost(
        catalog, project=SLUG, run_id="r", kind="cpu", quantity=1.0, money=Decimal(1), actor="flow:x", key="one-key"
    )


def in_parallel(call: Callable[[], object], *, calls: int) -> list[object]:
    """Call at once from many threads; a conflict is an answer too."""

    def once(_: int) -> object:
        try:
            return call()
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(calls) as threads:
        return list(threads.map(once, range(calls)))


def given(ready: Ready) -> int:
    with ready.catalog.begin() as work:
        return len(signoffs_of(work.session, ready.version.id))


def test_parallel_calls_with_one_key_write_one_cost(catalog: Catalog) -> None:
    registered(catalog)
    in_parallel(lambda: spend(catalog), calls=CALLS)
    assert len(ledger.list_entries(catalog, project=SLUG)) == 1


def test_parallel_calls_with_one_key_and_one_code_sign_once_and_agree(ready: Ready) -> None:
    answers = in_parallel(ready.sign, calls=20)
    assert given(ready) == 1
    assert all(answer == answers[0] for answer in answers)


def test_without_keys_the_cost_would_be_written_many_times(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(catalog)
    monkeypatch.setattr(idempotency, "recall", lambda *_: None)
    monkeypatch.setattr(idempotency, "remember", lambda *_, **__: None)
    in_parallel(lambda: spend(catalog), calls=5)
    assert len(ledger.list_entries(catalog, project=SLUG)) == 5


def test_death_at_any_statement_leaves_all_or_nothing_and_the_repetition_one_effect(
    ready: Ready, record_property: Callable[[str, object], None]
) -> None:
    before = record.head(ready.catalog).sequence
    deaths = 0
    for statement in count(1):
        if not dies_at(ready, statement):
            break
        deaths += 1
        assert record.head(ready.catalog).sequence == before, f"half a sign-off after statement {statement}"
    ready.sign()
    assert given(ready) == 1
    record_property("deaths survived", deaths)
    assert deaths > 10


def dies_at(ready: Ready, statement: int) -> bool:
    """Sign in a child that ends without a word before its n-th statement; whether it got so far."""
    pid = os.fork()
    if pid == 0:
        try:
            ready.catalog.engine.dispose(close=False)  # the parent's connections stay the parent's
            numbers = count(1)

            @event.listens_for(ready.catalog.engine, "before_cursor_execute")
            def die(*_: object) -> None:
                if next(numbers) == statement:
                    os._exit(9)

            ready.sign()
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 9


def test_engine_asks_the_module_that_the_control_patches() -> None:
    assert vars(engine)["idempotency"] is idempotency
