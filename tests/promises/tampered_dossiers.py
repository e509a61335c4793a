"""Ways to alter heads that were kept and dossiers that were exported: each gives what must be said of it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flywheel.domain.digests import digest_bytes
from flywheel.domain.seals import Link, link_to, seal_event
from flywheel.services.record.sealing import Seal
from tests.factories.seals import STRANGER, both

Tampering = Callable[[Path, random.Random], str]
Forgery = Callable[[Path, Path, random.Random, Seal], str]


def _some(folder: Path, chance: random.Random) -> Path:
    return chance.choice(sorted(folder.iterdir()))


def _say(path: Path, **said: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_bytes()) | said), encoding="utf-8")


def hash_changed(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    _say(path, hash=digest_bytes(chance.randbytes(8)))
    return f"{path.name} does not have this installation's seal"


def moved_in_time(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    _say(path, at=f"20{chance.randrange(30, 99)}-01-01T00:00:00+00:00")
    return f"{path.name} does not have this installation's seal"


def called_otherwise(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    name = f"head-{chance.randrange(10**6, 10**7):012}.json"
    path.rename(folder / name)
    return f"{name} does not have this installation's seal"


def sealed_by_another(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    _say(path, public_key=STRANGER.public_key, signature=STRANGER.sign(b"x"))
    return f"{path.name} does not have this installation's seal"


def byte_flipped(folder: Path, chance: random.Random) -> str:
    """In the signature, whose every digit counts."""
    path = _some(folder, chance)
    signature = str(json.loads(path.read_bytes())["signature"])
    at = chance.randrange(len(signature))
    other = chance.choice([digit for digit in "0123456789abcdef" if digit != signature[at]])
    _say(path, signature=signature[:at] + other + signature[at + 1 :])
    return f"{path.name} does not have this installation's seal"


def cut_short(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    path.write_bytes(path.read_bytes()[: chance.randrange(1, 100)])
    return f"{path.name} cannot be read"


def linked(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    kept = path.rename(folder.with_name("kept-head"))
    path.symlink_to(kept)
    return f"{path.name} is no head that we wrote"


HEADS: tuple[Tampering, ...] = (
    *(hash_changed, moved_in_time, called_otherwise, sealed_by_another, byte_flipped, cut_short, linked),
)


def one_byte(folder: Path, chance: random.Random) -> str:
    path = chance.choice([path for path in sorted(folder.rglob("*")) if path.is_file() and path.name[:8] != "manifest"])
    data = bytearray(path.read_bytes())
    at = chance.choice([n for n, byte in enumerate(data) if 48 <= byte < 57])  # a digit: what is read as JSON stays so
    data[at] += 1
    path.write_bytes(data)
    return f"altered: {path.relative_to(folder).as_posix()}"


def taken_away(folder: Path, chance: random.Random) -> str:
    path = folder / chance.choice(["index.html", "record.html", "verify.py"])
    path.unlink()
    return f"missing: {path.name}"


def added(folder: Path, chance: random.Random) -> str:
    name = f"signed-{chance.randrange(10**6)}"
    act = chance.choice(["a file", "a folder", "a link", "a linked folder"])
    if act == "a file":
        (folder / name).write_bytes(b"approved")
    elif act == "a folder":
        (folder / name).mkdir()
    else:
        (folder / name).symlink_to("/etc" if act == "a linked folder" else "/etc/hostname")
    return f"added: {name}"


def swapped(folder: Path, chance: random.Random) -> str:
    del chance
    (folder / "index.html").rename(folder / "kept")
    (folder / "record.html").rename(folder / "index.html")
    (folder / "kept").rename(folder / "record.html")
    return "altered: index.html"


def manifest_edited(folder: Path, chance: random.Random) -> str:
    _say(folder / "manifest.json", exported_at=f"2026-01-{chance.randrange(1, 28):02}T00:00:00+00:00")
    return "manifest.json does not have its seal"


def sealed_anew(folder: Path, chance: random.Random) -> str:
    """Alter the page, and write a manifest of one's own under a seal of one's own."""
    (folder / "index.html").write_bytes(chance.randbytes(20))
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"]["index.html"]["digest"] = digest_bytes((folder / "index.html").read_bytes())
    _seal(folder, manifest | {"public_key": STRANGER.public_key}, STRANGER)
    return "the manifest was sealed by another installation than the one whose key was given"


FILES: tuple[Tampering, ...] = (one_byte, taken_away, added, swapped, manifest_edited, sealed_anew)


def _seal(folder: Path, manifest: dict[str, Any], seal: Seal) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "manifest.sig").write_text(seal.sign((folder / "manifest.json").read_bytes()), encoding="ascii")


def _saw(folder: Path, chain: list[list[Any]], seal: Seal) -> None:
    """Write another end of the record into a dossier, as whoever holds the key and the record could."""
    (folder / "chain.json").write_text(json.dumps(chain), encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"]["chain.json"]["digest"] = digest_bytes((folder / "chain.json").read_bytes())
    manifest["head"] = {"sequence": chain[-1][0], "hash": chain[-1][1]}
    _seal(folder, manifest, seal)


def rewritten_since(one: Path, other: Path, chance: random.Random, seal: Seal) -> str:
    """What the earlier saw from some event on is not what the later saw, each sealed by the key."""
    chain = json.loads((one / "chain.json").read_bytes())
    assert len(json.loads((other / "chain.json").read_bytes())) > len(chain)
    filed = max(event["sequence"] for event in json.loads((one / "record.json").read_bytes())["events"])
    number = chain[-1][0] + 1 if filed == len(chain) else chance.randrange(filed + 1, len(chain) + 1)
    at = number - 1
    follows = link_of(chain[at - 1])
    made = []
    for place in range(at, len(chain) + 2):
        digest = digest_bytes(chance.randbytes(8))
        made.append([place + 1, digest, seal_event(both(seal), digest, verb="", follows=follows)])
        follows = link_of(made[-1])
    _saw(one, [*chain[:at], *made], seal)
    return f"the record was rewritten at event {number}:"


def cut_since(one: Path, other: Path, chance: random.Random, seal: Seal) -> str:
    """The later saw fewer events than the earlier."""
    before, after = (json.loads((folder / "chain.json").read_bytes()) for folder in (one, other))
    _saw(one, after, seal)
    number = chance.randrange(len(before), len(after))
    _saw(other, after[:number], seal)
    return f"the record was cut after event {number}:"


def of_another_installation(one: Path, other: Path, chance: random.Random, seal: Seal) -> str:
    del seal
    folder = chance.choice([one, other])
    _seal(folder, json.loads((folder / "manifest.json").read_bytes()) | {"public_key": STRANGER.public_key}, STRANGER)
    return f"{one} and {other} are of different installations: their keys differ"


FORGERIES: tuple[Forgery, ...] = (rewritten_since, cut_since, of_another_installation)


def link_of(entry: list[Any]) -> Link:
    """Name an entry of a dossier's chain for the seal after it."""
    return link_to(entry[0], entry[1], entry[2])
