"""Whether an exported folder holds all that the record said of its version: the notary has attested the whole of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from flywheel.domain.ed25519 import is_signed

NO_WHOLE = "no attestation of the notary says that nothing was left out: export it anew (folders of format 2 have none)"


def check_whole(folder: Path, manifest: dict[str, Any], events: list[dict[str, Any]], key: bytes) -> list[str]:
    """Hold record.json and record.html against what the notary attested of them."""
    whole = manifest.get("whole")
    if whole is None:
        return [NO_WHOLE]
    if not is_signed(key, whole_content(manifest, whole), bytes.fromhex(str(whole["attestation"]))):
        return ["the list of all events about the version lacks the notary's attestation: some may be left out"]
    said = {int(number): (str(verb), str(digest)) for number, verb, digest in whole["events"]}
    there = {int(event["sequence"]): (str(event["verb"]), str(event["hash"])) for event in events}
    problems = [f"event {n} ({said[n][0]}) was left out of record.json" for n in sorted(said.keys() - there.keys())]
    for number, (verb, digest) in sorted(there.items()):
        if said.get(number) != (verb, digest):
            problems.append(f"event {number} ({verb}) is not among those that the notary attested of this version")
    page = folder / "record.html"
    if not page.is_file() or f"sha256:{hashlib.sha256(page.read_bytes()).hexdigest()}" != whole["page"]:
        problems.append("record.html is not the page that the notary made of the record")
    return problems


def whole_content(manifest: dict[str, Any], whole: dict[str, Any]) -> bytes:
    """Write down what the notary attests: what, of when, up to which event, all events about it, and their page."""
    about = [manifest[name] for name in ("version", "dossier", "exported_at")]
    head = [manifest["head"]["sequence"], manifest["head"]["hash"]]
    said = ["flywheel whole", *about, *head, whole["events"], whole["page"]]
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
