"""P7: no artifact is opened by a parser that can run code before its digest is verified."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import skops.io

from flywheel.errors import InputRefused
from flywheel.project.tabular.estimators import ESTIMATOR_FILE
from flywheel.project.tabular.folder import folder_digest
from flywheel.project.tabular.model import FittedModel, file_of, save
from tests.factories.external import received
from tests.factories.tabular import fitted

SEED = 20_260
MUTATIONS = 500
Case = tuple[str, Path, str]
"""Name, folder, digest."""
OPENER = Path(__file__).with_name("p7_opener.py")


class Gadget:
    """Unpickling this calls a function of somebody's choice."""

    def __init__(self, call: Callable[..., object], *arguments: object) -> None:
        self.calling = (call, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.calling


def gadgets(marker: Path) -> dict[str, object]:
    """Pickles that run code, most of them unknown to scanners."""
    import logging.config

    import joblib
    import numpy
    import pandas
    import yaml

    inner = marker.with_suffix(".pkl")
    inner.write_bytes(pickle.dumps(Gadget(os.system, f"touch {marker}")))
    as_yaml = f"!!python/object/apply:os.system ['touch {marker}']"
    filters = {"version": 1, "filters": {"f": {"()": "os.system", "command": f"touch {marker}"}}}
    return {
        "system": Gadget(os.system, f"touch {marker}"),
        "popen": Gadget(subprocess.call, ["touch", str(marker)]),
        "exec": Gadget(exec, f"open({str(marker)!r}, 'w')"),
        "logging": Gadget(logging.config.dictConfig, filters),
        "pandas": Gadget(pandas.read_pickle, str(inner)),
        "joblib": Gadget(joblib.load, str(inner)),
        "numpy": Gadget(numpy.load, str(inner), None, True),
        "yaml": Gadget(yaml.unsafe_load, as_yaml),
        "breakpoint": Gadget(eval, f"__import__('os').system('touch {marker}')"),
    }


def poisons(marker: Path) -> Iterator[tuple[str, Callable[[Path, str], object]]]:
    """Named ways to spoil a model folder; each takes the folder and the name of its estimator's file."""
    for name, gadget in gadgets(marker).items():
        content = pickle.dumps(gadget)
        yield f"pickle {name} as model", _writing(content)
        yield f"pickle {name} as flywheel.json", _writing(content, "flywheel.json")
    evil = f"open({str(marker)!r}, 'w')"
    for extra in ("evil.py", "code/evil.py", ".git/x.py", "__pycache__/evil.pyc", "sitecustomize.py", "model.pkl"):
        yield f"extra {extra}", _writing(evil.encode(), extra)
    yield "skops of an unknown type", lambda f, e: (f / e).write_bytes(_foreign_skops())
    yield "skops that trusts itself", _self_trusting
    yield "loader_module in MLmodel", lambda f, _: _edit_mlmodel(f)
    yield "zip-slip", lambda f, e: (f / e).write_bytes(_zip_slip(marker))
    yield "UBJ instead of JSON", lambda f, e: (f / e).write_bytes(b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner{")
    yield "link to a file", lambda f, e: _replace_by_link(f / e)
    yield "link to a folder", lambda f, _: (f / "code").symlink_to("/etc")
    yield "pipe", _replace_by_pipe
    yield "sparse giant", lambda f, e: os.truncate(f / e, 20 * 1024**3)
    yield "empty folder", lambda f, _: (f / "code").mkdir()


@cache
def models() -> Mapping[str, FittedModel]:
    """A model of every kind: ours, and those that other people made."""
    ours = {kind.value: fitted(kind).model for kind in ESTIMATOR_FILE}
    return ours | {f"foreign-{form}": received(form) for form in ("onnx", "xgboost", "skops")}


def poison_all(root: Path, marker: Path, *, kinds: Iterable[str] = ()) -> Iterator[Case]:
    """Every poison in a folder of every kind, under the digest of the good folder."""
    for kind in kinds or models():
        good = root / f"good-{kind}"
        digest = save(models()[kind], good)
        for number, (name, spoil) in enumerate(poisons(marker)):
            folder = root / f"{kind}-{number}"
            shutil.copytree(good, folder)
            spoil(folder, file_of(models()[kind].recipe))
            yield f"{kind}: {name}", folder, digest


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all folders of this module lie, inside one that nobody else writes to."""
    root = tmp_path_factory.mktemp("p7") / "root"
    root.mkdir()
    return root


@pytest.fixture(scope="module")
def poisoned(root: Path) -> list[Case]:
    """Every poison in a folder of every kind, under the digest that was approved."""
    return list(poison_all(root, root / "marker"))


@pytest.fixture(scope="module")
def seen(root: Path, poisoned: list[Case]) -> dict[str, Any]:
    """One child opens them all: poisoned, poisoned under their own digest, mutated."""
    approved = [(f"approved {name}", folder, own_digest(folder)) for name, folder, _ in poisoned]
    return open_all(
        root, [*poisoned, *[c for c in approved if c[2] and not c[0].endswith("MLmodel")], *mutations(root)]
    )


def test_enough_artifacts_were_tried(seen: dict[str, Any], poisoned: list[Case]) -> None:
    assert len(poisoned) >= 60
    assert seen["opened"] >= len(poisoned) + 60 + MUTATIONS


def test_no_poisoned_or_mutated_artifact_is_accepted_even_where_its_digest_was_approved(seen: dict[str, Any]) -> None:
    assert seen["accepted"] == [], f"seed {SEED}"


def test_opening_artifacts_runs_none_of_their_code(seen: dict[str, Any], root: Path) -> None:
    assert (seen["ran"], seen["loaded"], (root / "marker").exists()) == ([], [], False), f"seed {SEED}"


def test_nothing_is_written_outside_the_folders(seen: dict[str, Any], root: Path) -> None:
    assert seen["opened"]
    assert not list(root.parent.glob("**/marker"))


def test_without_verification_mutated_folders_would_be_accepted(tmp_path: Path) -> None:
    assert open_all(tmp_path, mutations(tmp_path, count=60), "--without-verification")["accepted"]


def test_the_poison_is_poison_to_a_library_that_opens_it(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    cases = [case for case in poison_all(tmp_path, marker, kinds=["naive"]) if "pickle" in case[0]]
    ran = {event for _, event in open_all(tmp_path, cases, "--bare")["ran"]}
    assert ran >= {"os.system", "pickle.find_class", "subprocess.Popen"}
    assert marker.exists()


def mutations(root: Path, *, count: int = MUTATIONS) -> list[Case]:
    """Folders of every kind with 1 to 4 bytes flipped or cut in one file, by seed."""
    draw = random.Random(SEED)
    kept = root / "mutated"
    digests = {kind: save(model, kept / kind) for kind, model in models().items()}
    cases: list[Case] = []
    for number in range(count):
        kind = draw.choice(list(models()))
        folder = kept / f"{number}"
        shutil.copytree(kept / kind, folder)
        path = folder / draw.choice(sorted(p.name for p in folder.iterdir()))
        path.write_bytes(mutate(path.read_bytes(), draw))
        cases.append((f"mutated {kind} {path.name} {number}", folder, digests[kind]))
    return cases


def mutate(content: bytes, draw: random.Random) -> bytes:
    """Flip or cut 1 to 4 bytes."""
    changed = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(changed))
        if draw.random() < 0.5:
            changed[place] ^= draw.randint(1, 255)
        else:
            del changed[place]
    return bytes(changed) if bytes(changed) != content else content + b" "


def open_all(root: Path, cases: list[Case], *flags: str) -> dict[str, Any]:
    """Open the artifacts in a child with an audit hook, after good ones; a crash of the child fails the test."""
    good = {root / "good-ones" / kind: model for kind, model in models().items()}
    first = [(str(folder), save(model, folder)) for folder, model in good.items()]
    listing = root / "cases.json"
    listing.write_text(json.dumps([first, [[name, str(folder), digest] for name, folder, digest in cases]]))
    done = subprocess.run(
        [sys.executable, str(OPENER), str(listing), *flags],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"},
        cwd=root,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


def own_digest(folder: Path) -> str:
    """The spoilt folder's own digest, as if it had been approved; none where no digest covers such a folder."""
    try:
        return str(folder_digest(folder))
    except InputRefused:
        return ""


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def _writing(content: bytes, name: str = "") -> Callable[[Path, str], object]:
    return lambda folder, estimator: _write(folder / (name or estimator), content)


def _replace_by_pipe(folder: Path, estimator: str) -> None:
    (folder / estimator).unlink()
    os.mkfifo(folder / estimator)


def _foreign_skops() -> bytes:
    return bytes(skops.io.dumps({"model": Gadget(os.system, "true")}))


def _self_trusting(folder: Path, estimator: str) -> None:
    (folder / estimator).write_bytes(_foreign_skops())
    trusted = ["tests.promises.test_p7_artifacts.Gadget", "posix.system"]
    flavor = {"sklearn": {"pickled_model": estimator, "serialization_format": "skops", "skops_trusted_types": trusted}}
    (folder / "MLmodel").write_text(json.dumps({"flavors": flavor}))


def _edit_mlmodel(folder: Path) -> None:
    document = json.loads((folder / "MLmodel").read_text())
    document["flavors"]["python_function"] = {"loader_module": "evil", "code": "code", "python_version": "3.11"}
    (folder / "MLmodel").write_text(json.dumps(document))


def _zip_slip(marker: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../marker", "x")
        archive.writestr(str(marker), "x")
        archive.writestr("schema.json", "{}")
    return out.getvalue()


def _replace_by_link(path: Path) -> None:
    path.rename(path.parent.parent / f"{path.parent.name}-{path.name}")
    path.symlink_to(path.parent.parent / f"{path.parent.name}-{path.name}")
