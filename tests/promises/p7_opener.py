"""The child that opens artifacts under an audit hook: says which it accepted and what it was seen to run.

Called as: p7_opener.py LIST [--without-verification | --bare | --packages [--unproven]]; LIST holds in JSON the good
ones as [folder, digest] and the others as [name, folder, digest].
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deployments.service import proof
from deployments.service.scorers import make_scorer
from flywheel.domain.digests import Digest, digest_bytes
from flywheel.errors import FlywheelError
from flywheel.project.manifest import Proven
from flywheel.project.tabular import model

PUBLIC_KEY = Ed25519PrivateKey.from_private_bytes(b"\x11" * 32).public_key().public_bytes_raw().hex()
"""That of the seal in tests/factories/serving.py."""

RUNS_CODE = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "pickle.find_class",
    "ctypes.dlopen",
)
"""Audit events that no model of ours needs once its libraries are imported."""


def main() -> None:
    """Open every artifact of the list and print what happened as JSON."""
    good, cases = json.loads(Path(sys.argv[1]).read_text())
    if "--without-verification" in sys.argv:
        vars(model).update(read_verified=read_anything)  # the negative control: the guard is taken away
    opened = open_bare if "--bare" in sys.argv else open_package if "--packages" in sys.argv else open_ours
    if "--unproven" in sys.argv:
        vars(proof).update(prove=believe)  # the negative control
    warm(good)
    now = ["before any"]
    ran: list[tuple[str, str]] = []
    sys.addaudithook(lambda event, _: ran.append((now[0], event)) if event in RUNS_CODE else None)
    accepted = []
    for name, folder, digest in cases:
        now[0] = name
        if opened(Path(folder), Digest(digest)):
            accepted.append(name)
    sys.stdout.write(json.dumps({"opened": len(cases), "accepted": accepted, "ran": ran, "loaded": loaded()}))


def warm(good: list[list[str]]) -> None:
    """Open a good model of each kind first: imports run code and are not what is watched."""
    for folder, digest in good:
        model.load_verified(Path(folder), Digest(digest))


def open_ours(folder: Path, digest: Digest) -> bool:
    """Open as serving does; only our own errors count as a refusal, anything else ends the child."""
    try:
        model.load_verified(folder, digest)
    except FlywheelError:
        return False
    return True


def open_package(folder: Path, _: Digest) -> bool:
    """Open a package by the very functions that its server calls first, in their order."""
    try:
        contract = proof.proven_contract(folder, public_key=PUBLIC_KEY, digest="")
        make_scorer(contract, contract.mode, folder / "src" / "model")
    except FlywheelError:
        return False
    return True


def believe(folder: Path, **_: object) -> Proven:
    """What would be opened without a proof."""
    contract = folder / "src" / "contract.json"
    return Proven(folder, Digest(""), {}, {"src/contract.json": digest_bytes(contract.read_bytes())})


def open_bare(folder: Path, _: Digest) -> bool:
    """Open as the bare library does, to prove that the poison is poison."""
    import pickle

    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.read_bytes()[:1] == b"\x80":
            try:
                pickle.loads(file.read_bytes())  # noqa: S301
            except Exception:  # noqa: BLE001  a gadget may fail after it ran
                return False
    return True


def read_anything(folder: Path, _: Digest) -> Mapping[str, bytes]:
    """What would be parsed without verification."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def loaded() -> list[str]:
    """Modules that opening a model must never bring in."""
    return sorted({"mlflow", "evil"} & set(sys.modules))


if __name__ == "__main__":
    main()
