"""Exported heads: sealed, written once, and telling of whatever was done to the chain before them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import EventRow, event_of
from flywheel.domain.digests import Digest
from flywheel.domain.events import hash_of
from flywheel.errors import InputRefused, Tampered
from flywheel.services.record import heads, record
from flywheel.services.record.sealing import Seal
from flywheel.settings import Settings
from tests.factories.events import refusal
from tests.fakes.clock import SettableClock

EVENTS = 6


def seal_of(folder: Path, key: str = "44") -> Seal:
    return Seal.of(Settings.load(folder, environ={"FLYWHEEL_RECORD__KEY": key * 32}))


def append(catalog: Catalog, *, times: int = EVENTS) -> None:
    with catalog.begin() as work:
        for number in range(times):
            work.append(refusal(number))


@pytest.fixture
def folder(catalog: Catalog, clock: SettableClock, tmp_path: Path) -> Path:
    """Two heads of a chain, the second after more had happened."""
    for _ in range(2):
        append(catalog)
        heads.export_head(catalog, seal=seal_of(tmp_path), folders=(tmp_path / "heads",), now=clock())
    return tmp_path / "heads"


def test_every_head_is_kept_and_the_chain_agrees_with_all(catalog: Catalog, folder: Path, tmp_path: Path) -> None:
    known = heads.read_heads(folder, public_key=seal_of(tmp_path).public_key)
    assert sorted(known) == [EVENTS, 2 * EVENTS]
    assert record.verify_events(catalog, known_heads=known).is_sound


def test_a_chain_rewritten_whole_is_told_by_the_heads_alone(
    catalog: Catalog, owned: Catalog, folder: Path, tmp_path: Path
) -> None:
    with owned.begin() as work:
        work.session.execute(text("ALTER TABLE event DISABLE TRIGGER event_only_grows"))
        previous = Digest(work.session.get_one(EventRow, 2).hash)
        for sequence in range(3, 2 * EVENTS + 1):
            row = work.session.get_one(EventRow, sequence)
            new = replace(event_of(row), actor="mallory", previous_hash=previous)
            previous = hash_of(new)
            row.actor, row.previous_hash, row.hash = new.actor, new.previous_hash, previous
            work.session.flush()
    known = heads.read_heads(folder, public_key=seal_of(tmp_path).public_key)
    assert record.verify_events(catalog).first_bad is None
    assert record.verify_events(catalog, known_heads=known).first_bad == EVENTS


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said | {"hash": "sha256:" + "0" * 64},
        lambda said: said | {"sequence": 5},
        lambda said: said | {"signature": "00" * 64},
        lambda said: said | {"public_key": "55" * 32},
        lambda said: {"sequence": 6},
        lambda said: said | {"more": 1},
    ],
)
def test_a_head_that_was_touched_is_named(folder: Path, tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    path = folder / f"head-{EVENTS:012}.json"
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    with pytest.raises(Tampered, match=path.name):
        heads.read_heads(folder, public_key=seal_of(tmp_path).public_key)


ODD: dict[str, Callable[[Path], object]] = {
    "rubbish": lambda path: path.write_bytes(b"\xff\x00"),
    "a list": lambda path: path.write_bytes(b"[]"),
    "deep": lambda path: path.write_bytes(b"[" * heads.MAX_BYTES),
    "values of other kinds": lambda path: path.write_text(
        json.dumps({key: {} for key in (*heads.SEALED, "signature")})
    ),
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a link into nothing": lambda path: path.symlink_to("/nowhere/at/all"),
}


@pytest.mark.parametrize("plant", ODD.values(), ids=ODD)
def test_what_is_no_head_is_named(folder: Path, tmp_path: Path, plant: Callable[[Path], object]) -> None:
    plant(folder / "head-000000000001.json")
    with pytest.raises(Tampered, match="head-000000000001"):
        heads.read_heads(folder, public_key=seal_of(tmp_path).public_key)


def test_heads_of_another_installation_are_not_believed(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Tampered, match="does not have"):
        heads.read_heads(folder, public_key=seal_of(tmp_path, "66").public_key)


def test_the_first_word_about_a_sequence_stays(
    catalog: Catalog, folder: Path, clock: SettableClock, tmp_path: Path
) -> None:
    before = (folder / f"head-{2 * EVENTS:012}.json").read_bytes()
    heads.export_head(catalog, seal=seal_of(tmp_path, "66"), folders=(folder,), now=clock())
    assert (folder / f"head-{2 * EVENTS:012}.json").read_bytes() == before


def test_no_events_no_head_and_no_heads_no_proof(catalog: Catalog, clock: SettableClock, tmp_path: Path) -> None:
    assert heads.export_head(catalog, seal=seal_of(tmp_path), folders=(tmp_path / "h",), now=clock()) is None
    with pytest.raises(InputRefused, match="no folder"):
        heads.read_heads(tmp_path / "h", public_key=seal_of(tmp_path).public_key)


def test_kept_heads_are_those_of_all_folders_and_two_that_differ_are_told(
    catalog: Catalog, clock: SettableClock, tmp_path: Path
) -> None:
    audit = tmp_path / "audit"
    environ = {"FLYWHEEL_DATA_ROOT": str(tmp_path / "data"), "FLYWHEEL_RECORD__HEADS": str(audit)}
    settings, seal = Settings.load(tmp_path, environ=environ), seal_of(tmp_path)
    assert heads.kept_heads(settings, public_key=seal.public_key, notary_key=catalog.sealer.notary_key) == {}
    append(catalog)
    first = heads.export_head(catalog, seal=seal, folders=heads.folders_of(settings), now=clock())
    assert first is not None
    assert heads.kept_heads(settings, public_key=seal.public_key, notary_key=catalog.sealer.notary_key) == {
        EVENTS: first.hash
    }
    other = heads.SealedHead(first.sequence, "sha256:other", first.at, first.public_key, first.notary_key, "")
    said = {name: getattr(other, name) for name in heads.SEALED}
    forged = {**said, "signature": seal.sign(heads._bytes(said))}
    (audit / f"head-{EVENTS:012}.json").write_text(json.dumps(forged), encoding="utf-8")
    with pytest.raises(Tampered, match=f"two sealed heads of event {EVENTS} differ"):
        heads.kept_heads(settings, public_key=seal.public_key, notary_key=catalog.sealer.notary_key)
