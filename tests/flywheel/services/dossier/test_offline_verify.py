"""Two exported dossiers of one installation: what one saw of the record is the beginning of what the other saw."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.catalog.ground import Footing
from flywheel.domain import seals
from flywheel.domain.attesting import ATTESTED
from flywheel.domain.conditions import NONE
from flywheel.domain.digests import digest_bytes
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.approval import SignoffGiven
from flywheel.domain.seals import Sealer
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.errors import Tampered
from flywheel.services.dossier import offline_verify
from flywheel.services.dossier.export import Exported, export_dossier, verifier
from flywheel.services.dossier.offline_verify import compare
from flywheel.services.dossier.witness import events_seen
from flywheel.services.modelling.versions import get_version
from flywheel.services.record.sealing import NotarySeal, Seal
from tests.factories.events import refusal
from tests.factories.people import VERA
from tests.factories.projects import SLUG
from tests.factories.seals import STRANGER, both
from tests.fakes.clock import SettableClock

Export = Callable[[str], Path]
Event = dict[str, Any]


@pytest.fixture
def export(
    catalog: Catalog, artifacts: Artifacts, seal: Seal, version: str, clock: SettableClock, tmp_path: Path
) -> Export:
    """Export the dossier as it is now, a day later than the one before."""

    def made(name: str) -> Path:
        clock.now += timedelta(days=1)
        folder = tmp_path / name
        export_dossier(catalog, artifacts=artifacts, seal=seal, version=version, folder=folder)
        return folder

    return made


def happen(catalog: Catalog, *numbers: int) -> None:
    with catalog.begin() as work:
        for number in numbers:
            work.append(refusal(number))


def saw(folder: Path, keep: Callable[[list[list[object]]], list[list[object]]], seal: Seal) -> None:
    """Write another history into a dossier, with everything that follows from it, as who holds the key could."""
    chain = keep(json.loads((folder / "chain.json").read_bytes()))
    (folder / "chain.json").write_text(json.dumps(chain), encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"]["chain.json"]["digest"] = digest_bytes((folder / "chain.json").read_bytes())
    manifest["head"] = {"sequence": chain[-1][0], "hash": chain[-1][1]}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "manifest.sig").write_text(seal.sign((folder / "manifest.json").read_bytes()), encoding="ascii")


def test_a_later_dossier_begins_as_the_earlier_one_in_whichever_order_they_are_given(
    catalog: Catalog, export: Export, seal: Seal
) -> None:
    one = export("one")
    seen = len(json.loads((one / "chain.json").read_bytes()))
    happen(catalog, 1, 2)
    other = export("other")
    for pair in ((one, other), (other, one), (one, one)):
        problems, notes = compare(*pair, public_key=seal.public_key)
        assert problems == []
        assert any(f"all of the record that {one} saw ({seen}) is the beginning" in note for note in notes)


def test_the_script_alone_compares_two_folders(catalog: Catalog, export: Export, seal: Seal) -> None:
    one = export("one")
    happen(catalog, 1)
    command = [sys.executable, "-I", "-S", str(one / "verify.py"), str(one), str(export("other"))]
    ended = subprocess.run([*command, "--public-key", seal.public_key], capture_output=True, text=True, check=False)
    assert (ended.returncode, "SOUND: nothing in these folders was altered" in ended.stdout) == (0, True), ended.stdout
    (one / "dossier.json").write_bytes((one / "dossier.json").read_bytes().replace(b"1", b"2", 1))
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"WRONG {one}: altered: dossier.json" in ended.stdout


def test_a_record_that_was_cut_between_them_is_named(catalog: Catalog, export: Export, seal: Seal) -> None:
    one = export("one")
    seen = len(json.loads((one / "chain.json").read_bytes()))
    happen(catalog, 1, 2, 3)
    one, other = export("one-later"), one
    manifest = json.loads((other / "manifest.json").read_bytes())
    manifest["exported_at"] = "2099-01-01T00:00:00+00:00"
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (other / "manifest.sig").write_text(seal.sign((other / "manifest.json").read_bytes()), encoding="ascii")
    (moved, *problems), _ = compare(one, other, public_key=seal.public_key)
    assert "lacks the notary's attestation" in moved, "the time of an export is the notary's word too"
    assert problems == [
        f"the record was cut after event {seen}: {one} saw {seen + 3}, and {other}, exported later, {seen}"
    ]


def test_a_record_that_was_rewritten_between_them_is_named_from_where_on(
    catalog: Catalog, owned: Catalog, export: Export, seal: Seal, version: str, artifacts: Artifacts, tmp_path: Path
) -> None:
    """By whoever has the key: each dossier is sound by itself."""
    happen(catalog, 1)
    one = export("one")
    with owned.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE event DISABLE TRIGGER event_only_grows")
        connection.exec_driver_sql("DELETE FROM event WHERE sequence = (SELECT max(sequence) FROM event)")
        connection.exec_driver_sql("ALTER TABLE event ENABLE TRIGGER event_only_grows")
    fresh, other = replace(catalog, footing=Footing()), tmp_path / "other"  # another process, which has proven nothing
    happen(fresh, 7)
    export_dossier(fresh, artifacts=artifacts, seal=seal, version=version, folder=other)
    last = json.loads((other / "chain.json").read_bytes())[-1][0]
    assert [offline_verify.verify(folder, public_key=seal.public_key)[0] for folder in (one, other)] == [[], []]
    problems, _ = compare(one, other, public_key=seal.public_key)
    assert problems == [f"the record was rewritten at event {last}: {one} saw another than {other}"]


def test_dossiers_of_two_installations_are_told_apart(export: Export) -> None:
    one, other = export("one"), export("other")
    manifest = json.loads((other / "manifest.json").read_bytes()) | {"public_key": STRANGER.public_key}
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (other / "manifest.sig").write_text(STRANGER.sign((other / "manifest.json").read_bytes()), encoding="ascii")
    problems, _ = compare(one, other)
    assert f"{one} and {other} are of different installations: their keys differ" in problems


def signed_by_nobody(seal: str) -> str:
    """Change the signature in a seal, whatever stands behind it."""
    signature = offline_verify._parts(seal)[2].hex()
    assert signature in seal
    return seal.replace(signature, f"{signature[:-4]}beef")


CHAINS: dict[str, tuple[Callable[[list[list[object]]], list[list[object]]], str]] = {
    "an event left out": (lambda chain: [*chain[:2], *chain[3:]], "the chain does not name each event up to"),
    "its end left out": (lambda chain: chain[:-1], "is not the one that the chain names"),
    "a hash": (lambda chain: [*chain[:1], [2, "sha256:0", chain[1][2]], *chain[2:]], "the seal under event 3 does not"),
    "a seal taken off": (lambda chain: [*chain[:1], [2, chain[1][1], ""], *chain[2:]], "the seal under event 3 does"),
    "two changed places": (lambda chain: [chain[1], chain[0], *chain[2:]], "the chain does not name each event"),
    "a seal of no key": (
        lambda chain: [*chain[:-1], [*chain[-1][:2], signed_by_nobody(str(chain[-1][2]))]],
        "the last in the chain that has a seal, does not have the installation's",
    ),
}


@pytest.mark.parametrize("what", CHAINS)
def test_whatever_is_changed_in_the_chain_of_a_dossier_is_named(exported: Exported, seal: Seal, what: str) -> None:
    change, named = CHAINS[what]
    saw(exported.folder, change, seal)
    problems, _ = offline_verify.verify(exported.folder, public_key=seal.public_key)
    assert any(named in problem for problem in problems), problems


@pytest.fixture
def signed(catalog: Catalog, export: Export, version: str, clock: SettableClock) -> Path:
    """A dossier whose last event is a validator's approval."""
    dossier = get_version(catalog, version=version).dossier_digest
    said = SignoffGiven(SLUG, VERA, Role.VALIDATOR, Answer.APPROVE, "", "cli", 0, Feedback.APPROVED, NONE, "", clock())
    with catalog.begin() as work:
        work.append(Draft(Verb.SIGNOFF_GIVEN, VERA, SubjectKind.VERSION, version, str(dossier), said))
    return export("signed")


def last_event(folder: Path, seal: Seal, change: Callable[[Event], None], *, notary_key: str = "") -> None:
    """Change the last event and all that follows from it, as who holds the key of the record could."""
    kept = json.loads((folder / "record.json").read_bytes())
    event = kept["events"][-1]
    change(event)
    event["hash"] = offline_verify._event_hash(event)
    (folder / "record.json").write_text(json.dumps(kept), encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"]["record.json"]["digest"] = digest_bytes((folder / "record.json").read_bytes())
    manifest["notary_key"] = notary_key or manifest["notary_key"]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    saw(folder, lambda chain: [*chain[:-1], [event["sequence"], event["hash"], event["seal"]]], seal)


def sealed_by(sealer: Sealer, *, verb: Verb) -> Callable[[Event], None]:
    """Say that somebody else approved it, under another seal."""

    def change(event: Event) -> None:
        event["payload"]["person"] = event["actor"] = "eve@bank.example"
        follows = seals.named(event["seal"])
        assert follows is not None
        event["seal"] = seals.seal_event(sealer, offline_verify._event_hash(event), verb=verb, follows=follows)

    return change


def one_digit(event: Event) -> None:
    event["seal"] = event["seal"][:-1] + ("0" if event["seal"][-1] != "0" else "1")


FORGERIES: dict[str, Callable[[Seal], Callable[[Event], None]]] = {
    "one digit of the attestation": lambda _: one_digit,
    "no attestation": lambda seal: sealed_by(both(seal), verb=Verb.GATES_JUDGED),
    "attested by the record's key": lambda seal: sealed_by(both(seal), verb=Verb.SIGNOFF_GIVEN),
    "attested by another notary": lambda seal: sealed_by(NotarySeal(seal, STRANGER), verb=Verb.SIGNOFF_GIVEN),
}


def test_a_decision_that_the_notary_attested_is_sound_for_the_script_alone(
    signed: Path, seal: Seal, catalog: Catalog
) -> None:
    keys = ["--public-key", seal.public_key, "--notary-key", catalog.sealer.notary_key]
    command = [sys.executable, "-I", "-S", str(signed / "verify.py"), *keys]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, "as validator: approve of this dossier" in ended.stdout) == (0, True), ended.stdout
    last_event(signed, seal, FORGERIES["no attestation"](seal))
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, "(signoff.given) lacks the notary's attestation" in ended.stdout) == (1, True), (
        ended.stdout
    )


@pytest.mark.parametrize("what", FORGERIES)
def test_an_approval_that_the_key_of_the_record_wrote_is_named_and_is_all_there_is_to_name(
    signed: Path, seal: Seal, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline_verify, "check_whole", lambda *_: [])
    last_event(signed, seal, FORGERIES[what](seal))
    number = json.loads((signed / "chain.json").read_bytes())[-1][0]
    problems, _ = offline_verify.verify(signed, public_key=seal.public_key)
    assert problems == [f"event {number} (signoff.given) lacks the notary's attestation: no person decided it"]
    monkeypatch.setattr(offline_verify, "_check_attestations", lambda *_: [])
    assert offline_verify.verify(signed, public_key=seal.public_key)[0] == []


def test_a_notary_of_somebody_elses_is_told_by_whoever_has_our_notarys_key(
    signed: Path, seal: Seal, catalog: Catalog
) -> None:
    last_event(signed, seal, FORGERIES["attested by another notary"](seal), notary_key=STRANGER.public_key)
    told = "decisions here have the attestation of another notary than the one whose key was given"
    keys = {"public_key": seal.public_key, "notary_key": catalog.sealer.notary_key}
    *others, last = offline_verify.verify(signed, **keys)[0]
    assert last == told
    assert all("lacks the notary's attestation" in one for one in others), "what ours attested is not the stranger's"
    with pytest.raises(Tampered, match="was altered after its export"):
        events_seen(signed, **keys)


def test_what_is_no_decision_bears_no_attestation(exported: Exported, seal: Seal) -> None:
    kept = json.loads((exported.folder / "record.json").read_bytes())
    registered = next(event for event in kept["events"] if event["verb"] == "version.registered")
    registered["seal"] += f":{seal.sign(b'anything')}"
    (exported.folder / "record.json").write_text(json.dumps(kept), encoding="utf-8")
    problems, _ = offline_verify.verify(exported.folder, public_key=seal.public_key)
    assert any("(version.registered) has an attestation, but is no decision" in problem for problem in problems)


def test_the_script_knows_the_decisions_that_the_notary_attests() -> None:
    there: dict[str, object] = {"__name__": "verify", "__file__": "verify.py"}
    exec(verifier(), there)  # noqa: S102  our own script
    assert there["ATTESTED"] == ATTESTED
