"""An exported dossier holds all that the record said of its version: with the record's key nothing is left out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.conditions import NONE
from flywheel.domain.digests import digest_bytes
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.approval import SignoffGiven
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.errors import InputRefused, Refused
from flywheel.services.dossier import offline_verify
from flywheel.services.dossier.export import export_dossier
from flywheel.services.dossier.offline_verify import verify
from flywheel.services.dossier.offline_whole import NO_WHOLE
from flywheel.services.dossier.wholes import attest_whole
from flywheel.services.dossier.witness import events_seen
from flywheel.services.modelling.versions import get_version
from flywheel.services.people.notary import DECISIONS
from flywheel.services.record.sealing import Seal
from tests.factories.people import VERA
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock

Manifest = dict[str, Any]


@pytest.fixture
def rejected(
    catalog: Catalog, artifacts: Artifacts, seal: Seal, version: str, clock: SettableClock, tmp_path: Path
) -> Path:
    """The folder of a dossier that a validator has rejected."""
    dossier = get_version(catalog, version=version).dossier_digest
    said = SignoffGiven(
        SLUG, VERA, Role.VALIDATOR, Answer.REJECT, "it leaks", "cli", 0, Feedback.APPROVED, NONE, "", clock()
    )
    with catalog.begin() as work:
        work.append(Draft(Verb.SIGNOFF_GIVEN, VERA, SubjectKind.VERSION, version, str(dossier), said))
    folder = tmp_path / "rejected"
    export_dossier(catalog, artifacts=artifacts, seal=seal, version=version, folder=folder)
    return folder


def resealed(folder: Path, seal: Seal, change: Callable[[Manifest], object] = lambda _: None) -> None:
    """Write the manifest anew over what lies there, and seal it, as who has the record's key could."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    change(manifest)
    for name, facts in manifest["files"].items():
        facts["digest"] = digest_bytes((folder / name).read_bytes())
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "manifest.sig").write_text(seal.sign((folder / "manifest.json").read_bytes()), encoding="ascii")


def without_rejection(folder: Path) -> None:
    kept = json.loads((folder / "record.json").read_bytes())
    kept["events"] = [event for event in kept["events"] if event["verb"] != "signoff.given"]
    (folder / "record.json").write_text(json.dumps(kept), encoding="utf-8")


def another_page(folder: Path) -> None:
    page = folder / "record.html"
    page.write_text(page.read_text(encoding="utf-8").replace("reject", "approve"), encoding="utf-8")


def as_it_is(folder: Path) -> None:
    del folder


def unlisted(manifest: Manifest) -> None:
    manifest["whole"]["events"] = [one for one in manifest["whole"]["events"] if one[1] != "signoff.given"]


def at_another_time(manifest: Manifest) -> None:
    manifest["exported_at"] = "2020-01-01T00:00:00+00:00"


def without_whole(manifest: Manifest) -> None:
    del manifest["whole"]


def untouched(manifest: Manifest) -> None:
    del manifest


LACKS = "the list of all events about the version lacks the notary's attestation"
TAMPERINGS: dict[str, tuple[Callable[[Path], None], Callable[[Manifest], None], str]] = {
    "a rejection left out": (without_rejection, untouched, "(signoff.given) was left out of record.json"),
    "a rejection left out of the list too": (without_rejection, unlisted, LACKS),
    "another page": (another_page, untouched, "record.html is not the page that the notary made"),
    "another time": (as_it_is, at_another_time, LACKS),
    "no attestation at all": (without_rejection, without_whole, NO_WHOLE),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_whatever_is_left_out_with_the_records_key_is_named(rejected: Path, seal: Seal, what: str) -> None:
    tamper, change, named = TAMPERINGS[what]
    tamper(rejected)
    resealed(rejected, seal, change)
    problems, _ = verify(rejected, public_key=seal.public_key)
    assert any(named in one for one in problems), problems


@pytest.mark.parametrize("tamper", [without_rejection, another_page])
def test_without_the_notarys_word_it_would_be_sound(
    rejected: Path, seal: Seal, tamper: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper(rejected)
    resealed(rejected, seal)
    monkeypatch.setattr(offline_verify, "check_whole", lambda *_: [])
    assert verify(rejected, public_key=seal.public_key)[0] == []


def test_an_untouched_folder_is_sound_and_one_without_rejection_is_not_for_the_script_alone(
    rejected: Path, seal: Seal, catalog: Catalog
) -> None:
    keys = ["--public-key", seal.public_key, "--notary-key", catalog.sealer.notary_key]
    command = [sys.executable, "-I", "-S", str(rejected / "verify.py"), *keys]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    without_rejection(rejected)
    resealed(rejected, seal)
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, "(signoff.given) was left out" in ended.stdout) == (1, True), ended.stdout


def test_a_folder_of_before_still_tells_what_it_saw_of_the_record(rejected: Path, seal: Seal, catalog: Catalog) -> None:
    resealed(rejected, seal, without_whole)
    assert events_seen(rejected, public_key=seal.public_key, notary_key=catalog.sealer.notary_key)


def test_the_notary_attests_the_whole_of_the_filed_dossier_alone(
    catalog: Catalog, version: str, clock: SettableClock
) -> None:
    with pytest.raises((Refused, InputRefused)):
        attest_whole(catalog, version=version, document={"version": {"id": "other:1"}})


def test_when_a_dossier_was_exported_says_the_notary_and_nobody_who_asks(
    catalog: Catalog, version: str, rejected: Path
) -> None:
    """A time that is asked for could be of before a rejection, or a year after it."""
    assert datetime not in DECISIONS["wholes.attest_whole"].takes.values()
    document = json.loads((rejected / "dossier.json").read_bytes())
    before = catalog.time()
    assert before < attest_whole(catalog, version=version, document=document).exported_at < catalog.time()
    written = datetime.fromisoformat(json.loads((rejected / "manifest.json").read_bytes())["exported_at"])
    assert before - timedelta(seconds=1) < written < before
