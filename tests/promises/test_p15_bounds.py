"""P15: honest code works in a cell; bombs, poison and endless words end in one refusal, and nothing stays behind."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from flywheel.errors import InputRefused, Unavailable
from tests.promises.p15_cell import HOME, cell_in, let, needs_guards

HONEST = """
import os, threading
import numpy as np
import pandas as pd
import xgboost
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

def prepare(frame):
    x, y = frame[["x"]], frame["y"]
    frame["forest"] = RandomForestClassifier(5, n_jobs=2, random_state=0).fit(x, y).predict_proba(x)[:, 1]
    frame["boosted"] = HistGradientBoostingClassifier(max_iter=5).fit(x, y).predict(x)
    frame["trees"] = xgboost.XGBClassifier(n_estimators=5, n_jobs=2).fit(x, y).predict(x)
    frame["at"] = pd.Timestamp("2026-03-29 00:30", tz="Europe/Vienna") + pd.to_timedelta(frame["x"], unit="h")
    frame["word"] = pd.Categorical(np.where(y, "yes", "no"))
    done = []
    thread = threading.Thread(target=done.append, args=(1,))
    thread.start(), thread.join()
    with open(os.devnull, "w") as nowhere:
        print("nothing", file=nowhere)
    return frame.assign(threads=len(done))
"""


def test_honest_code_works_in_a_cell(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": range(200), "y": [0, 1] * 100})
    found = let(cell_in(tmp_path), HONEST, frame)
    assert list(found.columns) == ["x", "y", "forest", "boosted", "trees", "at", "word", "threads"]
    assert found["word"].tolist() == ["no", "yes"] * 100
    assert str(found["at"][2]) == "2026-03-29 03:30:00+02:00"
    assert set(found["threads"]) == {1}


CODE_OF_I386 = """pages = mmap.mmap(-1, 4096, prot=7)
    pages.write(bytes.fromhex('b814000000cd80c3'))
    ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(pages)))()"""
"""Asks the kernel by the gate of 32-bit programs, whose calls have other numbers."""

BOMBS = {
    "an endless loop": ("while True: pass", {"cpu_seconds": 1}, "time of the processor"),
    "a sleep without words": ("os.close(1), os.close(2), time.sleep(999)", {"seconds": 2}, "took too long"),
    "a memory bomb": ("x = bytearray(2_000_000_000)", {"memory_bytes": 900_000_000}, "raised MemoryError"),
    "an end before the answer": ("print('bye'), sys.stdout.flush(), os._exit(0)", {}, "no table that can be read"),
    "calls of another architecture": (CODE_OF_I386, {}, "was killed by SIGSYS"),
}


@needs_guards
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_and_poison_end_in_words(tmp_path: Path, name: str) -> None:
    body, limits, words = BOMBS[name]
    if name == "calls of another architecture" and os.uname().machine != "x86_64":
        pytest.skip("machine code of x86")
    text = f"import ctypes, mmap, os, sys, time\n\ndef prepare(frame):\n    {body}\n    return frame\n"
    with pytest.raises(InputRefused, match=words):
        let(cell_in(tmp_path), text, pd.DataFrame({"x": [1, 2]}), **limits)
    assert list((tmp_path / "cells").iterdir()) == []


def test_words_without_end_fill_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = "def prepare(frame):\n    print('word ' * 5_000_000)\n    print('last', chr(27))\n    return frame\n"
    assert len(let(cell_in(tmp_path), text, pd.DataFrame({"x": [1, 2]}))) == 2
    said = capfd.readouterr()
    assert (said.out, len(said.err) < 70_000, said.err.endswith("last\n")) == ("", True, True)


_A_RUN = """
import sys
from pathlib import Path
import pandas as pd
from tests.promises.p15_cell import cell_in, let
let(cell_in(Path(sys.argv[1])), "def prepare(frame):\\n    import time; time.sleep(999)\\n", pd.DataFrame({"x": [1]}))
"""


def test_a_cell_ends_with_the_run_that_waits_for_it(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _A_RUN, str(tmp_path)], cwd=HOME) as run:
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
        while not (started := children.read_text(encoding="ascii").split()):
            assert run.poll() is None
        cell = os.pidfd_open(int(started[0]))
        run.kill()
    assert select.select([cell], [], [], 20)[0] == [cell]
    os.close(cell)


def test_a_cell_that_cannot_be_closed_runs_nothing(tmp_path: Path) -> None:
    text = "def prepare(frame):\n    return frame\n"
    with pytest.raises(Unavailable, match="could not be closed, so that nothing ran in it"):
        let(cell_in(tmp_path), text, pd.DataFrame({"x": [1]}), cpu_seconds=-1)
