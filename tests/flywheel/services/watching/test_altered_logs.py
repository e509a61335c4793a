"""Altered prediction logs: the steward comes by everything in turn, seals what is due, and pages once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flywheel.adapters.predictions.chain import TRIALS, read_chain
from flywheel.adapters.predictions.journal import take_in
from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.payloads.serving import PredictionsSealed
from flywheel.services.incidents import incidents
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.services.serving import releases
from flywheel.services.watching import altered_logs
from flywheel.services.watching.altered_logs import Turn, watch_logs, watch_unreadable
from tests.factories.desk import Desk, make_serving_desk
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock
from tests.flywheel.adapters.predictions.test_segments import log

SEGMENTS = 6


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for day in range(SEGMENTS):
        log(tmp_path, day)
    return tmp_path


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    return make_serving_desk(catalog, identity, clock)


def look(desk: Desk, root: Path, turn: Turn, *, at_once_bytes: int = 10**9) -> tuple[str, ...]:
    return watch_logs(desk.catalog, root, turn, actor="steward", at_once_bytes=at_once_bytes)


def seals(desk: Desk) -> list[tuple[str, int, int]]:
    events = [one for one in record.list_events(desk.catalog)[::-1] if one.verb is Verb.PREDICTIONS_SEALED]
    said = [event.said(PredictionsSealed) for event in events]
    return [(event.subject_id, one.segments, one.generation) for event, one in zip(events, said, strict=True)]


def test_a_chain_is_sealed_daily_and_when_its_endpoint_serves_something_else(
    desk: Desk, root: Path, clock: SettableClock
) -> None:
    turn = Turn()
    assert look(desk, root, turn) == ()
    look(desk, root, turn)
    assert seals(desk) == [(SLUG, SEGMENTS, 1)]
    log(root, 20)
    look(desk, root, Turn())  # another steward reads of it in the record
    assert len(seals(desk)) == 1
    clock.now += timedelta(days=1)
    look(desk, root, turn)
    clock.now += timedelta(days=1)
    look(desk, root, turn)  # nothing was logged since
    assert seals(desk)[1:] == [(SLUG, SEGMENTS + 1, 1)]
    log(root, 21)
    releases.fall_back(desk.catalog, project=SLUG, reason="tried", incident=None, actor="steward")
    look(desk, root, turn)
    assert seals(desk)[2:] == [(SLUG, SEGMENTS + 2, 2)]


def test_every_segment_is_come_by_in_turn_and_what_was_altered_is_told_once(desk: Desk, root: Path) -> None:
    for day in range(3):
        log(root / TRIALS, day)
    turn = Turn()
    look(desk, root, turn)
    victim = root / SLUG / sorted(read_chain(root / SLUG).counting)[4]
    victim.write_bytes(victim.read_bytes()[::-1])
    told = [look(desk, root, turn, at_once_bytes=victim.stat().st_size) for _ in range(40)]
    assert [len(one) for one in told if one] == [1]
    (incident,) = incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True)
    assert f"segment {victim.name} (1 row of 2026-01-05" in incident.cause
    assert "was altered. No window is judged on them." in incident.cause
    victim.with_name(sorted(read_chain(root / SLUG).counting)[0]).unlink()
    again = [look(desk, root, turn) for _ in range(3)]
    assert [len(one) for one in again if one] == [1], again
    (incident,) = incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True)
    assert incident.occurrences == 2


def test_a_log_of_which_nothing_counts_yet_is_not_sealed(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / SLUG).mkdir()
    (tmp_path / SLUG / "0123456789ab.journal").write_bytes(b"")
    assert (look(desk, tmp_path, Turn()), seals(desk)) == ((), [])


def test_a_log_of_no_project_is_told_and_pages_nobody(desk: Desk, root: Path) -> None:
    (root / SLUG).rename(root / "elsewhere")
    assert look(desk, root, Turn()) == ("the prediction log of elsewhere: its chain is that of card-default",)
    assert incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True) == ()


def test_where_all_is_well_nobody_is_paged(desk: Desk, root: Path) -> None:
    turn = Turn()
    assert [look(desk, root, turn, at_once_bytes=1) for _ in range(20)] == [()] * 20
    assert incidents.list_incidents(desk.catalog, project=SLUG) == ()
    assert timedelta(days=1) == altered_logs.SEALED_EVERY


def test_a_journal_that_nobody_can_read_is_told_once_and_by_its_name(desk: Desk, root: Path) -> None:
    assert watch_unreadable(desk.catalog, root, actor="steward") == ()
    (root / SLUG / "x.journal").write_bytes(b"rubbish")
    take_in(root / SLUG)
    told = [watch_unreadable(desk.catalog, root, actor="steward") for _ in range(3)]
    words = f"the prediction log of {SLUG}: journal x.journal.damaged holds what nobody can read; it was set aside"
    assert told == [(words,), (), ()]
    assert look(desk, root, Turn()) == ()
    (incident,) = incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True)
    assert (words in incident.cause, incident.occurrences) == (True, 1)
