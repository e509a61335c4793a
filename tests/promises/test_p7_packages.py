"""P7, where models serve: a poisoned package is refused as a whole before anything in it is opened."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flywheel.adapters.bentoml import PACKAGE
from flywheel.adapters.bentoml_server import listen, start_endpoint, wait_ready
from flywheel.errors import Unavailable
from flywheel.project.manifest import MANIFEST, SIGNATURE, write_manifest
from flywheel.project.tabular.model import FittedModel, file_of, save
from flywheel.services.record.sealing import Seal
from tests.factories.serving import SEAL, built_package, make_contract
from tests.promises.test_p7_artifacts import Case, Gadget, models, open_all, poisons

pytestmark = pytest.mark.scenario

FOREIGN = Seal(Ed25519PrivateKey.from_private_bytes(b"\x66" * 32))
"""Somebody else's seal."""


def poisons_beside(marker: Path) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Named ways to spoil a package outside the model's folder, and its seal."""
    evil = pickle.dumps(Gadget(os.system, f"touch {marker}"))
    for name in ("bento.yaml", "src/contract.json", MANIFEST, SIGNATURE):
        yield f"pickle as {name}", _writing(evil, name)
    text = f"!!python/object/apply:os.system ['touch {marker}']"
    yield "yaml that calls as bento.yaml", lambda f: (f / "bento.yaml").write_text(text)
    for name in (
        "src/sitecustomize.py",
        "src/numpy.py",
        "src/flywheel/__init__.pyc",
        "models/model.pkl",
        ".git/config",
    ):
        yield f"extra {name}", _writing(f"open({str(marker)!r}, 'w')".encode(), name)
    yield "code of ours rewritten", lambda f: (f / "src/flywheel/errors.py").write_text(f"open({str(marker)!r}, 'w')")
    yield "sealed anew by somebody else", lambda f: _reseal(f / "src/model/MLmodel", evil)
    yield "no seal", lambda f: (f / MANIFEST).unlink()


def poison_all(root: Path, marker: Path) -> Iterator[Case]:
    """Every poison of a model's folder, for every kind, and every poison beside it, each in a sealed package."""
    for kind, model in models().items():
        good = sealed(root / f"good-{kind}", model)
        for number, (name, spoil) in enumerate(poisons(marker)):
            folder = root / f"{kind}-{number}"
            shutil.copytree(good, folder)
            spoil(folder / "src" / "model", file_of(model.recipe))
            yield f"{kind}: {name}", folder, ""
        for number, (name, spoil_beside) in enumerate(poisons_beside(marker)):
            folder = root / f"{kind}-beside-{number}"
            shutil.copytree(good, folder)
            spoil_beside(folder)
            yield f"{kind}: {name}", folder, ""


def sealed(folder: Path, model: FittedModel) -> Path:
    """A small package of a good model."""
    (folder / "src" / "flywheel").mkdir(parents=True)
    digest = save(model, folder / "src" / "model")
    (folder / "bento.yaml").write_text("service: deployments.service.endpoint:Endpoint\n")
    (folder / "src" / "flywheel" / "errors.py").write_text("")
    (folder / "src" / "contract.json").write_text(make_contract(model_digest=digest).to_json())
    write_manifest(folder, kind=PACKAGE, about={}, signer=SEAL)
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all packages of this module lie, inside a folder that nobody else writes to."""
    root = tmp_path_factory.mktemp("p7") / "root"
    root.mkdir()
    return root


@pytest.fixture(scope="module")
def poisoned(root: Path) -> list[Case]:
    """Every poisoned package, sealed before it was spoilt."""
    return list(poison_all(root, root / "marker"))


def test_no_poisoned_package_is_opened_and_none_of_its_code_runs(
    root: Path, poisoned: list[Case], tmp_path: Path
) -> None:
    good = [(f"{kind}: untouched", root / f"good-{kind}", "") for kind in models()]
    seen = open_all(tmp_path, [*poisoned, *good], "--packages")
    assert len(poisoned) >= 60
    assert seen["opened"] == len(poisoned) + len(good)
    assert seen["accepted"] == [name for name, _, _ in good]
    assert (seen["ran"], seen["loaded"], list(root.parent.glob("**/marker"))) == ([], [], [])


def test_without_the_proof_what_lies_beside_the_model_would_be_accepted(poisoned: list[Case], tmp_path: Path) -> None:
    readable = [case for case in poisoned if case[0].startswith("naive") and "contract" not in case[0]]
    seen = open_all(tmp_path, readable, "--packages", "--unproven")
    accepted = {name.partition(": ")[2] for name in seen["accepted"]}
    assert accepted >= {"extra src/sitecustomize.py", "code of ours rewritten", "pickle as bento.yaml", "no seal"}


@pytest.mark.parametrize("way", ["pickle for a model", "sealed anew by somebody else"])
def test_a_real_server_does_not_start_from_a_poisoned_package(tmp_path: Path, way: str) -> None:
    package, marker = tmp_path / "bento" / "a" / "b" / "package", tmp_path / "marker"
    shutil.copytree(built_package()[0].path, package)
    model = package / "src" / "model" / "model.json"
    evil = pickle.dumps(Gadget(os.system, f"touch {marker}"))
    if way == "pickle for a model":
        model.write_bytes(evil)
    else:
        _reseal(model, evil)
    with listen("127.0.0.1", 0) as listener:
        server = start_endpoint(
            package,
            public_key=SEAL.public_key,
            listener=listener,
            predictions_root=tmp_path / "predictions",
            log_path=tmp_path / "log",
        )
    with pytest.raises(Unavailable, match=r"refused to start: .*(was altered|does not have the seal)"):
        wait_ready(server)
    assert not marker.exists()


def _writing(content: bytes, name: str) -> Callable[[Path], object]:
    return lambda folder: _write(folder / name, content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def _reseal(victim: Path, content: bytes) -> None:
    """Replace a file and seal the package anew, with a key that is not the installation's."""
    victim.write_bytes(content)
    package = next(folder for folder in victim.parents if (folder / MANIFEST).exists())
    write_manifest(package, kind=PACKAGE, about={}, signer=FOREIGN)
