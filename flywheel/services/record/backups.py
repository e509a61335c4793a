"""Backups of the embedded installation: databases, files and keys in one sealed folder, and back again from nothing.

What the record names was written before the record named it; so sealed heads are taken first, then the databases,
then the files: whatever happens meanwhile, each part knows no less than the one before it refers to.
"""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from flywheel.adapters.drafts import draft
from flywheel.adapters.postgres import postgres
from flywheel.adapters.postgres.dump import dump_database, load_database
from flywheel.adapters.predictions.chaining import alone, snapshot
from flywheel.catalog.engine import Catalog
from flywheel.catalog.proving import Verification
from flywheel.domain.digests import Digest, Json
from flywheel.errors import InputRefused, NotFound, Refused, Tampered, Unavailable
from flywheel.project.manifest import MANIFEST, prove, write_manifest
from flywheel.services.record import heads, record
from flywheel.services.record.sealing import Seal, SealAtHand
from flywheel.settings import Settings

KIND = "backup"
DATABASES, FILES = "databases", "files"
HEADS, KEYS = "heads", "keys"
LEFT_OUT = frozenset({"pg", "passwords", "run", "logs", "prefect"})
"""The databases come as dumps; sockets, Prefect's own notes and what servers print are of the moment.

None of them is taken in either: servers would be started from what a stranger put there.
"""
MOST_PASSES = 5


@dataclass(frozen=True)
class Backup:
    """What a backup holds."""

    folder: Path
    digest: Digest
    sequence: int
    """The last event that was sealed before the databases were written out; later ones may be in it too."""
    public_key: str
    has_keys: bool


@dataclass(frozen=True)
class Recovered:
    """An installation made again from a backup, and what its record says of itself."""

    data_root: Path
    was_at: Path
    """Where it was when the backup was made: releases name their packages by that path."""
    made_at: datetime
    verification: Verification
    heads: int
    public_key: str


def make_backup(catalog: Catalog, *, settings: Settings, folder: Path, now: datetime, with_keys: bool = True) -> Backup:
    """Write everything that is needed to begin again from nothing into a new folder; servers may run meanwhile."""
    _must_be_embedded(settings)
    folder = _free_place(folder, settings)
    seal = Seal.of(settings)
    sealed = heads.export_head(catalog, seal=seal, folders=heads.folders_of(settings), now=now)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # once there is something to write
    folder.chmod(0o700)
    (folder / FILES).mkdir(mode=0o700)
    (folder / DATABASES).mkdir(mode=0o700)
    _pack(settings.data_root / HEADS, folder / FILES)
    with alone(settings.predictions_root) as is_free:  # no log is rewritten between the record's copy and its own
        if not is_free:
            raise Unavailable("prediction logs are being put together", next_step="try again in a minute")
        for name in _databases(settings):
            dump_database(settings, name, folder / DATABASES / f"{name}.dump")
            (folder / DATABASES / f"{name}.dump").chmod(0o600)
        for part in sorted(settings.data_root.iterdir()):
            if part == settings.predictions_root:
                _pack_logs(settings, folder / FILES)
            elif part.name not in {*LEFT_OUT, HEADS} and (with_keys or part.name != KEYS):
                _pack(part, folder / FILES)
    keys = sorted((settings.data_root / KEYS).glob("*.key"))
    about: dict[str, Json] = {
        "made_at": now.isoformat(),
        "data_root": str(settings.data_root),
        "sequence": sealed.sequence if sealed else 0,
        "has_keys": with_keys,
        "keys": [path.name for path in keys],
    }
    digest = write_manifest(folder, kind=KIND, about=about, signer=seal)
    return Backup(folder, digest, sealed.sequence if sealed else 0, seal.public_key, with_keys)


def recover(*, settings: Settings, folder: Path, public_key: str = "", up_to: int | None = None) -> Recovered:
    """Make the installation again where there is none, and prove its record against the heads of the backup.

    Where heads kept elsewhere tell of a later record, it takes the number of the event with which it ends by intent.
    """
    _must_be_embedded(settings)
    trusted = public_key or _named_key(folder)
    about: Mapping[str, Any] = _proven(folder, trusted)
    parts = sorted((folder / FILES).iterdir())
    _must_be_newest(settings, about, trusted, up_to)
    _must_be_empty(settings, [part.stem for part in parts])
    if not about["has_keys"]:
        _must_have_keys(settings, about["keys"])
    _must_be_ours(parts)
    for part in parts:
        _must_hold_files(part)
    settings.data_root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in parts:
        _unpack(part, settings.data_root)
    with postgres.running(settings):
        for name in _databases(settings):
            load_database(settings, name, folder / DATABASES / f"{name}.dump")
        catalog = Catalog.open(postgres.database_url(settings, settings.database.name), sealer=SealAtHand(settings))
        try:
            inside = heads.read_heads(settings.data_root / HEADS, public_key=trusted) if about["sequence"] else {}
            known = {**inside, **heads.outside(settings, public_key=trusted, up_to=about["sequence"])}
            verification = record.verify_events(catalog, known_heads=known)
        finally:
            catalog.close()
    if verification.first_bad is not None:
        raise Tampered(
            f"the recovered record is broken at event {verification.first_bad}: {verification.reason}",
            next_step=f"recover an older backup, after moving {settings.data_root} aside",
        )
    made_at, was_at = datetime.fromisoformat(about["made_at"]), Path(about["data_root"])
    return Recovered(settings.data_root, was_at, made_at, verification, len(known), trusted)


def _must_be_newest(settings: Settings, about: Mapping[str, Any], trusted: str, up_to: int | None) -> None:
    """Refuse an older record than the one that heads elsewhere know, unless its end is named."""
    ends, later = int(about["sequence"]), heads.newest_outside(settings, public_key=trusted)
    if up_to is not None and up_to != ends:
        raise Refused("the backup ends with another event than the one that is named", found=up_to, allowed=str(ends))
    if up_to is None and later is not None and later.sequence > ends:
        raise Refused(
            f"this backup is an older one: made at {about['made_at'][:16]} with event {ends}, and the heads kept in "
            f"{settings.record.heads} know event {later.sequence}, of {later.at[:16]}",
            next_step=f"recover a newer backup; or `--up-to {ends}`, and every decision after that is lost",
        )


def require_installation(settings: Settings) -> None:
    """Refuse to back up what never was, before a database is begun for it."""
    _must_be_embedded(settings)
    if not postgres.embedded_folder(settings).is_dir():
        raise NotFound(
            "there is no installation to back up",
            found=settings.data_root,
            next_step="`flywheel up` begins one; FLYWHEEL_DATA_ROOT names another place",
        )


def _must_be_embedded(settings: Settings) -> None:
    if settings.database.url is not None:
        raise Refused(
            "this installation keeps its record on a database server of its own",
            next_step="back that server up by its own means, and with it the files of the data root",
        )


def _databases(settings: Settings) -> tuple[str, ...]:
    database = settings.database
    ours = {
        database.name: True,
        database.prefect_name: settings.prefect.api is None,
        database.mlflow_name: settings.mlflow.tracking_uri is None,
    }
    return tuple(name for name, is_ours in ours.items() if is_ours)


def _free_place(folder: Path, settings: Settings) -> Path:
    folder = folder.absolute()
    if folder.is_relative_to(settings.data_root):
        raise InputRefused(
            "a backup inside the data root dies with it", found=str(folder), next_step="name another folder"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputRefused("the folder is not empty", found=str(folder), allowed="a new or empty folder")
    return folder


def _pack(part: Path, target: Path) -> None:
    """Pack a folder's files; again where one was moved meanwhile, so that nothing is missed or there twice."""
    if not part.is_dir():
        return
    for _ in range(MOST_PASSES):
        listed = sorted(part.rglob("*"))
        with _private(target / f"{part.name}.tar") as file, tarfile.open(fileobj=file, mode="w") as packed:
            packed.add(part, part.name, recursive=False)
            are_all_there = all(_add(packed, path, part) for path in listed)
        if are_all_there and all(path.exists() for path in listed):
            return
    raise Unavailable(f"{part} changed while it was being copied", next_step="try again in a quieter moment")


def _pack_logs(settings: Settings, target: Path) -> None:
    """Pack the prediction logs as they stood at one moment, each; endpoints answer meanwhile."""
    if settings.predictions_root.is_dir():
        with draft(settings.sockets_root / "backups") as folder:
            still = folder / settings.predictions_root.name
            snapshot(settings.predictions_root, still)
            _pack(still, target)


def _private(path: Path) -> BinaryIO:
    """Open a file to be written that only its owner reads."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _add(packed: tarfile.TarFile, path: Path, part: Path) -> bool:
    try:
        packed.add(path, f"{part.name}/{path.relative_to(part)}", recursive=False)
    except FileNotFoundError:
        return False
    return True


def _must_be_ours(parts: Sequence[Path]) -> None:
    """Refuse what no backup holds: a cluster, passwords or settings that servers would be started with."""
    strange = [part.name for part in parts if part.suffix != ".tar" or part.stem in LEFT_OUT or not part.is_file()]
    if strange:
        raise Tampered(
            "the backup brings what no backup contains",
            found=", ".join(strange),
            allowed="archives of files and keys; databases come as dumps",
            next_step="use another backup",
        )


def _must_hold_files(packed: Path) -> None:
    """Refuse what would be unpacked outside its folder, or as anything but a file: a stranger may have packed it."""
    with tarfile.open(packed) as files:
        for member in files.getmembers():
            place = PurePosixPath(member.name)
            is_inside = place.parts[:1] == (packed.stem,) and ".." not in place.parts
            if not is_inside or not (member.isfile() or member.isdir()):
                raise Tampered(
                    f"{packed.name} holds files that no backup contains",
                    found=member.name,
                    allowed=f"files and folders under {packed.stem}/",
                    next_step="use another backup",
                )


def _unpack(packed: Path, root: Path) -> None:
    with tarfile.open(packed) as files:
        # Python before 3.11.4 knows no filters and takes no such argument; later ones want one named
        files.extraction_filter = getattr(tarfile, "tar_filter", lambda member, _: member)
        files.extractall(root)  # noqa: S202 — each member was looked at before anything was written


def _named_key(folder: Path) -> str:
    """Read whose seal a backup says it bears, where nobody said whose it must."""
    try:
        return str(json.loads((folder / MANIFEST).read_bytes())["public_key"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputRefused(
            f"{folder} is no backup: {error}", allowed=f"a folder that `flywheel backup` finished, with its {MANIFEST}"
        ) from error


def _proven(folder: Path, public_key: str) -> Mapping[str, Json]:
    try:
        return prove(folder, kind=KIND, public_key=public_key).about
    except Tampered as error:
        raise Tampered(error.what, found=error.found, allowed=error.allowed, next_step="use another backup") from error


def _must_be_empty(settings: Settings, names: Sequence[str]) -> None:
    there = [name for name in ("pg", *names) if (settings.data_root / name).exists()]
    if there:
        raise Refused(
            f"{settings.data_root} is not empty: a recovery overwrites nothing",
            found=", ".join(there),
            next_step="stop the servers and move that folder aside, or set FLYWHEEL_DATA_ROOT to another one",
        )


def _must_have_keys(settings: Settings, names: Sequence[str]) -> None:
    missing = [name for name in names if not (settings.data_root / KEYS / name).is_file()]
    if missing:
        raise Refused(
            "this backup was made without its keys, and without them no seal holds and nobody can sign",
            found=f"not there: {', '.join(missing)}",
            next_step=f"put them into {settings.data_root / KEYS}, each with mode 0600, and recover then",
        )
