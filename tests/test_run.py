"""`./run` and `.ci/run`: a shell script that any machine has a shell for, and errors that say what to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parent.parent
VERBS = ("setup", "demo", "up", "test", "check", "bench", "lock")


def run(*words: str, home: Path = HOME, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run a verb."""
    environment = os.environ | ({"PATH": path} if path else {})
    return subprocess.run([home / "run", *words], capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As much of a checkout as setting up looks at first."""
    for name in ("run", "requirements.lock", "pyproject.toml"):
        shutil.copy(HOME / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH on which every Python is too old and uv is broken."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13", "uv"):
        (folder / name).write_text("#!/bin/sh\necho Python 3.9.2\nexit 1\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def test_no_verb_lists_every_verb_on_its_line() -> None:
    listed = re.findall(r"^  (\w+)  ", run().stdout, re.MULTILINE)
    assert tuple(listed) == VERBS


def test_every_listed_verb_is_there() -> None:
    text = (HOME / "run").read_text(encoding="utf-8")
    assert all(re.search(rf"^    {verb}\)", text, re.MULTILINE) for verb in VERBS)


def test_unknown_verb_is_refused() -> None:
    ended = run("fly")
    assert ended.returncode == 1
    assert "there is no verb 'fly'" in ended.stderr


@pytest.mark.parametrize(("shell", "script"), [("sh", "run"), ("bash", ".ci/run")])
def test_script_is_executable_and_its_shell_can_read_it(shell: str, script: str) -> None:
    assert os.access(HOME / script, os.X_OK)
    assert subprocess.run([shell, "-n", HOME / script], check=False).returncode == 0


def test_too_old_python_is_told_with_what_is_needed(clone: Path, bare_path: str) -> None:
    ended = run("setup", home=clone, path=bare_path)
    assert ended.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed; found: Python 3.9.2" in ended.stderr
    assert not (clone / ".venv" / "stamp").exists()


@pytest.fixture
def recorded(clone: Path) -> Path:
    """A clone whose own uv does nothing but write down how it was called; gives that file."""
    calls, folder = clone / "calls", clone / ".venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(sys.executable)
    (folder / "uv").write_text(f"#!/bin/sh\necho \"$@\" >>'{calls}'\n", encoding="utf-8")
    (folder / "uv").chmod(0o755)
    return calls


def test_uv_is_the_lock_s_own_and_goes_by_the_systems_certificates(clone: Path, recorded: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "strangers"
    stranger.mkdir()
    (stranger / "uv").write_text("#!/bin/sh\necho 'a stranger was called' >&2\n", encoding="utf-8")
    (stranger / "uv").chmod(0o755)
    ended = run("setup", home=clone, path=f"{stranger}:/usr/bin:/bin")
    assert (ended.returncode, "stranger" in ended.stderr) == (0, False)
    _, *calls = recorded.read_text(encoding="utf-8").splitlines()
    assert len(calls) == 2
    assert all(call.startswith("--system-certs pip ") for call in calls), "not quiet: uv shows what it does"


def test_uv_is_brought_with_the_hashes_of_the_lock() -> None:
    named = re.search(r"sed -n '([^']+)'", (HOME / "run").read_text(encoding="utf-8"))
    assert named is not None
    command = ["/usr/bin/sed", "-n", named[1], "requirements.lock"]
    lines = subprocess.run(command, capture_output=True, text=True, cwd=HOME, check=True).stdout.splitlines()
    assert re.fullmatch(r"uv==[\d.]+ \\", lines[0])
    assert all(line.startswith(("    --hash=sha256:", "    # via")) for line in lines[1:])
    assert len(lines) > 2


def test_continuous_integration_gives_the_readmes_commands_as_a_newcomer() -> None:
    readme = (HOME / "README.md").read_text(encoding="utf-8")
    two = re.findall(r"^(\./run \w+) ", readme.split("```sh\n")[1].split("```")[0], re.MULTILINE)
    text = (HOME / ".ci" / "run").read_text(encoding="utf-8")
    assert len(two) == 2
    assert [command for command in two if f"\nstep {command}\n" not in text] == []
    assert text.count('"$@"') == 2, "every step goes through the newcomer's environment"
    assert "env -i HOME=" in text
    assert "SYSTEM_PATH=/usr/local/bin:/usr/bin:/bin\n" in text


def stamp(clone: Path) -> None:
    """Say that everything is set up as the files say now."""
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").symlink_to("/bin/sh")
    sums = subprocess.run(
        ["/usr/bin/cksum", "requirements.lock", "pyproject.toml", "run"],
        capture_output=True,
        text=True,
        cwd=clone,
        check=True,
    )
    (clone / ".venv" / "stamp").write_text(f"{clone}\n{sums.stdout}", encoding="utf-8")


def test_setting_up_again_changes_nothing(clone: Path, bare_path: str) -> None:
    stamp(clone)
    ended = run("setup", home=clone, path=bare_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == (
        "run: .venv is up to date; next: ./run demo, or ./run up and .venv/bin/flywheel new NAME --from FILE\n"
    )


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_changed_lock_or_project_is_set_up_again(clone: Path, bare_path: str, changed: str) -> None:
    stamp(clone)
    with (clone / changed).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    assert "setting up" in run("setup", home=clone, path=bare_path).stderr
