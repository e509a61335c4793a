"""Signed manifests: a folder is proven as a whole, by a key that does not come from it, before anything is parsed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flywheel.domain.digests import canonical_json
from flywheel.errors import Refused, Tampered
from flywheel.project import manifest
from flywheel.project.manifest import MANIFEST, SIGNATURE, prove, write_manifest
from flywheel.services.record.sealing import Seal
from tests.factories.serving import SEAL

KIND = "package"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sealed folder of three files."""
    made = tmp_path / "made"
    (made / "src").mkdir(parents=True)
    (made / "bento.yaml").write_text("name: x")
    (made / "src" / "model.json").write_bytes(b"{}")
    (made / "src" / "contract.json").write_bytes(b"[1]")
    write_manifest(made, kind=KIND, about={"version": "x:1"}, signer=SEAL)
    return made


def refused(folder: Path) -> str:
    """What is said of a folder that is not what was sealed."""
    with pytest.raises(Tampered) as caught:
        prove(folder, kind=KIND, public_key=SEAL.public_key)
    return str(caught.value)


def test_what_was_sealed_is_proven_and_says_what_it_is(folder: Path) -> None:
    proven = prove(folder, kind=KIND, public_key=SEAL.public_key)
    assert proven.about == {"version": "x:1"}
    assert sorted(proven.files) == ["bento.yaml", "src/contract.json", "src/model.json"]
    assert proven.read("src/contract.json") == b"[1]"


def _add(name: str) -> Callable[[Path], object]:
    def add(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("import os")

    return add


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        ("edit", lambda f: (f / "src/model.json").write_bytes(b"[]"), "src/model.json was altered"),
        ("remove", lambda f: (f / "src/model.json").unlink(), "src/model.json is missing"),
        ("add", _add("src/sitecustomize.py"), "src/sitecustomize.py was added"),
        ("hide", _add("src/__pycache__/x.pyc"), "src/__pycache__/x.pyc was added"),
        ("dot", _add(".git/config"), ".git/config was added"),
        ("nested seal", _add(f"src/{MANIFEST}"), f"src/{MANIFEST} was added"),
        ("link", lambda f: (f / "src/more").symlink_to("/etc/passwd"), "src/more was added"),
        ("link instead", lambda f: _link(f / "src/model.json"), "src/model.json is no plain file any more"),
        ("pipe", lambda f: os.mkfifo(f / "src/pipe"), "src/pipe was added"),
        ("abyss", lambda f: (f / ("d/" * 40)).mkdir(parents=True), "d/d/d was added"),
    ],
)
def test_every_change_is_named(folder: Path, name: str, spoil: Callable[[Path], object], said: str) -> None:
    spoil(folder)
    assert said in refused(folder), name


@pytest.mark.timeout(20)
def test_a_giant_is_not_read_to_its_end(folder: Path) -> None:
    os.truncate(folder / "src" / "model.json", 1024**4)
    assert "src/model.json was altered" in refused(folder)


def _link(path: Path) -> None:
    path.rename(path.parents[2] / "elsewhere")
    path.symlink_to(path.parents[2] / "elsewhere")


def test_a_long_list_of_changes_is_cut(folder: Path) -> None:
    for number in range(30):
        _add(f"src/{number}.py")(folder)
    assert "and 25 more" in refused(folder)


@pytest.mark.parametrize("name", [MANIFEST, SIGNATURE])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"\x80\x04", b"x" * 2_000_000])
def test_a_seal_that_is_absent_or_spoilt_is_no_seal(folder: Path, name: str, content: bytes | None) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    assert "seal" in refused(folder)


def test_a_link_in_place_of_the_manifest_is_no_seal(folder: Path) -> None:
    _link(folder / MANIFEST)
    assert "has no seal" in refused(folder)


def test_the_manifest_is_not_parsed_before_its_signature_holds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / MANIFEST).write_text("[" * 100_000)  # a parser would fail in a way of its own
    assert "does not have the seal" in refused(folder)


def test_whoever_seals_anew_with_another_key_does_not_pass(folder: Path) -> None:
    other = Seal(Ed25519PrivateKey.generate())
    (folder / "src" / "model.json").write_bytes(b"[]")
    write_manifest(folder, kind=KIND, about={}, signer=other)
    assert json.loads((folder / MANIFEST).read_bytes())["public_key"] == other.public_key
    assert "does not have the seal" in refused(folder)


def test_an_older_folder_under_the_same_seal_is_not_the_one_that_was_released(folder: Path, tmp_path: Path) -> None:
    released = prove(folder, kind=KIND, public_key=SEAL.public_key).digest
    older = tmp_path / "older"
    shutil.copytree(folder, older)
    (older / "src" / "model.json").write_bytes(b"[]")
    write_manifest(older, kind=KIND, about={}, signer=SEAL)
    prove(older, kind=KIND, public_key=SEAL.public_key)
    with pytest.raises(Tampered, match="sealed, but is not the package that was released"):
        prove(older, kind=KIND, public_key=SEAL.public_key, digest=released)


def test_something_else_under_the_same_seal_does_not_pass_for_a_package(folder: Path) -> None:
    write_manifest(folder, kind="dossier", about={}, signer=SEAL)
    assert "sealed as something else" in refused(folder)


def test_what_else_the_same_key_seals_does_not_pass_for_a_package(folder: Path) -> None:
    head = canonical_json({"sequence": 7, "hash": "sha256:0", "at": "now", "public_key": SEAL.public_key}).encode()
    (folder / MANIFEST).write_bytes(head)
    (folder / SIGNATURE).write_text(SEAL.sign(head))
    assert "sealed as something else" in refused(folder)


def test_without_a_key_from_outside_nothing_is_proven(folder: Path) -> None:
    with pytest.raises(Refused, match="no public key was given"):
        prove(folder, kind=KIND, public_key="")


def test_a_file_that_changes_after_the_proof_is_not_read(folder: Path) -> None:
    proven = prove(folder, kind=KIND, public_key=SEAL.public_key)
    (folder / "src" / "contract.json").write_bytes(b"[2]")
    with pytest.raises(Tampered, match="changed after it was proven"):
        proven.read("src/contract.json")
    with pytest.raises(Tampered):
        proven.read("../elsewhere")


def test_a_folder_that_is_gone_says_so(tmp_path: Path) -> None:
    assert "there is no package any more" in refused(tmp_path / "nothing")


def test_sealing_a_folder_again_gives_the_same_bytes(folder: Path) -> None:
    before = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes()
    write_manifest(folder, kind=KIND, about={"version": "x:1"}, signer=SEAL)
    assert ((folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes()) == before
    assert manifest.digests_in(folder).keys() == prove(folder, kind=KIND, public_key=SEAL.public_key).files.keys()
