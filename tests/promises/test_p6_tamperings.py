"""P6: whatever is altered in the record, beside it, in prediction logs or in dossiers is found and named; by seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.services.dossier import offline_verify
from flywheel.services.record import heads, record
from flywheel.services.record.sealing import Seal
from flywheel.services.watching.prediction_logs import LogsProven
from flywheel.settings import Settings
from tests.promises import tamperings
from tests.promises.tamperings import CLASSES, HEADS, make_world, tamper, verified

EACH, SEED = 4, 1
"""`./run bench tamperings` tries 50 of each class."""


def test_every_tampering_is_named(catalog: Catalog, owned: Catalog, settings: Settings, tmp_path: Path) -> None:
    world = make_world(catalog, owned, seal=Seal.of(settings), folder=tmp_path / "world")
    assert verified(world, world.folder) == ()
    assert record.verify_events(catalog).is_sound
    outcomes = list(tamper(world, each=EACH, seed=SEED))
    assert len(outcomes) == EACH * len(CLASSES) == 40
    assert [one for one in outcomes if not one.is_named] == []
    assert verified(world, world.folder) == ()


NOTHING = LogsProven(0, 0, 0, ())
GUARDS: dict[str, tuple[object, str, object]] = {
    "rows of tables": (record, "differences", lambda *_, **__: ()),
    "the record cut": (heads, "read_heads", lambda *_, **__: {}),
    "segments altered": (tamperings, "check_logs", lambda *_: NOTHING),
    "segments added or lost": (tamperings, "check_logs", lambda *_: NOTHING),
    "chains of logs": (tamperings, "check_logs", lambda *_: NOTHING),
    "heads": (heads, "is_sealed", lambda *_, **__: True),
    "files of dossiers": (offline_verify, "_check_files", lambda *_: []),
    "dossiers that contradict": (offline_verify, "_chain", lambda _: []),
}
"""Without what looks at it, a class of tamperings goes unseen, or some of it."""


def test_without_whatever_looks_at_them_tamperings_go_unseen(
    catalog: Catalog, owned: Catalog, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(catalog, owned, seal=Seal.of(settings), folder=tmp_path / "world")
    for kind, guard in GUARDS.items():
        with monkeypatch.context() as patch:
            patch.setattr(*guard)
            outcomes = list(tamper(world, each=EACH, seed=SEED, kinds=[kind]))
        assert [one for one in outcomes if not one.is_named], kind


def test_a_head_that_is_taken_away_goes_unseen_where_another_is_left(
    catalog: Catalog, owned: Catalog, settings: Settings, tmp_path: Path
) -> None:
    """What is not promised: heads that somebody else keeps tell it."""
    world = make_world(catalog, owned, seal=Seal.of(settings), folder=tmp_path / "world")
    next((world.folder / HEADS).iterdir()).unlink()
    assert verified(world, world.folder) == ()
