"""Verify an exported dossier: `python verify.py [FOLDER [OTHER]] [--public-key HEX --notary-key HEX]`; Python 3.9.

It names every file or folder that was altered, removed or added, every event whose hash does not follow from what it
says or which does not bear the installation's seal, every decision without the notary's attestation, every event about
the version that was left out, and every sign-off that was given for another dossier. Of two
folders of one installation the record that one saw must begin as the record that the other saw, or where they part is
named. What it cannot prove, it says. Read it before you trust it; the copy in a folder that somebody handed you is as
trustworthy as that person, so take one from where you trust it.

Ends with 0 where all holds, with 1 where something was altered, with 2 where the folder cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from flywheel.domain.attesting import ATTESTED
from flywheel.domain.ed25519 import is_signed
from flywheel.services.dossier.offline_whole import check_whole

UNLISTED = ("manifest.json", "manifest.sig")
"""What the manifest cannot list: itself and the signature under it."""


def main() -> int:
    """Check a folder and say what was found."""
    parser = argparse.ArgumentParser(description="Verify an exported dossier.")
    parser.add_argument("folder", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("other", nargs="?", default="", help="another dossier of the same installation")
    parser.add_argument("--public-key", default="", help="the installation's key, from `flywheel dossier --key`")
    parser.add_argument("--notary-key", default="", help="its notary's, from `flywheel dossier --notary-key`")
    asked = parser.parse_args()
    keys = {"public_key": asked.public_key, "notary_key": asked.notary_key}
    try:
        problems, notes = verify(Path(asked.folder), **keys)
        if asked.other:
            problems, notes = compare(Path(asked.folder), Path(asked.other), **keys)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"cannot be read as an exported dossier: {type(error).__name__}: {error}")
        return 2
    for note in notes:
        print(f"      {note}")
    for problem in problems:
        print(f"WRONG {problem}")
    what = "these folders" if asked.other else "this folder"
    print(f"ALTERED: do not rely on {what}" if problems else f"SOUND: nothing in {what} was altered")
    return 1 if problems else 0


def verify(folder: Path, *, public_key: str = "", notary_key: str = "") -> tuple[list[str], list[str]]:
    """Give what is wrong with a folder, and what there is to know besides."""
    manifest_bytes = (folder / "manifest.json").read_bytes()
    manifest = json.loads(manifest_bytes)
    problems = _check_files(folder, manifest["files"])
    notes: list[str] = []
    if (folder / "dossier.json").is_file() and (folder / "record.json").is_file():
        dossier_bytes = (folder / "dossier.json").read_bytes()
        dossier = _digest(dossier_bytes)
        if dossier != manifest["dossier"]:
            problems.append(f"dossier.json is {dossier}; the manifest is about {manifest['dossier']}")
        problems += _check_evidence(folder, json.loads(dossier_bytes), manifest["not_included"])
        events = json.loads((folder / "record.json").read_bytes())["events"]
        problems += _check_events(events) + _check_filing(folder, events, dossier)
        key = bytes.fromhex(manifest["public_key"])  # itself held against the one given
        problems += _check_seals(events, key) + _check_chain(_chain(folder), events, manifest["head"], key)
        word = bytes.fromhex(manifest["notary_key"])
        problems += _check_attestations(events, word) + check_whole(folder, manifest, events, word)
        notes += _signatures(events, dossier)
    sealed, said = _check_seal(folder, manifest, manifest_bytes, public_key)
    if notary_key and notary_key != manifest["notary_key"]:
        sealed.append("decisions here have the attestation of another notary than the one whose key was given")
    return problems + sealed, notes + said


def compare(one: Path, other: Path, *, public_key: str = "", notary_key: str = "") -> tuple[list[str], list[str]]:
    """Give what is wrong with two folders, and where what they saw of the record parts."""
    problems: list[str] = []
    notes: list[str] = []
    for folder in (one, other):
        wrong, said = verify(folder, public_key=public_key, notary_key=notary_key)
        problems += [f"{folder}: {words}" for words in wrong]
        notes += [f"{folder}: {words}" for words in said]
    older, newer = sorted((one, other), key=lambda folder: str(_manifest(folder)["exported_at"]))
    for key, of_what in (("public_key", "installations"), ("notary_key", "notaries")):
        if _manifest(older)[key] != _manifest(newer)[key]:
            return [*problems, f"{older} and {newer} are of different {of_what}: their keys differ"], notes
    before, after = _chain(older), _chain(newer)
    parts = next((n for n in range(min(len(before), len(after))) if before[n] != after[n]), None)
    if parts is not None:
        problems.append(f"the record was rewritten at event {before[parts][0]}: {older} saw another than {newer}")
    elif len(after) < len(before):
        ends = f"{older} saw {len(before)}, and {newer}, exported later, {len(after)}"
        problems.append(f"the record was cut after event {after[-1][0] if after else 0}: {ends}")
    else:
        notes.append(f"all of the record that {older} saw ({len(before)}) is the beginning of what {newer} saw")
    return problems, notes


def _manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return found


def _chain(folder: Path) -> list[list[Any]]:
    """Read number, hash and seal of every event that the record held."""
    found: list[list[Any]] = json.loads((folder / "chain.json").read_bytes())
    return found


def _check_files(folder: Path, listed: dict[str, Any]) -> list[str]:
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    folders = {parent.as_posix() for name in listed for parent in PurePosixPath(name).parents}
    problems = []
    for name, facts in sorted(listed.items()):
        path = there.pop(name, None)
        if path is None:
            problems.append(f"missing: {name}")
        elif path.is_symlink() or not path.is_file():
            problems.append(f"replaced by {'a link' if path.is_symlink() else 'what is no file'}: {name}")
        elif _digest(path.read_bytes()) != facts["digest"]:
            problems.append(f"altered: {name}")
    for name, path in sorted(there.items()):
        if path.is_symlink():
            problems.append(f"added: {name}, a link")
        elif path.is_dir() and name not in folders:
            problems.append(f"added: {name}, a folder")
        elif not path.is_dir() and name not in UNLISTED:
            problems.append(f"added: {name}")
    return problems


def _check_evidence(folder: Path, document: Any, not_included: dict[str, str]) -> list[str]:
    """Find each file that the dossier names as evidence, by what it holds."""
    kept = {_digest(path.read_bytes()) for path in (folder / "evidence").glob("*") if path.is_file()}
    problems = []
    for digest, name in sorted(evidence_of(document).items()):
        if digest not in kept and digest not in not_included:
            problems.append(f"evidence is missing or altered: {name} ({digest})")
    return problems


def evidence_of(document: Any) -> dict[str, str]:
    """Name every file that a dossier points to as evidence: digest to name."""
    found: dict[str, str] = {}
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "evidence" and isinstance(value, dict):
                found.update({str(digest): str(name) for name, digest in value.items()})
            else:
                found.update(evidence_of(value))
    elif isinstance(document, list):
        for value in document:
            found.update(evidence_of(value))
    return found


def _check_events(events: list[dict[str, Any]]) -> list[str]:
    """Recompute each event's hash, and hold neighbours together."""
    problems, before = [], None
    for event in events:
        number = event["sequence"]
        if _event_hash(event) != event["hash"]:
            problems.append(f"event {number} ({event['verb']}): its hash does not match its content")
        if before is not None and before["sequence"] >= number:
            problems.append(f"event {number} is out of order")
        if before is not None and before["sequence"] + 1 == number and before["hash"] != event["previous_hash"]:
            problems.append(f"event {number} does not follow event {before['sequence']}")
        before = event
    return problems


def _event_hash(event: dict[str, Any]) -> str:
    keys = ("sequence", "happened_at", "verb", "actor", "subject_kind", "subject_id", "subject_digest", "payload")
    sealed = [*(event[key] for key in keys), event["previous_hash"]]
    return _digest(json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def _check_seals(events: list[dict[str, Any]], key: bytes) -> list[str]:
    """Hold the seal under each event against the key, and what it says of the sealed event before it."""
    problems, before = [], None
    for event in events:
        number, (follows, link, signature, _) = event["sequence"], _parts(event.get("seal"))
        if not _is_sealed_event(key, event["hash"], follows, link, signature):
            problems.append(
                f"event {number} ({event['verb']}) does not have the installation's seal: it does not count"
            )
            continue
        if before is not None and before["sequence"] > follows:
            problems.append(f"event {before['sequence']} had no such seal when event {number} was written")
        elif before is not None and before["sequence"] == follows and _link(before) != link:
            problems.append(f"event {before['sequence']} had another seal when event {number} was written")
        before = event
    return problems


def _check_attestations(events: list[dict[str, Any]], key: bytes) -> list[str]:
    """Hold the notary's word under each decision against its key; nothing else bears one."""
    problems = []
    for event in events:
        follows, link, _, word = _parts(event.get("seal"))
        content = json.dumps(["flywheel decision", event["hash"], follows, link], separators=(",", ":")).encode()
        what = f"event {event['sequence']} ({event['verb']})"
        if event["verb"] in ATTESTED and not is_signed(key, content, word):
            problems.append(f"{what} lacks the notary's attestation: no person decided it")
        elif word and event["verb"] not in ATTESTED:
            problems.append(f"{what} has an attestation, but is no decision")
    return problems


def _check_chain(chain: list[list[Any]], events: list[dict[str, Any]], head: dict[str, Any], key: bytes) -> list[str]:
    """Hold the hashes and seals of all events together; the last signature vouches for the seals before it."""
    hashes = {number: (said, seal) for number, said, seal in chain}
    problems = [
        f"event {event['sequence']} ({event['verb']}) is not the one that the chain names"
        for event in events
        if hashes.get(event["sequence"]) != (event["hash"], event.get("seal"))
    ]
    if [number for number, _, _ in chain] != list(range(1, head["sequence"] + 1)):
        problems.append(f"the chain does not name each event up to {head['sequence']}")
    elif chain and chain[-1][1] != head["hash"]:
        problems.append(f"the chain ends with another event {head['sequence']} than the manifest says")
    before = (0, "")
    for number, said, seal in chain:
        follows, link, signature, _ = _parts(seal)
        if signature and (follows, link) == before:
            before, last = (number, _link({"hash": said, "seal": seal})), (said, follows, link, signature)
        elif seal:
            problems.append(f"the seal under event {number} does not follow the one before it in the chain")
    if before[0] and not _is_sealed_event(key, *last):
        problems.append(f"event {before[0]}, the last in the chain that has a seal, does not have the installation's")
    return problems


def _is_sealed_event(key: bytes, said: str, follows: int, link: str, signature: bytes) -> bool:
    content = json.dumps(["flywheel event", said, follows, link], separators=(",", ":"))
    return is_signed(key, content.encode(), signature)


def _parts(seal: Any) -> tuple[int, str, bytes, bytes]:
    """Part a seal into the event that it follows, what that came to, signature and attestation; empty where none."""
    parts = str(seal).split(":")
    try:
        return int(parts[0]), parts[1], bytes.fromhex(parts[2]), bytes.fromhex(":".join(parts[3:]))
    except (ValueError, IndexError):
        return 0, "", b"", b""


def _link(event: dict[str, Any]) -> str:
    return hashlib.sha256(f"{event['hash']} {event['seal']}".encode()).hexdigest()


def _check_filing(folder: Path, events: list[dict[str, Any]], dossier: str) -> list[str]:
    """Find where the record says that this dossier, and this page of it, were filed."""
    filed = [event for event in events if event["verb"] == "dossier.filed" and event["subject_digest"] == dossier]
    if not filed:
        return [f"the record has no event that files {dossier}"]
    page = _digest((folder / "index.html").read_bytes()) if (folder / "index.html").is_file() else "missing"
    pages = {str(event["payload"].get("evidence_digest")) for event in filed}
    return [] if page in pages else ["index.html is not the page that was filed with this dossier"]


def _signatures(events: list[dict[str, Any]], dossier: str) -> list[str]:
    said = []
    for event in events:
        if event["verb"] == "signoff.given":
            payload = event["payload"]
            which = "this dossier" if event["subject_digest"] == dossier else f"another one, {event['subject_digest']}"
            who = f"{payload.get('person')} as {payload.get('role')}"
            said.append(f"event {event['sequence']}, {event['happened_at']}: {who}: {payload.get('answer')} of {which}")
        elif event["verb"] in ("signoff.withdrawn", "glass.broken"):
            said.append(f"event {event['sequence']}, {event['happened_at']}: {event['verb']} by {event['actor']}")
    return said or ["nobody had signed when this was exported"]


def _check_seal(folder: Path, manifest: dict[str, Any], content: bytes, trusted: str) -> tuple[list[str], list[str]]:
    key = trusted or str(manifest["public_key"])
    signature = (folder / "manifest.sig").read_text(encoding="ascii").strip()
    if trusted and trusted != manifest["public_key"]:
        return ["the manifest was sealed by another installation than the one whose key was given"], []
    if not is_signed(bytes.fromhex(key), content, bytes.fromhex(signature)):
        return ["manifest.json does not have its seal"], []
    if trusted:
        return [], ["sealed by the installation whose key was given"]
    return [], [
        f"the seal was checked with the key in the folder, {key}: compare it with the installation's own, or give",
        "that with --public-key; somebody who alters a whole folder can also replace the key in it",
    ]


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


if __name__ == "__main__":
    sys.exit(main())
