"""Serving side by side in one run: our packaged service against BentoML's plain typed API over a data frame.

`python -m benchmarks.serving`: the same boosted model, one worker, one thread each, in turns; each status is counted.
"""

from __future__ import annotations

import http.client
import shutil
import statistics
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from flywheel.adapters.bentoml_server import EndpointServer, listen, start_endpoint, stop_endpoint, wait_ready
from tests.factories.serving import SEAL, body_of, built_package, make_row

CALLERS = 8
ROUNDS = 5
SECONDS = 2.0
PLAIN = '''
"""BentoML as its first page shows it, with the same model."""
import os
import bentoml
from pathlib import Path
from pydantic import BaseModel

class Row(BaseModel):
    id: str
    at: str
    bureau: float | None
    age: int
    channel: str | None

@bentoml.service(name="plain", workers=1)
class Plain:
    def __init__(self) -> None:
        from flywheel.project.tabular.folder import folder_digest
        from flywheel.project.tabular.model import load_verified
        folder = Path("MODEL")
        self.model = load_verified(folder, folder_digest(folder))
        os.write(READY, b"ready")

    @bentoml.api
    def predict(self, rows: list[Row]) -> list[float]:
        import pandas as pd
        frame = pd.DataFrame([row.model_dump() for row in rows])
        return self.model.said(frame).tolist()
'''


def main() -> None:
    """Start both, let them take turns, print medians and their ratio."""
    root = Path(tempfile.mkdtemp(prefix="fw-"))
    package = built_package()[0].path
    plain = root / "bento" / "a" / "b" / "plain"
    plain.mkdir(parents=True)
    servers: dict[str, EndpointServer] = {}
    try:
        for name, path in {"ours": package, "plain": plain}.items():
            with listen("127.0.0.1", 0) as listener:
                began = time.perf_counter()
                if name == "plain":
                    _write_plain(plain, package)
                servers[name] = start_endpoint(
                    path,
                    public_key=SEAL.public_key,
                    listener=listener,
                    predictions_root=root / "log",
                    log_path=root / f"{name}.txt",
                )
            wait_ready(servers[name])
            print(f"{name:>6}: ready in {time.perf_counter() - began:.1f} s")
        for rows in (1, 64):
            _compare(servers, body_of(*[make_row()] * rows), rows)
    finally:
        for server in servers.values():
            stop_endpoint(server)
        shutil.rmtree(root)


def _write_plain(folder: Path, package: Path) -> None:
    """A service folder instead of a package; its ready pipe is the one that start_endpoint names."""
    source = PLAIN.replace("MODEL", str(package / "src" / "model"))
    ready = "__import__('json').loads(os.environ['FLYWHEEL_ENDPOINT'])['ready_fd']"
    (folder / "service.py").write_text(source.replace("READY", ready), encoding="utf-8")
    (folder / "flywheel").symlink_to(package / "src" / "flywheel")


def _compare(servers: dict[str, EndpointServer], body: bytes, rows: int) -> None:
    rates: dict[str, list[float]] = {name: [] for name in servers}
    statuses: dict[str, Counter[int]] = {name: Counter() for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            rates[name].append(_round(server.port, body, statuses[name]))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    print(f"{rows:>3} rows, {CALLERS} callers: " + ", ".join(f"{n} {m:.0f} requests/s" for n, m in medians.items()))
    print(f"    ratio {medians['ours'] / medians['plain']:.1f}; statuses { {n: dict(s) for n, s in statuses.items()} }")


def _round(port: int, body: bytes, statuses: Counter[int]) -> float:
    ends_at = time.perf_counter() + SECONDS
    seen: list[int] = []

    def call() -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            while time.perf_counter() < ends_at:
                connection.request("POST", "/predict", body, {"content-type": "application/json"})
                response = connection.getresponse()
                response.read()
                seen.append(response.status)

    callers = [threading.Thread(target=call) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    statuses.update(seen)
    return seen.count(200) / SECONDS


if __name__ == "__main__":
    main()
