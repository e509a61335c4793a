"""Hooks are looked at without being run, and run only as the text that was looked at."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from flywheel.errors import CharterError
from flywheel.project.hooks import load_hooks, read_hooks
from flywheel.project.loader import load_project
from tests.factories.charters import MINIMAL, write

GOOD = (
    "import pandas as pd\n\ndef prepare(frame):\n    return _twice(frame)\n\ndef _twice(frame):\n    return frame * 2\n"
)


def hooks_in(folder: Path, text: str) -> Path:
    path = folder / "hooks.py"
    path.write_text(text)
    return path


def test_checking_a_project_does_not_run_its_hooks(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    folder = write(tmp_path / "project", MINIMAL)
    hooks_in(folder, f"open({str(marker)!r}, 'w').close()\n{GOOD}")
    project = load_project(folder)
    assert not marker.exists()
    assert project.hooks.prepare is not None
    assert marker.exists()


def test_a_hook_is_handed_out_ready_to_call(tmp_path: Path) -> None:
    source, problems = read_hooks(hooks_in(tmp_path, GOOD))
    assert problems == ()
    prepare = load_hooks(source).prepare
    assert prepare is not None
    assert prepare(pd.DataFrame({"x": [1, 2]}))["x"].tolist() == [2, 4]


def test_no_hooks_file_means_the_default(tmp_path: Path) -> None:
    assert load_project(write(tmp_path, MINIMAL)).hooks.prepare is None


def test_text_that_is_not_the_registered_one_is_not_run(tmp_path: Path) -> None:
    source, _ = read_hooks(hooks_in(tmp_path, GOOD))
    assert source is not None
    with pytest.raises(CharterError, match="not the text that was registered"):
        load_hooks(replace(source, text=GOOD + "import os\n"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("def prepair(frame): ...\n", "did you mean prepare?"),
        ("def prepare(data): ...\n", "has other arguments"),
        ("def prepare(frame, more): ...\n", "has other arguments"),
        ("def prepare(*frame): ...\n", "has other arguments"),
        ("async def prepare(frame): ...\n", "is async"),
        ("def prepare(frame): ...\ndef prepare(frame): ...\n", "is defined twice"),
        ("x = 1\n", "defines no hook"),
        ("def prepare(frame:\n", "is not valid Python"),
        ("x = " + "(" * 5_000, "is not valid Python"),
    ],
)
def test_mistakes_in_hooks_are_named(tmp_path: Path, text: str, what: str) -> None:
    _, problems = read_hooks(hooks_in(tmp_path, text))
    assert any(what in str(problem) for problem in problems), problems


def test_hooks_that_break_when_run_leave_nothing_behind(tmp_path: Path) -> None:
    source, _ = read_hooks(hooks_in(tmp_path, GOOD + "raise RuntimeError('broken')\n"))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken"):
            load_hooks(source)
