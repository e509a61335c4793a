"""What is lost or doubled where any process is killed or stopped at any moment under load, and how soon all is well.

`python -m benchmarks.siege [KILLS [STOPS [SEED]]]`. Callers ask a live endpoint, costs are recorded, incidents page and
monitoring runs are started, all the while; whatever is acknowledged must be there at the end, once.
"""

from __future__ import annotations

import http.client
import itertools
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks.siege_load import MARK, PROJECT, STEP, Acknowledged, ask, begin
from benchmarks.tree import database_roots, load, members, tree_of
from flywheel.adapters.bentoml_server import WORKER
from flywheel.adapters.predictions.log import column_of
from flywheel.adapters.predictions.windows import read_window
from flywheel.errors import Unavailable, counted
from flywheel.services.record import record
from flywheel.services.record.ledger import list_entries
from tests.deployments.healing import pid_of, questions
from tests.scenarios.kills import Killer
from tests.scenarios.lab import Lab, running_lab

WELL_WITHIN_SECONDS = 120.0
LEFT_WITHIN_SECONDS = 180.0
QUIET_SECONDS = (0.5, 6.0)

Questions = Mapping[str, Callable[[], bool]]


@dataclass(frozen=True)
class Blow:
    """What was done to which process, and after how long all questions were answered again."""

    process: str
    done: str
    seconds: float


def main(kills: int = 200, stops: int = 50, seed: int = 1) -> int:
    """Besiege, and print what was lost and doubled and how soon all was well."""
    chance, promised, is_over = random.Random(seed), Acknowledged(), threading.Event()
    print(load())
    with tempfile.TemporaryDirectory(prefix="fw-") as folder, running_lab(Path(folder) / "lab") as lab:
        walk = Killer(lab, Path(folder)).walk(PROJECT, (), seed=seed)
        if walk.faults:
            print(f"the walk before the siege: {walk.faults}")
            return 1
        url = lab.endpoint_url(PROJECT)
        threads = begin(lab, url, promised, is_over)
        blows = tuple(_strike(lab, url, kills=kills, stops=stops, chance=chance))
        is_over.set()
        for thread in threads:
            thread.join(LEFT_WITHIN_SECONDS)
        faults = (*_unended(threads), *_faults(lab, promised))
    _tell(blows, promised, faults, seed=seed)
    return 1 if faults else 0


def _strike(lab: Lab, url: str, *, kills: int, stops: int, chance: random.Random) -> Iterator[Blow]:
    """Kill any process, stop any program; after each wait until all is well again."""
    asked: Questions = {**questions(lab.bench.settings), "endpoint": partial(_is_ready, url)}
    blows = [signal.SIGKILL] * kills + [signal.SIGSTOP] * stops
    chance.shuffle(blows)
    for number in blows:
        time.sleep(chance.uniform(*QUIET_SECONDS))
        pid, name = chance.choice(_programs(lab, asked) if number is signal.SIGSTOP else _processes(lab))
        began = time.monotonic()
        try:
            os.kill(pid, number)
        except ProcessLookupError:  # it ended by itself meanwhile
            continue
        _await_well(asked, pid)
        blow = Blow(name, number.name, time.monotonic() - began)
        print(f"   {blow.done} {blow.process}: all is well after {blow.seconds:.1f} s", flush=True)
        yield blow


def _processes(lab: Lab) -> list[tuple[int, str]]:
    """All that runs here but this program, which is the supervisor."""
    roots = (os.getpid(), *database_roots(lab.bench.settings))
    found = ((pid, _name(pid)) for pid in tree_of(roots, members()) if pid != os.getpid())
    return sorted((pid, name) for pid, name in found if name)


def _programs(lab: Lab, asked: Questions) -> list[tuple[int, str]]:
    """The servers and their endpoint, each by the process that does its work."""
    found = [(pid_of(lab.servers, name), name) for name in asked if name != "endpoint"]
    workers = [(pid, name) for pid, name in _processes(lab) if WORKER in name]
    return [(pid, name) for pid, name in (*found, *workers) if pid is not None]


def _await_well(asked: Questions, struck: int) -> None:
    deadline = time.monotonic() + WELL_WITHIN_SECONDS
    ill = list(asked)
    while ill or _is_stopped(struck):
        if time.monotonic() > deadline:
            raise SystemExit(f"after {WELL_WITHIN_SECONDS:.0f} s not well: {', '.join(ill) or 'what was stopped'}")
        ill = [name for name in ill if not asked[name]()]
        time.sleep(0.05)


def _is_stopped(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state == "T"


def _name(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ").split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return " ".join(Path(word).name for word in words if not word.startswith("-"))[:60]


def _is_ready(url: str) -> bool:
    try:
        return ask(url, "GET", "/ready")[0] == http.client.OK
    except (OSError, http.client.HTTPException):
        return False


def _unended(threads: Sequence[threading.Thread]) -> Iterator[str]:
    yield from ("somebody still waits for an answer" for thread in threads if thread.is_alive())


def _faults(lab: Lab, promised: Acknowledged) -> Iterator[str]:
    """What was acknowledged and is not there once."""
    yield from _compared("row", promised.keys["row"], _logged(lab))
    costs = [entry.run_id for entry in list_entries(lab.bench.catalog, project=PROJECT) if "siege" in entry.run_id]
    yield from _compared("cost", promised.keys["cost"], costs)
    yield from _compared("page", promised.keys["page"], _paged(lab, promised.keys["page"]))
    for run in promised.keys["run"]:
        try:
            lab.finished(run)
        except AssertionError as error:
            yield f"run: {error}"
    checked = record.verify_events(lab.bench.catalog)
    if not checked.is_sound:
        yield f"event {checked.first_bad}: {checked.reason}"


def _compared(kind: str, promised: Sequence[str], found: Sequence[str]) -> Iterator[str]:
    counts = Counter(found)
    lost, doubled = [key for key in promised if not counts[key]], [key for key in counts if counts[key] > 1]
    if lost:
        yield f"{kind}: {len(lost)} of {len(promised)} lost: {lost[:5]}"
    if doubled:
        yield f"{kind}: {len(doubled)} doubled: {doubled[:5]}"


def _logged(lab: Lab) -> list[str]:
    now = datetime.now(UTC)
    table = read_window(lab.bench.settings.predictions_root, PROJECT, now - timedelta(days=1), now + timedelta(hours=1))
    marks = table[column_of(MARK)].to_pylist()
    return [str(round((mark - 500) / STEP)) for mark in marks]


def _paged(lab: Lab, promised: Sequence[str]) -> list[str]:
    """Wait for the pages that are under way, and give what each told."""
    found: list[str] = []
    deadline = time.monotonic() + LEFT_WITHIN_SECONDS
    while time.monotonic() < deadline and not set(promised) <= set(found):
        try:
            title = lab.receiver.next_page(within_seconds=2.0)["title"]
        except Unavailable:
            continue
        found.append(title.rpartition(" ")[2])
    return [title for title in found if title.startswith("siege-page")]


def _tell(blows: Sequence[Blow], promised: Acknowledged, faults: Sequence[str], *, seed: int) -> None:
    """Print the figures."""
    print(
        f"\nseed {seed}: "
        + ", ".join(counted(len(keys), f"acknowledged {kind}") for kind, keys in promised.keys.items())
    )
    gaps = [after - before for before, after in itertools.pairwise(sorted(promised.answered_at))]
    print(f"callers: {dict(promised.statuses)}; longest without an answer {max(gaps, default=0.0):.1f} s")
    for done in ("SIGKILL", "SIGSTOP"):
        took = sorted(blow.seconds for blow in blows if blow.done == done)
        if took:
            middle = statistics.median(took)
            print(f"{done} x {len(took)}: all is well after {middle:.1f} s (median), {took[-1]:.1f} s (worst)")
    print("\n".join(faults) or "nothing lost, nothing doubled")


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:4])))
