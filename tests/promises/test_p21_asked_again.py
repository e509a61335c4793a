"""P21: whoever lost the notary's answer asks again: what was decided is found, what was not is judged, and once."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count

import pytest
from sqlalchemy import event, text

from flywheel.adapters.notary_line import Line
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json, digest_of
from flywheel.domain.events import Verb
from flywheel.services.people import sessions
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import DECISIONS, Bench, answer
from flywheel.services.people.proof import Proof
from flywheel.services.record import record
from flywheel.services.record.sealing import SealAtHand
from flywheel.setting_groups import NotarySettings
from flywheel.settings import Settings
from tests.factories.people import VERA, code_of, enrol, enrolled
from tests.fakes.clock import SettableClock

SEED = 7
PEOPLE, AT_ONCE, KILLS = 40, 4, 12
PAUSES = (0.2, 0.8)
OFFICE = "tests.promises.p21_office"


@dataclass(frozen=True)
class Asking:
    """Somebody who wants to log in, once, by one code."""

    bench: Bench
    proof: Proof

    def request(self, number: str = "drawn-1") -> dict[str, Json]:
        said = DECISIONS["sessions.log_in"].written({"proof": self.proof})
        return {"decision": "sessions.log_in", "said": said, "asked": number}

    def opened(self) -> int:
        with self.bench.catalog.look() as work:
            rows = work.session.execute(text("SELECT count(*) FROM event WHERE verb = 'session.opened'")).scalar_one()
        return int(rows)


@pytest.fixture
def asking(catalog: Catalog, identity: Identity, settings: Settings, clock: SettableClock) -> Asking:
    enrolment = enrol(catalog, identity, VERA)[VERA]
    proof = Proof(identity, VERA, code_of(enrolment, clock()), "test", "")
    return Asking(Bench(catalog, settings), proof)


def test_the_same_request_gets_the_same_answer_and_is_judged_once(asking: Asking) -> None:
    first = answer(asking.bench, asking.request())
    end = record.head(asking.bench.catalog)
    assert isinstance(first, dict)
    assert "gave" in first
    assert answer(asking.bench, asking.request()) == first
    assert record.head(asking.bench.catalog) == end
    assert asking.opened() == 1


def test_without_its_number_it_would_be_judged_anew_and_its_code_used_up(asking: Asking) -> None:
    answer(asking.bench, asking.request())
    again = answer(asking.bench, asking.request("drawn-2"))
    assert isinstance(again, dict)
    assert "refused" in again


def test_a_refusal_is_told_again_and_the_wrong_code_is_counted_once(asking: Asking) -> None:
    wrong = replace(asking, proof=replace(asking.proof, code="000000"))
    assert answer(wrong.bench, wrong.request()) == answer(wrong.bench, wrong.request())
    with asking.bench.catalog.look() as work:
        assert work.session.execute(text("SELECT wrong_codes FROM person_secret")).scalar_one() == 1
    refused = [one for one in record.list_events(asking.bench.catalog) if one.verb is Verb.ACT_REFUSED]
    assert len(refused) == 1


def test_death_before_any_statement_leaves_all_or_nothing(
    asking: Asking, record_property: Callable[[str, object], None]
) -> None:
    before, deaths = record.head(asking.bench.catalog).sequence, 0
    for statement in count(1):
        if not dies_at(asking, statement):
            break
        deaths += 1
        assert record.head(asking.bench.catalog).sequence == before, f"half a decision after statement {statement}"
    assert asking.opened() == 1, "the last child decided, and died before it could answer"
    gave = answer(asking.bench, asking.request())
    assert isinstance(gave, dict)
    assert "gave" in gave
    assert asking.opened() == 1
    record_property("deaths survived", deaths)
    assert deaths > 10


def dies_at(asking: Asking, statement: int) -> bool:
    """Judge in a child that ends without a word before its n-th statement; whether it got so far."""
    pid = os.fork()
    if pid == 0:
        try:
            engine, numbers = asking.bench.catalog.engine, count(1)
            engine.dispose(close=False)  # the parent's connections stay the parent's

            @event.listens_for(engine, "before_cursor_execute")
            def die(*_: object) -> None:
                if next(numbers) == statement:
                    os._exit(9)

            answer(asking.bench, asking.request())
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 9


def test_what_is_kept_of_an_answer_shows_no_secret_and_counts_for_its_request_alone(asking: Asking) -> None:
    gave = answer(asking.bench, asking.request())
    assert isinstance(gave, dict)
    assert isinstance(gave["gave"], dict)
    with asking.bench.catalog.begin() as work:
        kept = work.session.execute(text("SELECT request, answer FROM notary_answer")).one()
        assert str(gave["gave"]["token"]).encode() not in kept.answer
        assert "drawn-1" not in kept.request
        work.session.execute(text("UPDATE notary_answer SET request = :other"), {"other": other_request(asking)})
    told = answer(asking.bench, asking.request("drawn-2"))
    assert isinstance(told, dict)
    assert "not what it kept" in str(told["refused"])


def other_request(asking: Asking) -> str:
    return digest_of(asking.request("drawn-2"))


@pytest.fixture
def away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings under which a notary of its own process answers, and others wait for it while it is gone."""
    assert settings.database.url is not None
    monkeypatch.setenv("FLYWHEEL_HOME", str(settings.home))
    monkeypatch.setenv("FLYWHEEL_DATA_ROOT", str(settings.data_root))
    monkeypatch.setenv("FLYWHEEL_DATABASE__URL", settings.database.url.get_secret_value())
    monkeypatch.setenv("FLYWHEEL_DATABASE__NAME", settings.database.name)
    settings.servers_lock.parent.mkdir(parents=True, exist_ok=True)
    with settings.servers_lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield settings.model_copy(update={"notary": NotarySettings(wait_seconds=60)})


def test_killed_at_any_moment_under_load_it_loses_and_doubles_nothing(
    catalog: Catalog,
    identity: Identity,
    away: Settings,
    database_url: str,
    record_property: Callable[[str, object], None],
) -> None:
    secrets_of = {f"p{n}@bank.example": enrolled(catalog, identity, f"p{n}@bank.example") for n in range(PEOPLE)}
    asking = Catalog.open(database_url, sealer=SealAtHand(away), notary=Line(away))
    pids, done = list[int](), threading.Event()

    def log_in(person: str) -> float:
        turn = list(secrets_of).index(person) * (AT_ONCE + 1) // PEOPLE
        while len(pids) < turn:  # however fast the machine is, some ask after each kill
            time.sleep(0.01)
        begun, code = time.monotonic(), code_of(secrets_of[person], datetime.now(UTC))
        sessions.log_in(asking, proof=Proof(identity, person, code, "test", ""))
        return time.monotonic() - begun

    with subprocess.Popen([sys.executable, "-m", OFFICE], stdout=subprocess.PIPE, cwd=away.home) as office:
        killer = threading.Thread(target=kill_at_random, args=(office, pids, done))
        killer.start()
        try:
            with ThreadPoolExecutor(AT_ONCE) as threads:
                waited = list(threads.map(log_in, secrets_of))
        finally:
            done.set()
            killer.join()
            office.terminate()
    asking.close()
    with catalog.look() as work:
        found = work.session.execute(
            text("SELECT actor, count(*) FROM event WHERE verb = 'session.opened' GROUP BY actor")
        )
        opened = {str(actor): times for actor, times in found}
    assert opened == dict.fromkeys(secrets_of, 1)
    assert record.verify_events(catalog).is_sound
    record_property("kills", len(pids))
    record_property("longest wait", max(waited))
    assert len(pids) >= AT_ONCE, "as many as callers"


def kill_at_random(office: subprocess.Popen[bytes], pids: list[int], done: threading.Event) -> None:
    """Kill each notary a moment after it has begun."""
    chance = random.Random(SEED)
    assert office.stdout is not None
    while len(pids) < KILLS and not done.is_set():
        pid = int(office.stdout.readline())
        done.wait(chance.uniform(*PAUSES))
        os.kill(pid, signal.SIGKILL)
        pids.append(pid)
