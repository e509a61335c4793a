"""Packages: the same bytes from the same inputs, with all that a container needs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from flywheel.adapters.bentoml import PACKAGE, package, quiet_environment, verify_package
from flywheel.domain.digests import Digest
from flywheel.errors import InputRefused, Tampered
from flywheel.project.contract import Mode
from flywheel.project.manifest import prove
from tests.factories.serving import SEAL, built_package, make_contract, save_model


@pytest.mark.scenario
def test_the_same_inputs_give_the_same_package_byte_for_byte_also_below_a_hidden_folder(tmp_path: Path) -> None:
    first, _, contract = built_package()
    model = first.path / "src" / "model"
    again = package(
        model_folder=model,
        model_digest=contract.model_digest,
        contract=contract,
        signer=SEAL,
        target=tmp_path / ".flywheel",
        logs=tmp_path,
    )
    assert (again.tag, again.digest) == (first.tag, first.digest)
    assert again.path != first.path


@pytest.mark.scenario
def test_a_package_that_exists_is_used_again(tmp_path: Path) -> None:
    first, _, contract = built_package()
    before = (first.path / "bento.yaml").stat().st_mtime_ns
    again = package(
        model_folder=first.path / "src" / "model",
        model_digest=contract.model_digest,
        contract=contract,
        signer=SEAL,
        target=first.path.parents[2],
        logs=tmp_path,
    )
    assert again == first
    assert (first.path / "bento.yaml").stat().st_mtime_ns == before


@pytest.mark.scenario
def test_a_package_carries_container_file_lock_bill_of_materials_and_contract() -> None:
    path = built_package()[0].path
    assert "FROM python:3.11" in (path / "env" / "docker" / "Dockerfile").read_text()
    assert "xgboost-cpu==" in (path / "env" / "python" / "requirements.txt").read_text()
    assert json.loads((path / "src" / "sbom.json").read_text())["components"]
    assert json.loads((path / "src" / "contract.json").read_text())["version"] == "card-default:3"


@pytest.mark.scenario
def test_a_gpu_package_of_a_rule_needs_no_model_and_builds_on_cuda(tmp_path: Path) -> None:
    terms = replace(make_contract(), mode=Mode.RULE, model_digest=None)
    built = package(
        model_folder=None, model_digest=None, contract=terms, signer=SEAL, target=tmp_path, logs=tmp_path, device="gpu"
    )
    assert "FROM nvidia/cuda" in (built.path / "env" / "docker" / "Dockerfile").read_text()
    assert not (built.path / "src" / "model").exists()


@pytest.mark.scenario
@pytest.mark.parametrize("change", ["edit", "add", "remove", "link"])
def test_any_change_to_a_package_is_noticed(tmp_path: Path, change: str) -> None:
    built = built_package()[0]
    copy = tmp_path / "copy"
    shutil.copytree(built.path, copy)
    verify_package(copy, public_key=SEAL.public_key, digest=built.digest)
    contract = copy / "src" / "contract.json"
    match change:
        case "edit":
            contract.write_text(contract.read_text() + " ")
        case "add":
            (copy / "src" / "sitecustomize.py").write_text("")
        case "remove":
            contract.unlink()
        case "link":
            (copy / "src" / "more").symlink_to("/etc/passwd")
    with pytest.raises(Tampered):
        verify_package(copy, public_key=SEAL.public_key, digest=built.digest)


@pytest.mark.scenario
def test_a_package_that_was_touched_is_not_taken_for_the_one_that_would_be_built(tmp_path: Path) -> None:
    first, _, contract = built_package()
    copy = tmp_path / first.path.relative_to(first.path.parents[2])
    shutil.copytree(first.path, copy)
    service = copy / "src" / "deployments" / "service" / "endpoint.py"
    service.write_text(service.read_text() + "# touched")
    with pytest.raises(Tampered, match=r"endpoint\.py was altered"):
        package(
            model_folder=first.path / "src" / "model",
            model_digest=contract.model_digest,
            contract=contract,
            signer=SEAL,
            target=tmp_path,
            logs=tmp_path,
        )


@pytest.mark.scenario
def test_what_an_image_would_hold_still_bears_its_seal(tmp_path: Path) -> None:
    built = built_package()[0]
    image = tmp_path / "image"
    shutil.copytree(built.path, image)
    (image / "models").mkdir()  # as `bentoml containerize` does, and it writes the container file anew
    (image / "env" / "docker" / "Dockerfile").write_text("FROM python:3.11-slim")
    prove(image, kind=PACKAGE, public_key=SEAL.public_key, digest=built.digest, rewritten={"env/docker/Dockerfile"})
    with pytest.raises(Tampered, match="Dockerfile was altered"):
        verify_package(image, public_key=SEAL.public_key, digest=built.digest)
    assert "PYTHONDONTWRITEBYTECODE=1" in (built.path / "env" / "docker" / "Dockerfile").read_text()


def test_a_model_that_is_not_the_approved_one_is_not_packaged(tmp_path: Path) -> None:
    _, contract = save_model(tmp_path / "model", "naive")
    (tmp_path / "model" / "flywheel.json").write_text("{}")
    with pytest.raises(Tampered):
        package(
            model_folder=tmp_path / "model",
            model_digest=contract.model_digest,
            contract=contract,
            signer=SEAL,
            target=tmp_path / "t",
            logs=tmp_path,
        )
    assert not (tmp_path / "t").exists()


def test_a_contract_for_another_model_is_not_packaged(tmp_path: Path) -> None:
    _, contract = save_model(tmp_path / "model", "naive")
    other = replace(contract, model_digest=Digest("sha256:" + "1" * 64))
    with pytest.raises(InputRefused, match="differ"):
        package(
            model_folder=tmp_path / "model",
            model_digest=contract.model_digest,
            contract=other,
            signer=SEAL,
            target=tmp_path,
            logs=tmp_path,
        )


def test_a_serving_process_learns_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYWHEEL_DATABASE__URL", "postgresql://hunter2")
    for name in ("PREFECT_API_AUTH_STRING", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "PGPASSWORD"):
        monkeypatch.setenv(name, "hunter2")
    assert "hunter2" not in " ".join(quiet_environment().values())
