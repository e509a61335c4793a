"""A lasting cell computes columns call by call; whatever its code does, the one who asks goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from flywheel.adapters.cell.lasting import Allowance, LastingCell
from flywheel.errors import InputRefused, Unavailable
from flywheel.project.expressions.own_features import Column
from flywheel.project.reading.kinds import Kind
from tests.deployments.waiting import eventually

GIVEN = (
    Column("loan", Kind.NUMBER, np.array([1.0, np.nan, 4.0])),
    Column("region", Kind.CATEGORY, np.array([0, 1, -1]), ("north", "south")),
    Column("since", Kind.TIME, np.array([0.0, 86_400_000_000.0, np.nan])),
    Column("new", Kind.BOOLEAN, np.array([1.0, 0.0, np.nan])),
)
ADDS = (("twice", Kind.NUMBER),)
TWICE = "def features(frame):\n    return frame.assign(twice=2 * frame.loan)\n"


@contextmanager
def cell_of(text: str, *, seconds: float = 20.0, is_told: bool = True) -> Iterator[LastingCell]:
    cell = LastingCell(text, Allowance(seconds, 2_000_000_000, 65_533), is_told)
    try:
        yield cell
    finally:
        cell.close()


def body(line: str) -> str:
    return f"import numpy as np\nimport os, sys, time\ndef features(frame):\n    {line}\n"


def pid_of(cell: LastingCell) -> int:
    assert cell._program is not None
    return cell._program.pid


def test_it_says_what_is_added_and_of_which_kind_and_computes_exactly_that() -> None:
    line = (
        "return frame.assign(twice=2 * frame.loan, big=frame.loan > 2, zone=frame.region.str.upper(), "
        "weekday=frame.since.dt.weekday, old=~frame.new, nought=1 / (frame.loan - 1))"
    )
    with cell_of(body(line)) as cell:
        adds = cell.added(GIVEN, 3)
        found = {one.name: one for one in cell.computed(GIVEN, 3, adds)}
    assert dict(adds) == {
        "twice": Kind.NUMBER,
        "big": Kind.BOOLEAN,
        "zone": Kind.CATEGORY,
        "weekday": Kind.NUMBER,
        "old": Kind.BOOLEAN,
        "nought": Kind.NUMBER,
    }
    assert found["twice"].values.tolist()[::2] == [2.0, 8.0]
    assert found["zone"].levels == ("NORTH", "SOUTH")
    assert found["zone"].values.tolist() == [0, 1, -1]
    assert found["weekday"].values.tolist()[:2] == [3.0, 4.0]
    assert found["old"].values.tolist()[:2] == [0.0, 1.0]
    assert np.isnan(found["old"].values[2])
    assert np.isnan(found["nought"].values[0]), "what has no finite answer is missing"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("return None", "did not give back a table"),
        ("return frame.head(1).assign(twice=1.0)", "another number of rows"),
        ("return frame.iloc[::-1].assign(twice=1.0)", "another order"),
        ("return frame", "did not give a column that it gave in training: twice"),
        ("return frame.assign(twice='much')", "a column of another kind: twice"),
        ("return frame.assign(twice=frame.since)", "a column of another kind: twice"),
        ("return frame.assign(twice=1.0, more=2.0)", "a column that it did not give in training"),
        ("return 1 / 0", "could not compute its columns"),
        ("raise KeyError('loan')", "could not compute its columns"),
    ],
)
def test_anything_but_the_columns_of_training_is_refused_in_one_sentence(line: str, what: str) -> None:
    with cell_of(body(line)) as cell:
        with pytest.raises(InputRefused, match=what):
            cell.computed(GIVEN, 3, ADDS)
        assert cell.is_ready, "a refusal ends nothing"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("frame['loan'] = 0.0; return frame.assign(twice=1.0)", "altered a column that it was given: loan"),
        ("return frame.assign(twice=np.nan).astype({'twice': object})", "missing in every row.*: twice"),
        ("return frame.assign(twice=frame.since)", "another kind: twice"),
        ("frame[7] = 1.0; return frame", "whose name is no text"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_before_anything_is(line: str, what: str) -> None:
    with cell_of(body(line)) as cell, pytest.raises(InputRefused, match=what):
        cell.added(GIVEN, 3)


def test_its_words_reach_its_author_and_no_caller() -> None:
    spy = body("raise ValueError(str(frame.region[0]))")
    with cell_of(spy) as told, pytest.raises(InputRefused, match=r"hooks\.py:4: ValueError: north"):
        told.computed(GIVEN, 3, ADDS)
    with cell_of(spy, is_told=False) as untold, pytest.raises(InputRefused) as refused:
        untold.computed(GIVEN, 3, ADDS)
    assert "north" not in refused.value.sentence()
    assert "ValueError" not in refused.value.sentence(), "its author chooses the names of what it raises"


def test_a_hung_call_ends_and_the_next_is_answered_by_another_program() -> None:
    hangs = body("time.sleep(60) if frame.loan[0] < 0 else None; return frame.assign(twice=2 * frame.loan)")
    late = (Column("loan", Kind.NUMBER, np.array([-1.0])),)
    with cell_of(hangs, seconds=0.5) as cell:
        cell.start()
        began_at = time.monotonic()
        with pytest.raises(Unavailable, match="took too long"):
            cell.computed(late, 1, ADDS)
        assert time.monotonic() - began_at < 5
        cell.start()
        assert cell.computed(GIVEN, 3, ADDS)[0].values[0] == 2.0
        assert cell.starts == 2


@pytest.mark.parametrize(
    "line", ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.write(1, b'x' * 999)", "sys.stdout.close(); os._exit(3)"]
)
def test_a_program_that_ends_itself_is_told_as_that(line: str) -> None:
    with cell_of(body(f"{line}; return None")) as cell, pytest.raises((Unavailable, InputRefused)):
        cell.computed(GIVEN, 3, ADDS)


GARBAGE = """
import os, json, struct
def features(frame):
    head = {head}
    line = next(fd for fd in range(3, 64) if _is_pipe(fd))
    os.write(line, struct.pack("<QQ", len(head) + {more}, {values}) + head + b"\\0" * {values})
    os._exit(0)
def _is_pipe(fd):
    try:
        return (os.fstat(fd).st_mode & 0o170000) == 0o010000
    except OSError:
        return False
"""


@pytest.mark.parametrize(
    ("head", "more", "values"),
    [
        (b"no json", 0, 24),
        (b"[]", 0, 24),
        (b'{"said": "done"}', 0, 24),
        (b'{"said": "done", "levels": [null]}', 0, 16),
        (b'{"said": "done", "levels": [["a"]]}', 0, 24),
        (b'{"said": "done", "levels": [null]}', 1 << 40, 24),
        (b'{"said": "done", "levels": [null]}', 0, 1 << 40),
        (b'{"said": "refused", "why": ["?"], "column": {}}', 0, 0),
    ],
)
def test_garbage_on_the_line_is_no_answer(head: bytes, more: int, values: int) -> None:
    text = GARBAGE.format(head=head, more=more, values=min(values, 4_096) if values < 1 << 30 else values)
    text = text.replace(f'b"\\0" * {1 << 40}', 'b""')
    with cell_of(text) as cell, pytest.raises((Unavailable, InputRefused)):
        cell.computed(GIVEN, 3, ADDS)


def test_a_code_beyond_the_words_and_a_truth_that_is_none_are_no_answer() -> None:
    for kind, levels in ((Kind.CATEGORY, ["a"]), (Kind.BOOLEAN, None)):
        head = b'{"said": "done", "levels": [%s]}' % (b'["a"]' if levels else b"null")
        text = GARBAGE.format(head=head, more=0, values=24).replace('b"\\0" * 24', 'b"\\7" * 24')
        with cell_of(text) as cell, pytest.raises(Unavailable):
            cell.computed(GIVEN, 3, (("x", kind),))


def test_one_that_was_killed_is_followed_by_another() -> None:
    with cell_of(TWICE) as cell:
        cell.start()
        os.kill(pid_of(cell), signal.SIGKILL)
        with pytest.raises(Unavailable, match="ended"):
            cell.computed(GIVEN, 3, ADDS)
        assert cell.computed(GIVEN, 3, ADDS)[0].values[0] == 2.0


def test_between_calls_it_stands_still() -> None:
    with cell_of(TWICE) as cell:
        cell.computed(GIVEN, 3, ADDS)
        status = Path(f"/proc/{pid_of(cell)}/stat")
        eventually(lambda: status.read_text().rpartition(")")[2].split()[0] == "T", "it is stopped")


def test_it_is_closed_before_its_code_is_read() -> None:
    with cell_of("open('/etc/passwd')\n" + TWICE) as cell, pytest.raises(InputRefused, match="PermissionError"):
        cell.start()
    reach = body("import socket; socket.socket(); return frame")
    with cell_of(reach) as cell, pytest.raises(InputRefused, match="PermissionError"):
        cell.computed(GIVEN, 3, ADDS)


def test_it_knows_no_file_of_ours() -> None:
    line = "import flywheel.settings; return frame"
    with cell_of(body(line)) as cell, pytest.raises(InputRefused, match=r"ModuleNotFoundError|PermissionError"):
        cell.computed(GIVEN, 3, ADDS)


def test_memory_that_lacks_ends_it() -> None:
    cell = LastingCell(body("x = bytearray(3_000_000_000); return frame"), Allowance(30.0, 1_000_000_000, 65_533))
    with pytest.raises(Unavailable, match="ended"):
        cell.computed(GIVEN, 3, ADDS)
    cell.close()
