"""A model's life under an audit hook: loaded, scored, packaged, served and asked; `-m tests.promises.p7_life ROOT`.

With `--plant`, this process and the server also unpickle a harmless file, and code beside the model is run: the hook
must tell of all of it.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import marshal
import pickle
import sys
from collections import OrderedDict
from contextlib import closing
from importlib.machinery import SourcelessFileLoader
from pathlib import Path

from flywheel.adapters.bentoml import PACKAGE, package
from flywheel.adapters.bentoml_server import EndpointServer, listen, start_endpoint, stop_endpoint, wait_ready
from flywheel.domain.digests import Digest
from flywheel.project.manifest import write_manifest
from flywheel.project.tabular.model import load_verified
from flywheel.services.serving.packaging import answers
from tests.factories.serving import SEAL, body_of, make_frame, make_row, save_model

PLANT = "import pickle, pathlib; pickle.loads(pathlib.Path(__file__).with_name('plant').read_bytes())\n"


def main(root: Path, *, is_planted: bool) -> None:
    """Live through it and print what was answered."""
    frame = make_frame(50).drop(columns="bad")
    for kind in () if is_planted else ("linear", "naive"):
        _, contract = save_model(root / kind, kind)
        assert contract.model_digest
        load_verified(root / kind, contract.model_digest).said(frame)
    _, contract = save_model(root / "boosted")
    assert contract.model_digest
    built = package(
        model_folder=root / "boosted",
        model_digest=contract.model_digest,
        contract=contract,
        signer=SEAL,
        target=root / "bento",
        logs=root / "logs",
    )
    whole = built.digest
    if is_planted:
        whole = plant(built.path)
    scores = answers(built.path, contract.model_digest, frame, public_key=SEAL.public_key, package=whole)
    with listen("127.0.0.1", 0) as listener:
        server = start_endpoint(
            built.path,
            public_key=SEAL.public_key,
            digest=whole,
            listener=listener,
            predictions_root=root / "predictions",
            log_path=root / "log",
        )
    wait_ready(server)
    answer = ask(server)
    stop_endpoint(server)
    sys.stdout.write(json.dumps({"scored": len(scores), "answer": answer}))


def plant(path: Path) -> Digest:
    """Let a package unpickle a file of its own, and seal it so."""
    content = pickle.dumps(OrderedDict(a=1))
    pickle.loads(content)  # noqa: S301
    service = path / "src" / "deployments" / "service"
    (service / "plant").write_bytes(content)
    source = (service / "scorers.py").read_text().replace("import sys\n", f"import sys\n{PLANT}", 1)
    (service / "scorers.py").write_text(source)
    evil = path / "src" / "model" / "evil.pyc"
    evil.write_bytes(importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(compile("1", str(evil), "exec")))
    SourcelessFileLoader("evil", str(evil)).load_module()
    evil.unlink()
    return write_manifest(path, kind=PACKAGE, about={}, signer=SEAL)


def ask(server: EndpointServer) -> object:
    """Ask for one prediction over HTTP."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.request("POST", "/predict", body_of(make_row()), {"content-type": "application/json"})
        return json.loads(connection.getresponse().read())


if __name__ == "__main__":
    sys.executable = sys.argv[2]  # what is started from here is armed too
    main(Path(sys.argv[1]), is_planted="--plant" in sys.argv)
