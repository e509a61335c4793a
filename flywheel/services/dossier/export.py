"""A dossier as a folder for somebody who trusts nobody: page, document, evidence, record, seal, and the verifier."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain import ed25519
from flywheel.domain.attesting import ATTESTED
from flywheel.domain.digests import Digest, Json, canonical_json, digest_bytes, plain
from flywheel.errors import InputRefused, Refused, Unavailable
from flywheel.services.dossier import offline_whole
from flywheel.services.dossier.evidence import evidence_name
from flywheel.services.dossier.offline_verify import evidence_of
from flywheel.services.dossier.record_page import render_record
from flywheel.services.dossier.wholes import attest_whole, subjects_of
from flywheel.services.modelling import versions
from flywheel.services.record import record
from flywheel.services.record.sealing import Seal

VERIFIER = Path(__file__).with_name("offline_verify.py")
BORROWED = (
    "\nfrom flywheel.domain.attesting import ATTESTED\nfrom flywheel.domain.ed25519 import is_signed\n"
    "from flywheel.services.dossier.offline_whole import check_whole\n"
)
"""What the verifier imports of ours; it is written out in the copy that leaves the house."""
SIGNED = "\nfrom flywheel.domain.ed25519 import is_signed\n"
FORMAT = 3


@dataclass(frozen=True)
class Exported:
    """A written folder: what it is about and how it is sealed."""

    folder: Path
    dossier: Digest
    files: int
    public_key: str
    notary_key: str
    not_included: Mapping[str, str]


def export_dossier(catalog: Catalog, *, artifacts: Artifacts, seal: Seal, version: str, folder: Path) -> Exported:
    """Write a version's filed dossier into a new folder; it appears whole or not at all."""
    found = versions.get_version(catalog, version=version)
    if found.dossier_digest is None or found.evidence_digest is None:
        raise Refused(f"{version} has no dossier yet", next_step="run validation first")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputRefused(f"{folder} exists already", allowed="a new or an empty folder")
    digest, page = Digest(found.dossier_digest), Digest(found.evidence_digest)
    content = artifacts.get_bytes(digest)
    document = json.loads(content)
    whole = attest_whole(catalog, version=version, document=document)
    found_now = record.events_about(catalog, version=version, subjects=subjects_of(document))
    events = [event for event in found_now if whole.holds(event)]
    chain, head = record.chain(catalog)[: whole.head.sequence], plain(whole.head)
    kept, absent = _evidence(document, artifacts)
    files = {
        "dossier.json": content,
        "index.html": artifacts.get_bytes(page),
        "record.json": _pretty({"head": head, "events": [plain(event) for event in events]}),
        "chain.json": canonical_json(chain).encode(),
        "record.html": render_record(document, events=events, digest=digest, now=whole.exported_at).encode(),
        "verify.py": verifier().encode(),
        **kept,
    }
    manifest = {
        "format": FORMAT,
        "version": version,
        "dossier": digest,
        "exported_at": plain(whole.exported_at),
        "head": head,
        "public_key": seal.public_key,
        "notary_key": catalog.sealer.notary_key,
        "whole": whole.in_manifest(),
        "files": {name: {"digest": digest_bytes(one), "bytes": len(one)} for name, one in sorted(files.items())},
        "not_included": absent,
    }
    sealed = _pretty(manifest)
    _write(folder, {**files, "manifest.json": sealed, "manifest.sig": seal.sign(sealed).encode()})
    return Exported(folder, digest, len(files) + 2, seal.public_key, catalog.sealer.notary_key, absent)


def verifier() -> str:
    """Write the verifier as one script that needs nothing of ours."""
    script, end = VERIFIER.read_text(encoding="utf-8"), '\n\nif __name__ == "__main__":'
    mathematics = Path(ed25519.__file__).read_text(encoding="utf-8").partition("\nimport hashlib\n")[2]
    whole = Path(offline_whole.__file__).read_text(encoding="utf-8").partition(SIGNED)[2]
    if not (script.count(BORROWED) == script.count(end) == 1 and mathematics and whole):
        raise Unavailable("the verifier cannot be written out as one script", found=str(VERIFIER))
    attested = "".join(f'        "{verb.value}",\n' for verb in sorted(ATTESTED))
    spelled = f"\nATTESTED = frozenset(\n    [\n{attested}    ]\n)\n"
    return script.replace(BORROWED, spelled).replace(end, f"\n{whole}\n{mathematics}{end}")


def _evidence(document: Mapping[str, Json], artifacts: Artifacts) -> tuple[dict[str, bytes], dict[str, str]]:
    """Read every file of evidence; one that the store no longer has is named as absent."""
    kept, absent = {}, {}
    for digest, name in evidence_of(document).items():
        if artifacts.has(Digest(digest)):
            kept[evidence_name(name, digest)] = artifacts.get_bytes(Digest(digest))
        else:
            absent[digest] = name
    return kept, absent


def _pretty(value: object) -> bytes:
    return (json.dumps(json.loads(canonical_json(value)), indent=1, ensure_ascii=False) + "\n").encode()


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".dossier-") as scratch:
        draft = Path(scratch, "whole")
        for name, content in files.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_bytes(content)
        if folder.is_dir():
            folder.rmdir()  # it was empty
        shutil.move(draft, folder)
