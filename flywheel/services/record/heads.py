"""Heads of the chain, sealed and kept outside the database: whoever rewrites the record cannot rewrite them too."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import canonical_json
from flywheel.errors import InputRefused, Tampered
from flywheel.services.record.sealing import Seal, is_sealed
from flywheel.settings import Settings

_NAME = re.compile(r"head-[0-9]{12}\.json")
MAX_BYTES = 4_096
SEALED = ("sequence", "hash", "at", "public_key", "notary_key")


@dataclass(frozen=True)
class SealedHead:
    """How far the chain had come, when, and the seal under that."""

    sequence: int
    hash: str
    at: str
    public_key: str
    notary_key: str
    """Whose attestation decisions had to bear then."""
    signature: str


def folders_of(settings: Settings) -> tuple[Path, ...]:
    """Where heads are kept: beside the data, and wherever an auditor asked for them."""
    extra = (settings.record.heads,) if settings.record.heads else ()
    return (settings.data_root / "heads", *extra)


def export_head(catalog: Catalog, *, seal: Seal, folders: tuple[Path, ...], now: datetime) -> SealedHead | None:
    """Prove the chain, seal its end and write it to every folder; nothing where no event has happened yet."""
    with catalog.look() as work:
        end = work.ground().place
    if end.sequence == 0:
        return None
    said = (end.sequence, str(end.hash), now.isoformat(), seal.public_key, catalog.sealer.notary_key)
    head = SealedHead(*said, seal.sign(_bytes(dict(zip(SEALED, said, strict=True)))))
    for folder in folders:
        _write(folder, head)
    return head


def kept_heads(settings: Settings, *, public_key: str, notary_key: str) -> Mapping[int, str]:
    """Read the heads of every folder of ours, none where none was written yet; two that differ are a finding."""
    known: dict[int, str] = {}
    for folder in folders_of(settings):
        for head in _heads(folder, public_key, notary_key) if folder.is_dir() else ():
            if known.setdefault(head.sequence, head.hash) != head.hash:
                raise Tampered(
                    f"two sealed heads of event {head.sequence} differ",
                    found=str(folder),
                    next_step="find out which folder was changed; the key under both is ours",
                )
    return known


def read_heads(folder: Path, *, public_key: str, notary_key: str = "") -> Mapping[int, str]:
    """Read the heads in a folder; one that does not bear the seal of the key that is trusted is named, not skipped.

    So is one that was sealed under another notary than the one that is given.
    """
    if not folder.is_dir():
        raise InputRefused(f"{folder} is no folder", allowed="a folder of exported heads")
    heads = {head.sequence: head.hash for head in _heads(folder, public_key, notary_key)}
    if not heads:
        raise InputRefused(f"{folder} holds no exported head", allowed="files named head-NUMBER.json")
    return heads


def newest_outside(settings: Settings, *, public_key: str) -> SealedHead | None:
    """Give the last head in the second folder, which no backup brings back; nothing where none is kept there."""
    return max(_outside(settings, public_key), key=lambda head: head.sequence, default=None)


def outside(settings: Settings, *, public_key: str, up_to: int) -> Mapping[int, str]:
    """Give what the heads in the second folder say of events up to one."""
    return {head.sequence: head.hash for head in _outside(settings, public_key) if head.sequence <= up_to}


def _outside(settings: Settings, public_key: str) -> tuple[SealedHead, ...]:
    folder = settings.record.heads
    return tuple(_heads(folder, public_key, "")) if folder is not None and folder.is_dir() else ()


def _heads(folder: Path, public_key: str, notary_key: str) -> Iterator[SealedHead]:
    for path in sorted(folder.iterdir()):
        if not _NAME.fullmatch(path.name):
            continue
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
            raise Tampered(f"{path.name} is no head that we wrote", next_step="compare the folder with a copy")
        try:
            head = SealedHead(**json.loads(path.read_bytes()))
            said = {key: getattr(head, key) for key in SEALED}
            holds = head.public_key == public_key and path.name == _name(head.sequence)
            holds = holds and is_sealed(_bytes(said), signature=head.signature, public_key=public_key)
        except (ValueError, TypeError, RecursionError) as error:
            raise Tampered(f"{path.name} cannot be read: {error}", next_step="compare it with a copy") from error
        if not holds:
            raise Tampered(f"{path.name} does not have this installation's seal", found=head.public_key)
        if notary_key and head.notary_key != notary_key:
            raise Tampered(
                f"when {path.name} was sealed, decisions had the attestation of another notary",
                found=head.notary_key,
                allowed=notary_key,
                next_step="whoever put that key there can decide alone: put keys/ and public/ back as they were",
            )
        yield head


def _bytes(said: Mapping[str, object]) -> bytes:
    return canonical_json(said).encode()


def _name(sequence: int) -> str:
    return f"head-{sequence:012}.json"


def _write(folder: Path, head: SealedHead) -> None:
    """Write a head once; the first word about a sequence stays."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / _name(head.sequence)
    if path.exists():
        return
    draft = folder / f".{path.name}.{os.getpid()}"
    try:
        draft.write_text(json.dumps(vars(head), indent=1), encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
