"""An exported dossier: sealed, complete, verified by a script alone; whatever is altered in it is named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import digest_bytes
from flywheel.domain.seals import link_to, named, seal_event
from flywheel.errors import InputRefused, Refused
from flywheel.services.dossier import offline_verify
from flywheel.services.dossier.export import Exported, export_dossier
from flywheel.services.dossier.offline_verify import _event_hash, verify
from flywheel.services.record.sealing import Seal
from tests.factories.projects import registered
from tests.factories.seals import STRANGER, THEIRS, both
from tests.factories.versions import registered_version
from tests.fakes.clock import SettableClock
from tests.flywheel.services.dossier.test_page import raw_in


def test_an_exported_dossier_is_read_without_raw_figures(exported: Exported) -> None:
    assert raw_in((exported.folder / "index.html").read_text(encoding="utf-8")) == []


def test_an_untouched_folder_is_sound_for_a_script_alone(exported: Exported, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-I", "-S", str(exported.folder / "verify.py"), "--public-key", exported.public_key],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert "SOUND" in ended.stdout
    assert "sealed by the installation whose key was given" in ended.stdout


def rewrite(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def alter(folder: Path) -> None:
        path = folder / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    return alter


def reseal(folder: Path) -> None:
    """Write the manifest anew over what lies there, as somebody would who holds the folder and no key."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name in manifest["files"]:
        manifest["files"][name]["digest"] = digest_bytes((folder / name).read_bytes())
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def edit_event(folder: Path) -> None:
    rewrite("record.json", lambda text: text.replace("flow:research", "flow:somebody", 1))(folder)
    reseal(folder)


def forge_event(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    """Change one sealed event and whatever follows from it, as somebody would who holds the folder and no key."""

    def alter(folder: Path) -> None:
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
        change(record["events"][-1])
        (folder / "record.json").write_text(json.dumps(record), encoding="utf-8")
        reseal(folder)

    return alter


def act_as_another(event: dict[str, Any]) -> None:
    """Say that somebody else did it, with the hash that follows from that."""
    event["actor"] = "flow:somebody"
    event["hash"] = _event_hash(event)


def seal_as_another(event: dict[str, Any]) -> None:
    """Put the seal of another installation in place of ours."""
    follows = named(event["seal"])
    assert follows is not None
    event["seal"] = seal_event(THEIRS, event["hash"], verb=event["verb"], follows=follows)


def swap_page(folder: Path) -> None:
    rewrite("index.html", lambda text: text.replace("Needs your judgement", "All is well", 1))(folder)
    reseal(folder)


def add_file(folder: Path) -> None:
    (folder / "extra.html").write_text("x", encoding="utf-8")


def link_away(folder: Path) -> None:
    (folder / "record.html").unlink()
    (folder / "record.html").symlink_to(folder / "index.html")


def link_a_folder(folder: Path) -> None:
    (folder / "signed-approvals").symlink_to("/etc")


def link_a_folder_in_place(folder: Path) -> None:
    (folder / "evidence").mkdir(exist_ok=True)
    (folder / "evidence").rename(folder.with_name("moved"))
    (folder / "evidence").symlink_to(folder.with_name("moved"))


def replace_by_a_folder(folder: Path) -> None:
    (folder / "record.html").unlink()
    (folder / "record.html").mkdir()


def other_format(text: str) -> str:
    return text.replace('"format": 3', '"format": 4')


def other_seal(text: str) -> str:
    return ("1" if text[0] == "0" else "0") + text[1:]


TAMPERINGS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a figure of the dossier": (rewrite("dossier.json", lambda text: text.replace("10.50", "99.50")), "dossier.json"),
    "a word of the page": (rewrite("index.html", lambda text: text.replace("judgement", "applause", 1)), "index.html"),
    "a page, with the manifest written anew": (swap_page, "index.html is not the page that was filed"),
    "an event, with the manifest written anew": (edit_event, "its hash does not match"),
    "who acted, with its hash": (forge_event(act_as_another), "(dossier.filed) does not have the installation's seal"),
    "a seal taken off": (forge_event(lambda event: event.update(seal="")), "does not have the installation's seal"),
    "a seal that was never there": (forge_event(lambda event: event.pop("seal")), "does not have the installation's"),
    "a seal of another key": (forge_event(seal_as_another), "does not have the installation's seal"),
    "a file taken away": (lambda folder: (folder / "record.html").unlink(), "missing: record.html"),
    "a file added": (add_file, "added: extra.html"),
    "a file replaced by a link": (link_away, "replaced by a link: record.html"),
    "a file replaced by a folder": (replace_by_a_folder, "replaced by what is no file: record.html"),
    "an empty folder": (lambda folder: (folder / "signed").mkdir(), "added: signed, a folder"),
    "a linked folder": (link_a_folder, "added: signed-approvals, a link"),
    "a folder linked in place of one": (link_a_folder_in_place, "added: evidence, a link"),
    "the verifier": (rewrite("verify.py", lambda text: f"{text}\n"), "altered: verify.py"),
    "the manifest": (rewrite("manifest.json", other_format), "have its seal"),
    "the seal": (rewrite("manifest.sig", other_seal), "seal"),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_whatever_is_altered_is_named(exported: Exported, what: str) -> None:
    tamper, named = TAMPERINGS[what]
    tamper(exported.folder)
    problems, _ = verify(exported.folder, public_key=exported.public_key)
    assert any(named in problem for problem in problems), problems


def test_a_seal_that_was_changed_afterwards_is_told_by_the_next(exported: Exported, seal: Seal) -> None:
    """Even by one that the key itself has drawn: each seal names the one before it."""
    record = json.loads((exported.folder / "record.json").read_text(encoding="utf-8"))
    events = {event["sequence"]: event for event in record["events"]}
    first, second = next((events[n], events[n + 1]) for n in events if n + 1 in events)
    first["seal"] = seal_event(both(seal), first["hash"], verb=first["verb"], follows=link_to(1, "sha256:other", ""))
    (exported.folder / "record.json").write_text(json.dumps(record), encoding="utf-8")
    problems, _ = verify(exported.folder, public_key=exported.public_key)
    assert f"event {first['sequence']} had another seal when event {second['sequence']} was written" in problems


def test_without_a_look_at_the_seals_a_forged_event_would_go_unseen(
    exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge_event(act_as_another)(exported.folder)
    for guard in ("_check_seals", "_check_attestations", "_check_chain", "check_whole"):
        monkeypatch.setattr(offline_verify, guard, lambda *_: [])
    problems, _ = verify(exported.folder, public_key=exported.public_key)
    assert problems == ["manifest.json does not have its seal"]


def test_a_folder_sealed_by_somebody_else_is_not_this_installations(exported: Exported) -> None:
    problems, _ = verify(exported.folder, public_key=STRANGER.public_key)
    assert problems == ["the manifest was sealed by another installation than the one whose key was given"]


def test_what_cannot_be_proven_without_the_installations_key_is_said(exported: Exported) -> None:
    problems, notes = verify(exported.folder)
    assert problems == []
    assert any("compare it with the installation's own" in note for note in notes)


def test_a_version_without_a_dossier_is_refused(
    catalog: Catalog, artifacts: Artifacts, seal: Seal, clock: SettableClock, tmp_path: Path
) -> None:
    registered(catalog)
    found = registered_version(catalog)
    with pytest.raises(Refused, match="no dossier yet"):
        export_dossier(catalog, artifacts=artifacts, seal=seal, version=found.id, folder=tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_nothing_is_written_over(
    catalog: Catalog, artifacts: Artifacts, seal: Seal, version: str, clock: SettableClock, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(InputRefused, match="exists already"):
        export_dossier(catalog, artifacts=artifacts, seal=seal, version=version, folder=tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
