"""Rows are taken out of prediction logs by people who may; the record says that it was done, not whose they were."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flywheel.adapters.predictions.chain import DRAFT, TRIALS, read_chain
from flywheel.adapters.predictions.chaining import alone
from flywheel.adapters.predictions.journal import frame, take_in
from flywheel.adapters.predictions.log import append
from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.payloads.serving import PredictionsRewritten
from flywheel.errors import Conflict, NotFound, Refused, Tampered
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.record import record
from flywheel.services.watching.prediction_logs import check_logs, seal_log
from flywheel.services.watching.prediction_removal import ASIDE, erase, set_aside
from flywheel.settings import Settings
from tests.factories.altered_logs import line_edited, rescored
from tests.factories.desk import Desk, make_desk
from tests.factories.people import OWNER, VERA, code_of
from tests.fakes.clock import SettableClock
from tests.flywheel.adapters.predictions.test_segments import PROJECT, entities, log, row, schema_of

WHO, WHY = "bureau:2", "asked for under article 17"


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    return make_desk(catalog, identity, clock)


@pytest.fixture
def root(desk: Desk, settings: Settings) -> Iterator[Path]:
    """A sealed log of some days, one segment with rows of several, and a log of trials."""
    tmp_path = settings.predictions_root
    for day in range(4):
        log(tmp_path, day)
        log(tmp_path / TRIALS, day)
    append(tmp_path, PROJECT, [row(2), row(5)], schema_of("bureau"))
    seal_log(desk.catalog, tmp_path / PROJECT, generation=1, actor="steward")
    yield tmp_path
    assert not list(tmp_path.rglob(f"*{DRAFT}"))


def shown(desk: Desk, who: str = OWNER) -> Proof:
    desk.clock.move(timedelta(seconds=30))
    return Proof(desk.identity, who, code_of(desk.people[who], desk.clock()), "test", f"{who}:{desk.clock()}")


def rewrites(desk: Desk) -> list[PredictionsRewritten]:
    events = record.list_events(desk.catalog, limit=100)
    return [one.said(PredictionsRewritten) for one in events if one.verb is Verb.PREDICTIONS_REPLACED]


def test_every_row_about_an_entity_goes_and_no_other(desk: Desk, root: Path, settings: Settings) -> None:
    removed = erase(desk.catalog, settings, project=PROJECT, entity=WHO, reason=WHY, proof=shown(desk))
    assert (removed.rows, len(removed.segments)) == (3, 3)
    assert entities(root) == ["bureau:0", "bureau:1", "bureau:3", "bureau:5"]
    assert entities(root / TRIALS) == ["bureau:0", "bureau:1", "bureau:3"]
    assert not any(WHO.encode() in path.read_bytes() for path in root.rglob("*") if path.is_file())
    assert check_logs(desk.catalog, root).problems == ()
    told = rewrites(desk)
    assert {one.reason for one in told} == {f"erasure: {WHY}"}
    assert sorted((one.replaced_rows, one.made_rows) for one in told) == [(1, 0), (3, 1)]
    assert WHO not in str(record.list_events(desk.catalog, limit=100))


def test_who_is_not_there_is_told_and_nothing_is_written(desk: Desk, root: Path, settings: Settings) -> None:
    before = read_chain(root / PROJECT)
    with pytest.raises(NotFound, match="no logged prediction of card-default is about this entity"):
        erase(desk.catalog, settings, project=PROJECT, entity="bureau:9", reason=WHY, proof=shown(desk))
    assert (read_chain(root / PROJECT), rewrites(desk)) == (before, [])


def test_who_holds_no_role_for_it_takes_nothing_out(desk: Desk, root: Path, settings: Settings) -> None:
    for entity in (WHO, "bureau:9"):  # whether somebody is there is told to nobody else either
        with pytest.raises(Refused, match="holds no role in card-default that may erase predictions"):
            erase(desk.catalog, settings, project=PROJECT, entity=entity, reason=WHY, proof=shown(desk, VERA))
    assert WHO in entities(root)
    rescored(root / PROJECT)
    with pytest.raises(Refused, match="holds no role in card-default that may set altered predictions aside"):
        set_aside(desk.catalog, settings, project=PROJECT, reason=WHY, proof=shown(desk, VERA))
    assert (rewrites(desk), (root / ASIDE).exists()) == ([], False)


@pytest.mark.parametrize("reason", ["", "  ", f"{WHO} has asked"])
def test_a_reason_is_given_and_names_nobody(desk: Desk, root: Path, settings: Settings, reason: str) -> None:
    with pytest.raises(Refused, match="reason"):
        erase(desk.catalog, settings, project=PROJECT, entity=WHO, reason=reason, proof=shown(desk))
    assert WHO in entities(root)


def test_nothing_is_erased_while_somebody_copies_the_logs(desk: Desk, root: Path, settings: Settings) -> None:
    with alone(root), pytest.raises(Conflict, match="put together or copied"):
        erase(desk.catalog, settings, project=PROJECT, entity=WHO, reason=WHY, proof=shown(desk))


def test_what_was_altered_is_set_aside_and_the_rest_counts_again(desk: Desk, root: Path, settings: Settings) -> None:
    folder = root / PROJECT
    rescored(folder)
    (folder / "1_2_0123456789ab.arrow").write_bytes(b"put there by somebody")
    with pytest.raises(Tampered, match="set-aside card-default"):
        erase(desk.catalog, settings, project=PROJECT, entity=WHO, reason=WHY, proof=shown(desk))
    removed = set_aside(desk.catalog, settings, project=PROJECT, reason="no backup holds it", proof=shown(desk))
    assert check_logs(desk.catalog, root).problems == ()
    assert len(removed.segments) == 1
    kept = {path.name for path in (root / ASIDE / PROJECT).iterdir()}
    assert kept == {*removed.segments, "1_2_0123456789ab.arrow"}
    with pytest.raises(NotFound, match="nothing was altered"):
        set_aside(desk.catalog, settings, project=PROJECT, reason="again", proof=shown(desk))


def test_what_is_gone_is_set_aside_too(desk: Desk, root: Path, settings: Settings) -> None:
    first = read_chain(root / PROJECT).lines[0]
    (root / PROJECT / first.name).unlink()
    removed = set_aside(desk.catalog, settings, project=PROJECT, reason="the disk failed", proof=shown(desk))
    assert (removed.segments, removed.rows) == ((first.name,), 1)
    assert check_logs(desk.catalog, root).problems == ()


def test_a_chain_that_was_itself_altered_is_put_back_and_not_set_aside(
    desk: Desk, root: Path, settings: Settings
) -> None:
    line_edited(root / PROJECT)
    with pytest.raises(Tampered, match="from a backup"):
        set_aside(desk.catalog, settings, project=PROJECT, reason="x", proof=shown(desk))


def test_a_project_without_predictions_is_told_so(desk: Desk, root: Path, settings: Settings) -> None:
    shutil.rmtree(root / PROJECT)
    shutil.rmtree(root / TRIALS)
    with pytest.raises(NotFound, match="no logged prediction"):
        erase(desk.catalog, settings, project=PROJECT, entity=WHO, reason=WHY, proof=shown(desk))


@pytest.mark.parametrize("has_rows", [True, False])
def test_a_journal_that_nobody_can_read_is_told_and_set_aside(
    desk: Desk, root: Path, settings: Settings, has_rows: bool
) -> None:
    where = PROJECT if has_rows else f"{TRIALS}/{PROJECT}"
    folder = root / where
    if not has_rows:
        shutil.rmtree(folder)
        folder.mkdir()
    (folder / "000000000000.journal").write_bytes(frame(b"zzz") + frame(b"[[1]]"))
    take_in(folder)
    (problem,) = check_logs(desk.catalog, root).problems
    assert "journal 000000000000.journal.damaged holds what nobody can read" in problem
    removed = set_aside(desk.catalog, settings, project=PROJECT, reason="it is none", proof=shown(desk))
    assert (removed.rows, removed.segments) == (0, ())
    assert [path.name for path in (root / ASIDE / where).iterdir()] == ["000000000000.journal.damaged"]
    assert check_logs(desk.catalog, root).problems == ()
    assert erase(desk.catalog, settings, project=PROJECT, entity=WHO, reason=WHY, proof=shown(desk)).rows > 0
