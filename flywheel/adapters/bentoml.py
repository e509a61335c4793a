"""BentoML: builds a package from a verified model and its contract, and runs a package as a server of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from flywheel.adapters.bentoml_lock import bill_of_materials, locked_requirements
from flywheel.adapters.drafts import draft
from flywheel.adapters.own_sources import sources_of
from flywheel.adapters.programs import BENTOML, UV, arithmetic_of, safe_path
from flywheel.adapters.running import run_to_end
from flywheel.domain.digests import Digest, Json, digest_bytes, digest_of
from flywheel.errors import InputRefused, Tampered, Unavailable
from flywheel.project.contract import Contract, Mode, read_contract
from flywheel.project.manifest import Proven, Signer, prove, write_manifest

Device = Literal["cpu", "gpu"]

SERVICE = "deployments.service.endpoint"
PACKAGED = ("flywheel", "deployments")
"""The rooms that an endpoint may take modules from."""
PACKAGE = "package"
"""What its manifest calls it, so that nothing else that we sealed passes for one."""
BASE_IMAGES = {"cpu": "python:3.11-slim", "gpu": "nvidia/cuda:12.8.1-runtime-ubuntu22.04"}
BUILD_SECONDS = 120
QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "1",
    "OTEL_SDK_DISABLED": "true",  # a third of the cost of a request
    "PYTHONDONTWRITEBYTECODE": "1",  # a package's bytes stay what they were
}
INHERITED = frozenset({"HOME", "USER", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"})
INHERITED_KINDS = ("LC_", "CUDA_", "NVIDIA_")
PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
"""What a serving process needs of our environment; all else there, such as anybody's secrets, is not its business."""


@dataclass(frozen=True)
class Package:
    """A built Bento: its tag, its folder and the digest over every file in it but the seal."""

    tag: str
    path: Path
    digest: Digest


def package(
    *,
    model_folder: Path | None,
    model_digest: Digest | None,
    contract: Contract | Mapping[str, Any],
    signer: Signer,
    target: Path,
    logs: Path,
    device: Device = "cpu",
    home: Path | None = None,
    needs: Iterable[str] = (),
) -> Package:
    """Build a Bento into a BENTOML_HOME, offline, and seal it; the same inputs give the same package, byte for byte.

    One that is there already is taken only if it bears the seal: it was built here, and nobody touched it since.
    `needs` names what the model takes beside what every package holds; `logs` keeps what a build that fails said.
    """
    terms = read_contract(contract.to_json() if isinstance(contract, Contract) else contract)
    if terms.mode is Mode.MODEL:
        _must_be_the_model(terms, model_folder, model_digest)
    home = home or Path(__file__).resolve().parents[2]
    files = _contents(terms, home, device, needs)
    contents = {name: digest_bytes(content) for name, content in files.items()}
    version = digest_of([device, signer.public_key, contents])[7:23]
    path = target / "bentos" / terms.project / version
    if not path.is_dir():
        about: dict[str, Json] = {"project": terms.project, "version": terms.version, "model": terms.model_digest}
        model = model_folder if terms.mode is Mode.MODEL else None
        _build(path, files, model, about=about, signer=signer, logs=logs)
    built = verify_package(path, public_key=signer.public_key)
    if built.read("src/contract.json").decode() != terms.to_json():
        raise Tampered("the package on disk is not what was built", found=str(path), next_step="delete it and repeat")
    return Package(f"{terms.project}:{version}", path, built.digest)


def verify_package(path: Path, *, public_key: str, digest: str = "") -> Proven:
    """Make sure that a package is byte for byte what was sealed, and, where its digest is given, what was released."""
    return prove(path, kind=PACKAGE, public_key=public_key, digest=digest)


def quiet_environment(threads: int = 1) -> dict[str, str]:
    """The environment of a BentoML process: no telemetry, no secrets of ours, pinned threads."""
    inherited = {name: value for name, value in os.environ.items() if _is_inherited(name)}
    pinned = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    return {**inherited, **arithmetic_of(os.environ), "PATH": safe_path(), **QUIET, **pinned}


def _is_inherited(name: str) -> bool:
    return name in INHERITED or name.startswith(INHERITED_KINDS) or name.lower() in PROXIES


def _must_be_the_model(terms: Contract, folder: Path | None, digest: Digest | None) -> None:
    if folder is None or digest is None:
        raise InputRefused("mode model needs a model folder and its digest", found=folder)
    if terms.model_digest != digest:
        raise InputRefused("contract and model differ", found=terms.model_digest, allowed=digest)
    from flywheel.project.tabular.folder import folder_digest  # only where a model is packaged

    if (found := folder_digest(folder)) != digest:
        raise Tampered("the model folder is not the one that was approved", found=found, allowed=digest)


def _contents(terms: Contract, home: Path, device: Device, needs: Iterable[str]) -> dict[str, bytes]:
    requirements = locked_requirements(home / "requirements.lock", device, also=needs)
    return {
        **sources_of(SERVICE, home, PACKAGED),
        "contract.json": terms.to_json().encode(),
        "requirements.lock": requirements.encode(),
        "sbom.json": bill_of_materials(requirements, terms.project, terms.version).encode(),
        "bentofile.yaml": _bentofile(terms, device).encode(),
    }


def _bentofile(terms: Contract, device: Device) -> str:
    docker: dict[str, Any] = {"base_image": BASE_IMAGES[device], "distro": "debian", "python_version": "3.11"}
    if device == "gpu":
        docker["system_packages"] = ["python3-pip"]
    served_by = "its business rule" if terms.mode is Mode.RULE else f"model {terms.model_digest}"
    definition = {
        "service": f"{SERVICE}:Endpoint",
        "name": terms.project,
        "description": f"{terms.version} of {terms.project} for {device.upper()}, served by {served_by}.\n",
        "labels": {"project": terms.project, "version": re.sub(r"[^A-Za-z0-9._-]", "-", terms.version)},
        "include": ["**"],
        "docker": docker,
        "envs": [{"name": "PYTHONDONTWRITEBYTECODE", "value": "1"}],  # what is written into a package breaks its seal
        "python": {"requirements_txt": "requirements.lock", "lock_packages": False},
    }
    return json.dumps(definition, indent=2) + "\n"  # JSON is YAML


def _build(
    path: Path,
    files: Mapping[str, bytes],
    model_folder: Path | None,
    *,
    about: Mapping[str, Json],
    signer: Signer,
    logs: Path,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # not below the data root: BentoML refuses to build where a folder's name begins with a dot, as .flywheel does
    with tempfile.TemporaryDirectory(prefix="flywheel-build-") as scratch:
        context, store = Path(scratch, "context"), Path(scratch, "home")
        for name, content in files.items():
            place = context / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        if model_folder is not None:
            shutil.copytree(model_folder, context / "model")
        _run_bentoml_build(context, store, path.name, logs=logs)
        built = store / "bentos" / path.parent.name / path.name
        _make_timeless(built / "bento.yaml")
        write_manifest(built, kind=PACKAGE, about=about, signer=signer)
        _publish(built, path)


def _publish(built: Path, path: Path) -> None:
    """Bring a package to its place in one step, also from another file system."""
    with draft(path.parents[2] / "drafts") as scratch:
        copy = shutil.copytree(built, scratch / path.name)
        try:
            copy.rename(path)
        except OSError:
            if not path.is_dir():  # else another builder was quicker with the same bytes
                raise


def _run_bentoml_build(context: Path, store: Path, version: str, *, logs: Path) -> None:
    BENTOML.require()
    UV.require()
    run_to_end(
        [sys.executable, "-m", "bentoml", "build", "--version", version, "--output", "tag", "."],
        what="bentoml build",
        logs=logs,
        folder=context,
        environment={**quiet_environment(), "BENTOML_HOME": str(store)},
        seconds=BUILD_SECONDS,
    )


def _make_timeless(manifest: Path) -> None:
    text = manifest.read_text(encoding="utf-8")
    text, count = re.subn(r"(?m)^creation_time:.*$", "creation_time: '1970-01-01T00:00:00.000000+00:00'", text)
    if count != 1:
        raise Unavailable("BentoML writes its manifest in another way than expected", found=str(manifest))
    manifest.write_text(text, encoding="utf-8")
