"""Hooks are looked at without being run."""

from pathlib import Path

import pytest

from flywheel.project.hooks import libraries_of, read_hooks
from flywheel.project.loader import load_project
from tests.factories.charters import MINIMAL, write

GOOD = (
    "import pandas as pd\n\ndef prepare(frame):\n    return _twice(frame)\n\ndef _twice(frame):\n    return frame * 2\n"
)


def hooks_in(folder: Path, text: str) -> Path:
    path = folder / "hooks.py"
    path.write_text(text)
    return path


def test_loading_a_project_does_not_run_its_hooks(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    folder = write(tmp_path / "project", MINIMAL)
    hooks_in(folder, f"open({str(marker)!r}, 'w').close()\n{GOOD}")
    source = load_project(folder).hook_source
    assert source is not None
    assert source.names == ("prepare",)
    assert not marker.exists()


def test_no_hooks_file_means_the_default(tmp_path: Path) -> None:
    assert load_project(write(tmp_path, MINIMAL)).hook_source is None


def test_a_package_takes_along_what_the_code_imports_and_nothing_that_is_not_installed() -> None:
    text = "import os\nimport numpy.linalg\nfrom scipy import stats\nimport nosuchlibrary\n"
    assert libraries_of(text) == ("numpy", "pandas", "scipy")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("def prepair(frame): ...\n", "did you mean prepare?"),
        ("def prepare(data): ...\n", "has other arguments"),
        ("def prepare(frame, more): ...\n", "has other arguments"),
        ("def prepare(*frame): ...\n", "has other arguments"),
        ("async def prepare(frame): ...\n", "is async"),
        ("def prepare(frame): ...\ndef prepare(frame): ...\n", "is defined twice"),
        ("def prepare(frame): ...\nx = 'mysql://a:s3cret@b/c'\n", "hooks.py:2: holds a password"),
        ("x = 1\n", "defines no hook"),
        ("def prepare(frame:\n", "is not valid Python"),
        ("x = " + "(" * 5_000, "is not valid Python"),
    ],
)
def test_mistakes_in_hooks_are_named(tmp_path: Path, text: str, what: str) -> None:
    _, problems = read_hooks(hooks_in(tmp_path, text))
    assert any(what in str(problem) for problem in problems), problems
