"""Races: a release and a refusal let loose at once, and what takes the lock between them away."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from flywheel.catalog import engine
from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import ProjectRow
from flywheel.domain.events import Event, Verb
from flywheel.domain.signoffs import Answer
from flywheel.errors import Conflict, Refused
from flywheel.services.approval import signoffs, withdrawals
from flywheel.services.modelling.versions import VersionRecord
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import Enrolment
from flywheel.services.record import ground, record
from flywheel.services.serving import releases
from flywheel.services.standing.weighing import reasons_against
from tests.factories.people import BEN, VERA, VIKTOR, code_of, enrol
from tests.factories.projects import registered
from tests.factories.versions import judged, make_package, registered_version, with_dossier
from tests.fakes.clock import SettableClock

PAUSE_SECONDS = 0.3
HEAD_START_SECONDS = 0.02
"""About as long as a decision takes: each side is first in half of the races."""


@dataclass(frozen=True)
class Race:
    """One race: what meets the release, and how much earlier it is let loose (later, where below zero)."""

    slug: str
    is_withdrawal: bool = False
    head_start: float = 0.0


@dataclass(frozen=True)
class Finish:
    """How a race ended, as the chain has it."""

    is_released: bool
    is_overtaken: bool
    """The release stands after the refusal: this may never be."""


def planned(count: int, *, seed: int) -> Iterator[Race]:
    """Draw races: of both kinds, with either side first."""
    chance = random.Random(seed)
    for number in range(count):
        head_start = chance.uniform(-HEAD_START_SECONDS, HEAD_START_SECONDS)
        yield Race(f"race-{seed}-{number}", is_withdrawal=chance.random() < 0.5, head_start=head_start)


class Arena:
    """Projects with approved versions, where a release and a rejection are let loose at once."""

    def __init__(self, catalog: Catalog, identity: Identity, clock: SettableClock) -> None:
        self.catalog, self.identity, self.clock = catalog, identity, clock
        self.people: dict[str, Enrolment] = enrol(catalog, identity, BEN, VERA, VIKTOR, project="*")
        self.rejected = threading.Event()

    def approved(self, slug: str) -> VersionRecord:
        registered(self.catalog, slug)
        version = registered_version(self.catalog, slug)
        judged(self.catalog, version)
        dossier = with_dossier(self.catalog, version)
        for person in (BEN, VERA):
            self.sign(version, dossier, person, Answer.APPROVE)
        return version

    def run(self, race: Race) -> Finish:
        """Let both loose at once, or one a little earlier, and read the chain."""
        version = self.approved(race.slug)
        dossier = with_dossier(self.catalog, version)
        self.rejected.clear()
        self.clock.move(timedelta(seconds=30))
        start = threading.Barrier(2)
        with ThreadPoolExecutor(2) as threads:
            no = self.withdraw if race.is_withdrawal else self.reject
            threads.submit(_after, start, lambda: self.release(version), max(0.0, race.head_start))
            threads.submit(_after, start, lambda: no(version, dossier), max(0.0, -race.head_start))
        verbs = [_word(event) for event in reversed(record.list_events(self.catalog, project=race.slug))]
        assert "no" in verbs
        is_released = "release" in verbs
        return Finish(is_released, is_released and verbs.index("release") > verbs.index("no"))

    def release(self, version: VersionRecord) -> None:
        package = make_package(version)
        releases.make_release(self.catalog, version=version.id, run_id="r", actor="flow:delivery", package=package)

    def reject(self, version: VersionRecord, dossier: str) -> None:
        self.sign(version, dossier, VIKTOR, Answer.REJECT, is_later=False)
        self.rejected.set()

    def withdraw(self, version: VersionRecord, dossier: str) -> None:
        del dossier
        withdrawals.withdraw(
            self.catalog,
            identity=self.identity,
            version=version.id,
            person=VERA,
            reason="new facts",
            code=code_of(self.people[VERA], self.clock()),
            channel="test",
            key=f"{version.id}:withdraw",
        )
        self.rejected.set()

    def sign(self, version: VersionRecord, dossier: str, person: str, answer: Answer, *, is_later: bool = True) -> None:
        if is_later:
            self.clock.move(timedelta(seconds=30))
        signoffs.sign(
            self.catalog,
            identity=self.identity,
            version=version.id,
            dossier_digest=dossier,
            person=person,
            role=None,
            answer=answer,
            comment="",
            code=code_of(self.people[person], self.clock()),
            channel="test",
            key=f"{version.id}:{person}:{answer}",
        )


def slow_door(arena: Arena, patch: pytest.MonkeyPatch) -> None:
    """Between weighing and acting, the release waits for the refusal as long as it can afford."""

    def weigh_then_wait(*given: object) -> tuple[str, ...]:
        found = reasons_against(*given)  # type: ignore[arg-type]  # the same arguments
        arena.rejected.wait(PAUSE_SECONDS)
        return found

    patch.setattr(releases, "reasons_against", weigh_then_wait)


def without_locks(patch: pytest.MonkeyPatch) -> None:
    """Read the project's row without locking it, and the time without the chain's lock: either would be enough."""

    def read_without_lock(session: Session, slug: str) -> ProjectRow:
        return session.get_one(ProjectRow, slug)

    for module in (releases, signoffs, ground):
        patch.setattr(module, "lock_project", read_without_lock)
    patch.setattr(engine.UnitOfWork, "stand", lambda *_: None)  # it would take the chain's lock
    patch.setattr(engine, "settle_time", lambda session, clock, _believe: clock(session))


def _after(start: threading.Barrier, act: Callable[[], None], seconds: float) -> None:
    start.wait(10)
    threading.Event().wait(seconds)
    with suppress(Refused, Conflict):  # fair answers in a race
        act()


def _word(event: Event) -> str:
    if event.verb is Verb.RELEASE_MADE:
        return "release"
    is_no = event.verb is Verb.SIGNOFF_WITHDRAWN or event.payload.get("answer") == Answer.REJECT
    return "no" if is_no else event.verb.value
