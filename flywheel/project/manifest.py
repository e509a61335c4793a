"""Signed manifests: every file of a folder with digest and size, proven before anything in the folder is opened.

Serving carries this module along, so it needs the standard library alone; what signs is in `flywheel/services`.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from flywheel.domain.digests import Digest, Json, digest_bytes, digest_tree
from flywheel.domain.ed25519 import is_signed
from flywheel.errors import Refused, Tampered

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
"""What the list cannot hold: itself and the signature under it; both lie at the top of the folder."""
FORMAT = 1
MAX_MANIFEST_BYTES = 1_000_000
MAX_SIGNATURE_BYTES = 200
NAMED_AT_MOST = 5
DEEPEST = 30
"""Folders within folders; what lies deeper was not sealed by us."""
MADE_AGAIN = (
    "`flywheel mend PROJECT` makes it again where it serves; remove one that never served, and deliver again; "
    "do not open these"
)


class Signer(Protocol):
    """Signs for this installation; `services.sealing.Seal` has this shape."""

    @property
    def public_key(self) -> str:
        """What signatures are checked with, in hexadecimal digits."""
        ...

    def sign(self, content: bytes) -> str:
        """Give the signature under exactly these bytes, in hexadecimal digits."""
        ...


@dataclass(frozen=True)
class Proven:
    """A folder whose files were those of its manifest when it was proven."""

    folder: Path
    digest: Digest
    about: Mapping[str, Json]
    files: Mapping[str, Digest]

    def read(self, name: str) -> bytes:
        """Read a file, if it is still the one that was proven: what is parsed is what was hashed."""
        content = (self.folder / name).read_bytes() if name in self.files else b""
        if self.files.get(name) != digest_bytes(content):
            raise Tampered(f"{name} of {self.folder.name} changed after it was proven", next_step=MADE_AGAIN)
        return content


def write_manifest(folder: Path, *, kind: str, about: Mapping[str, Json], signer: Signer) -> Digest:
    """List every file of a folder and sign the list; gives the digest over all files."""
    files = digests_in(folder)
    digest = digest_tree(files)
    sizes = {name: (folder / name).stat().st_size for name in files}
    said = {
        "format": FORMAT,
        "kind": kind,
        "digest": digest,
        "about": dict(about),
        "public_key": signer.public_key,
        "files": {name: {"digest": files[name], "bytes": sizes[name]} for name in sorted(files)},
    }
    content = (json.dumps(said, indent=1, sort_keys=True) + "\n").encode()
    (folder / MANIFEST).write_bytes(content)
    (folder / SIGNATURE).write_text(signer.sign(content) + "\n", encoding="ascii")
    return digest


def digests_in(folder: Path) -> dict[str, Digest]:
    """Digest every file of a folder but its manifest; refuse links and whatever else is no plain file."""
    return {name: _digest_of(folder / name) for name in _sizes_in(folder)}


def prove(
    folder: Path, *, kind: str, public_key: str, digest: str = "", rewritten: Collection[str] = frozenset()
) -> Proven:
    """Make sure that a folder holds exactly the files of its manifest, and that the holder of the key signed that.

    Nothing is parsed before the signature under it holds. A digest says which folder it must be: an older one bears
    the same seal. What somebody rewrites on the way may differ, and must be there.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise Tampered(f"there is no {kind} any more", found=str(folder), next_step=MADE_AGAIN)
    said = _signed_manifest(folder, kind, public_key)
    listed: Mapping[str, Any] = said["files"]
    try:
        problems = _differences(folder, listed, rewritten)
    except OSError as error:  # taken away while it was read, or no longer to be read
        raise Tampered(
            f"{folder.name} cannot be read: {error.strerror}", found=error.filename, next_step=MADE_AGAIN
        ) from error
    files = {name: Digest(facts["digest"]) for name, facts in listed.items()}
    if problems:
        raise Tampered(f"{folder.name} is not what was sealed: {_some(problems)}", next_step=MADE_AGAIN)
    if digest and digest != said["digest"]:
        raise Tampered(
            f"{folder.name} is sealed, but is not the {kind} that was released",
            found=said["digest"],
            allowed=digest,
            next_step=MADE_AGAIN,
        )
    return Proven(folder, Digest(said["digest"]), said["about"], files)


def _signed_manifest(folder: Path, kind: str, public_key: str) -> Mapping[str, Any]:
    if not public_key:
        raise Refused(
            f"no public key was given for the seal of {folder.name}",
            next_step='give "public_key": what `flywheel dossier --key` prints',
        )
    content, signature = _small(folder / MANIFEST, MAX_MANIFEST_BYTES), _small(folder / SIGNATURE, MAX_SIGNATURE_BYTES)
    try:
        is_sealed = is_signed(bytes.fromhex(public_key), content, bytes.fromhex(signature.decode("ascii")))
    except ValueError:
        is_sealed = False
    if not is_sealed:
        raise Tampered(
            f"{MANIFEST} of {folder.name} does not have the seal",
            allowed=f"the seal of {public_key[:16]}…",
            next_step=MADE_AGAIN,
        )
    said: Mapping[str, Any] = json.loads(content)
    if (said.get("format"), said.get("kind")) != (FORMAT, kind):  # the same key seals the heads of the record
        raise Tampered(f"{folder.name} was sealed as something else", found=said.get("kind"), allowed=kind)
    return said


def _small(path: Path, most: int) -> bytes:
    """Read a file of the seal; a link, a special file or a large one is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise Tampered(
            f"{path.parent.name} has no seal: {path.name} cannot be read", found=error.strerror, next_step=MADE_AGAIN
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        content = file.read(most + 1) if stat.S_ISREG(facts.st_mode) else b""
    if not 0 < len(content) <= most:
        raise Tampered(f"{path.name} of {path.parent.name} is no seal", found=f"{len(content)} bytes and more")
    return content


def _differences(folder: Path, listed: Mapping[str, Any], rewritten: Collection[str]) -> list[str]:
    """Name what is missing, added, a link, or of other bytes; sizes first, so that a giant is not read."""
    there = dict(_entries(folder))
    problems = [f"{name} is missing" for name in sorted(set(listed) - set(there))]
    problems += [f"{name} was added" for name in sorted(set(there) - set(listed))]
    for name in sorted(set(listed) & set(there)):
        size = there[name]
        if size is None:
            problems.append(f"{name} is no plain file any more")
        elif name in rewritten:
            continue
        elif size != listed[name]["bytes"] or _digest_of(folder / name) != listed[name]["digest"]:
            problems.append(f"{name} was altered")
    return problems


def _sizes_in(folder: Path) -> dict[str, int]:
    sizes = {}
    for name, size in _entries(folder):
        if size is None:
            raise Tampered(f"{folder.name} holds plain files only", found=name)
        sizes[name] = size
    return sizes


def _entries(folder: Path, prefix: str = "") -> Iterator[tuple[str, int | None]]:
    """List files with their sizes, and links, special files and bottomless folders with none; the seal is left out."""
    with os.scandir(folder / prefix) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        name = prefix + entry.name
        facts = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(facts.st_mode) and name.count("/") < DEEPEST:
            yield from _entries(folder, f"{name}/")
        elif name not in (MANIFEST, SIGNATURE):
            yield name, facts.st_size if stat.S_ISREG(facts.st_mode) else None


def _digest_of(path: Path) -> Digest:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return Digest(f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}")


def _some(problems: list[str]) -> str:
    more = len(problems) - NAMED_AT_MOST
    return ", ".join(problems[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
