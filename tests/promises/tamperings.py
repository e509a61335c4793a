"""Tamperings by seed, in ten classes: each alters one thing somewhere and must be named by whoever verifies."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import canonical_json, digest_of
from flywheel.errors import Tampered
from flywheel.services.dossier import dossiers, offline_verify
from flywheel.services.dossier.export import export_dossier
from flywheel.services.dossier.page import render
from flywheel.services.record import heads, record
from flywheel.services.record.sealing import Seal
from flywheel.services.watching.prediction_logs import check_logs, seal_log
from tests.factories.events import refusal
from tests.factories.projects import registered
from tests.factories.versions import RUN, judged, registered_version
from tests.flywheel.adapters.predictions.test_segments import PROJECT, log
from tests.promises import tampered_dossiers, tampered_logs, tampered_record

SEGMENTS, REFUSALS = 12, 24
PREDICTIONS, HEADS, ONE, OTHER = "predictions", "heads", "one", "other"


@dataclass(frozen=True)
class World:
    """A record, its prediction logs, the heads that were kept, two dossiers that were exported."""

    catalog: Catalog
    owned: Catalog
    """The same for whoever owns its tables."""
    seal: Seal
    folder: Path
    """What lies outside the database, untouched."""


@dataclass(frozen=True)
class Outcome:
    """What was altered, what had to be said, and what was."""

    kind: str
    what: str
    expected: str
    found: tuple[str, ...]

    @property
    def is_named(self) -> bool:
        """Whether it was found, and by its name."""
        return any(self.expected in words for words in self.found)


def make_world(catalog: Catalog, owned: Catalog, *, seal: Seal, folder: Path) -> World:
    """Let something happen, log predictions, seal all of it, and export a dossier twice."""
    registered(catalog)
    version = registered_version(catalog)
    judged(catalog, version)
    artifacts, document = Artifacts(folder.with_name("artifacts")), dossiers.assemble(catalog, version=version.id)
    digest = digest_of(document)
    artifacts.put_bytes(canonical_json(document).encode())
    page = artifacts.put_bytes(render(document, digest=digest).encode())
    dossiers.file_dossier(catalog, version=version.id, digest=digest, evidence_digest=page, run_id=RUN, actor="flow:x")
    for day in range(SEGMENTS):
        log(folder / PREDICTIONS, day)
    for number in range(REFUSALS):
        if number in (0, REFUSALS // 2):
            name = OTHER if number else ONE
            export_dossier(catalog, artifacts=artifacts, seal=seal, version=version.id, folder=folder / name)
            heads.export_head(catalog, seal=seal, folders=(folder / HEADS,), now=catalog.time())
        with catalog.begin() as work:
            work.append(refusal(number))
    assert seal_log(catalog, folder / PREDICTIONS / PROJECT, generation=1, actor="steward")
    heads.export_head(catalog, seal=seal, folders=(folder / HEADS,), now=catalog.time())
    return World(catalog, owned, seal, folder)


def verified(world: World, folder: Path) -> tuple[str, ...]:
    """Say everything that is wrong with what lies in a folder, as `events verify` and `verify.py` do."""
    found = list(check_logs(world.catalog, folder / PREDICTIONS).problems)
    try:
        heads.read_heads(folder / HEADS, public_key=world.seal.public_key)
    except Tampered as fault:
        found.append(fault.what)
    pair = (folder / ONE, folder / OTHER)
    found += offline_verify.compare(*pair, public_key=world.seal.public_key)[0]
    return tuple(found)


def in_record(
    tampering: tampered_record.Tampering, *, is_rewrite: bool = False
) -> Callable[[World, random.Random], Outcome]:
    """Alter the database as its owner, hold it against the heads that were kept, and take it back.

    What was rewritten from some event on is named by the first head that was kept after it.
    """

    def act(world: World, chance: random.Random) -> Outcome:
        known = heads.read_heads(world.folder / HEADS, public_key=world.seal.public_key)
        with world.owned.session() as session:
            tampered_record.open_to_its_owner(session)
            expected = tampering(session, chance)
            if is_rewrite:
                expected = f"event {min(number for number in known if number >= int(expected))}: "
            session.flush()
            session.expunge_all()
            seen = record.verified(session, known_heads=known)
            session.rollback()
        said = (f"event {seen.first_bad}: {seen.reason}",) if seen.first_bad is not None else ()
        unsealed = tuple(f"event {number} bears no seal" for number in seen.unsealed)
        return Outcome("", tampering.__name__, expected, (*said, *unsealed, *seen.differing))

    return act


def in_files(name: str, tampering: Callable[[Path, random.Random], str]) -> Callable[[World, random.Random], Outcome]:
    """Alter a copy of what lies outside the database."""

    def act(world: World, chance: random.Random) -> Outcome:
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(shutil.copytree(world.folder, Path(scratch) / "data", symlinks=True))
            expected = tampering(copy / name, chance)
            return Outcome("", tampering.__name__, expected, verified(world, copy))

    return act


def in_dossiers(tampering: tampered_dossiers.Forgery) -> Callable[[World, random.Random], Outcome]:
    """Alter one of two dossiers as whoever holds the key could, so that it is sound by itself."""

    def act(world: World, chance: random.Random) -> Outcome:
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(shutil.copytree(world.folder, Path(scratch) / "data", symlinks=True))
            expected = tampering(copy / ONE, copy / OTHER, chance, world.seal)
            return Outcome("", tampering.__name__, expected, verified(world, copy))

    return act


Act = Callable[[World, random.Random], Outcome]
CLASSES: Mapping[str, tuple[Act, ...]] = {
    "events": tuple(map(in_record, tampered_record.EVENTS)),
    "the record cut": tuple(map(in_record, tampered_record.CUTS)),
    "the record rewritten": tuple(in_record(one, is_rewrite=True) for one in tampered_record.REWRITES),
    "rows of tables": tuple(map(in_record, tampered_record.ROWS)),
    "segments altered": tuple(in_files(f"{PREDICTIONS}/{PROJECT}", one) for one in tampered_logs.ALTERED),
    "segments added or lost": tuple(in_files(f"{PREDICTIONS}/{PROJECT}", one) for one in tampered_logs.MOVED),
    "chains of logs": tuple(in_files(f"{PREDICTIONS}/{PROJECT}", one) for one in tampered_logs.CHAINS),
    "heads": tuple(in_files(HEADS, one) for one in tampered_dossiers.HEADS),
    "files of dossiers": tuple(in_files(ONE, one) for one in tampered_dossiers.FILES),
    "dossiers that contradict": tuple(map(in_dossiers, tampered_dossiers.FORGERIES)),
}


def tamper(world: World, *, each: int, seed: int, kinds: Iterable[str] = CLASSES) -> Iterator[Outcome]:
    """Tamper so often in each class, each way in turn, at places by chance."""
    for kind in kinds:
        ways = CLASSES[kind]
        chance = random.Random(f"{seed} {kind}")
        for number in range(each):
            found = ways[number % len(ways)](world, chance)
            yield Outcome(kind, found.what, found.expected, found.found)
