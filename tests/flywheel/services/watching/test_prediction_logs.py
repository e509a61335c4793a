"""Prediction logs are proven: what is altered after it was sealed is named, what is rewritten with reason holds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from flywheel.adapters.predictions import chaining as prediction_chaining
from flywheel.adapters.predictions.chain import CHAIN, TRIALS, content_of, draft_of, read_chain
from flywheel.adapters.predictions.chaining import alone
from flywheel.adapters.predictions.segments import SETTLED_SECONDS, put_together, write_draft
from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.payloads.serving import PredictionsRewritten, PredictionsSealed
from flywheel.errors import Conflict, Tampered
from flywheel.services.record import record
from flywheel.services.watching import prediction_rewrites
from flywheel.services.watching.prediction_compaction import compact_logs
from flywheel.services.watching.prediction_logs import check_logs, examine, seal_log
from flywheel.settings import Settings
from tests.factories.altered_logs import TAMPERINGS, line_edited, rewritten
from tests.flywheel.adapters.predictions.test_segments import PROJECT, entities, later, log

SEGMENTS = 6
ACTOR = "steward"


@pytest.fixture
def root(settings: Settings) -> Path:
    """A log of some days, another project's, and one of trials."""
    tmp_path = settings.predictions_root
    for day in range(SEGMENTS):
        log(tmp_path, day)
    shutil.copytree(tmp_path / PROJECT, tmp_path / "other")
    for folder in (tmp_path / "other", tmp_path / TRIALS / PROJECT):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CHAIN).unlink(missing_ok=True)
    return tmp_path


def sealed(catalog: Catalog, root: Path) -> Path:
    """Seal the log's chain; gives its folder."""
    assert seal_log(catalog, root / PROJECT, generation=1, actor=ACTOR)
    return root / PROJECT


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_whatever_is_altered_is_named(catalog: Catalog, root: Path, tampering: Callable[[Path], str]) -> None:
    folder = sealed(catalog, root)
    shutil.rmtree(root / "other")
    assert check_logs(catalog, root).problems == ()
    expected = tampering(folder)
    found = check_logs(catalog, root).problems
    assert any(expected in words for words in found), found
    assert all(words.startswith(f"the prediction log of {PROJECT}: ") for words in found)


def test_without_the_record_a_chain_that_was_written_anew_goes_unseen(catalog: Catalog, root: Path) -> None:
    shutil.rmtree(root / "other")
    rewritten(root / PROJECT)
    assert check_logs(catalog, root).problems == ()


def test_segments_of_a_log_without_a_chain_count_for_nothing_and_are_named(catalog: Catalog, root: Path) -> None:
    found = check_logs(catalog, root)
    assert (found.logs, found.segments, found.rows, len(found.problems)) == (2, SEGMENTS, SEGMENTS, SEGMENTS)
    assert all("the prediction log of other: segment" in words for words in found.problems)


def test_a_chain_that_grows_holds_and_is_sealed_further(catalog: Catalog, root: Path) -> None:
    folder = sealed(catalog, root)
    log(root, 20)
    assert examine(catalog, folder).problems == ()
    sealed(catalog, root)
    first, second = (event.said(PredictionsSealed) for event in record.list_events(catalog)[::-1])
    assert (first.lines, first.segments, first.rows) == (7, 6, 6)
    assert (second.lines, second.segments, second.rows, second.digest) == (8, 7, 7, read_chain(folder).place.digest)


def test_a_chain_that_does_not_hold_is_not_sealed(catalog: Catalog, root: Path) -> None:
    line_edited(root / PROJECT)
    assert not seal_log(catalog, root / PROJECT, generation=1, actor=ACTOR)
    assert record.head(catalog).sequence == 0


def test_what_is_put_together_is_told_and_holds(catalog: Catalog, root: Path, settings: Settings) -> None:
    for day in range(SEGMENTS, 10):
        log(root, day)
    folder = sealed(catalog, root)
    shutil.rmtree(root / "other")
    before, was = entities(root), read_chain(folder).place
    assert compact_logs(catalog, settings, now=later()) == 9
    (told,) = (event for event in record.list_events(catalog) if event.verb is Verb.PREDICTIONS_REPLACED)
    said, now = told.said(PredictionsRewritten), read_chain(folder)
    assert said.reason == prediction_rewrites.COMPACTION
    assert (said.digest_before, said.digest) == (was.digest, now.place.digest)
    assert (said.replaced, said.replaced_rows, said.made, said.made_rows) == (10, 10, 1, 10)
    assert (check_logs(catalog, root).problems, entities(root)) == ((), before)
    log(root, 11)
    sealed(catalog, root)
    assert check_logs(catalog, root).problems == ()


def test_a_log_that_was_altered_is_not_put_together_and_stops_no_other(
    catalog: Catalog, root: Path, settings: Settings
) -> None:
    for day in range(SEGMENTS, 10):
        log(root, day)
        log(root / TRIALS, day)
        log(root / TRIALS, day + 10)
    line_edited(root / PROJECT)
    with pytest.raises(Tampered, match="nothing is put together in card-default: line 3 of its chain"):
        compact_logs(catalog, settings, now=later())
    assert len(read_chain(root / TRIALS / PROJECT).lines) == 1


def test_a_chain_from_before_it_was_put_together_is_told_once_the_new_one_was_sealed(
    catalog: Catalog, root: Path, settings: Settings
) -> None:
    for day in range(SEGMENTS, 10):
        log(root, day)
    folder = sealed(catalog, root)
    shutil.rmtree(root / "other")
    kept = shutil.copytree(folder, root.with_name("kept"))
    compact_logs(catalog, settings, now=later())
    sealed(catalog, root)
    shutil.rmtree(folder)
    kept.rename(folder)
    found = examine(catalog, folder).problems
    assert len(found) == 1
    assert "the chain ends before that" in found[0] or "the chain differs there" in found[0]


def test_a_rewrite_that_was_told_and_died_before_it_was_made_alarms_nobody(
    catalog: Catalog, root: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(SEGMENTS, 10):
        log(root, day)
    folder = sealed(catalog, root)
    shutil.rmtree(root / "other")
    monkeypatch.setattr(prediction_rewrites, "carry_out", lambda _: False)
    with pytest.raises(Conflict, match="was changed while it was rewritten"):
        compact_logs(catalog, settings, now=later())
    monkeypatch.undo()
    assert check_logs(catalog, root).problems == ()
    log(root, 12)
    assert compact_logs(catalog, settings, now=later()) == 10
    assert check_logs(catalog, root).problems == ()
    assert list(folder.glob("*.part")) == []


def test_nothing_is_put_together_while_somebody_copies_the_logs(
    catalog: Catalog, root: Path, settings: Settings
) -> None:
    for day in range(SEGMENTS, 10):
        log(root, day)
    with alone(root) as is_free:
        assert is_free
        assert compact_logs(catalog, settings, now=later()) == 0


def test_what_a_dead_writer_left_is_taken_away(catalog: Catalog, root: Path, settings: Settings) -> None:
    draft = root / PROJECT / "1_2_0123456789ab.part"
    draft.write_bytes(b"half")
    compact_logs(catalog, settings, now=later())
    assert not draft.exists()


def test_a_writer_at_work_alarms_nobody(catalog: Catalog, root: Path) -> None:
    """Whoever proves may come at any step of a writer."""
    folder = sealed(catalog, root)
    shutil.rmtree(root / "other")
    line = write_draft(pa.table({"event_at": [1]}), folder, first=1, last=1)
    assert check_logs(catalog, root).problems == ()
    prediction_chaining._append(folder, line)
    assert check_logs(catalog, root).problems == ()
    assert content_of(folder, line) == draft_of(folder / line.name).read_bytes()
    rewrite = put_together(folder, read_chain(folder), now=later() + SETTLED_SECONDS)
    assert rewrite is None
