"""The door of the command line: quick help, readable errors, an exit code for each kind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import typer

from flywheel.catalog.engine import Catalog
from flywheel.console.cli import FIRST_DAY, app
from tests.factories.projects import SLUG, registered
from tests.flywheel.console.conftest import Cli, Ran

HEAVY = ("pydantic", "sqlalchemy", "rich", "pandas", "numpy", "httpx", "prefect", "mlflow", "psycopg", "cryptography")
COMMANDS = {
    "demo", "up", "doctor", "new", "decide", "check", "register", "run", "status", "move-back", "close",
    "diff", "reproduce", "dossier", "inbox", "sign", "rebuild",
    "withdraw", "restore", "delegate", "break-glass", "validate", "register-external", "mend",
    "backup", "recover", "windows", "monitor", "login", "logout", "whoami", "stop",
}  # fmt: skip
FAMILIES = {"events", "findings", "notes", "people", "policy", "incidents", "waivers"}


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; import flywheel.console.cli as cli\n"
        "try: cli.main(['--help'])\n"
        f"finally: print('HEAVY', sorted(sys.modules.keys() & {set(HEAVY)!r}))"
    )
    home = Path(__file__).resolve().parents[3]
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=home, check=True)
    assert "Usage: flywheel" in ran.stdout
    assert ran.stdout.endswith("HEAVY []\n")


def test_help_names_every_command(bare_cli: Cli) -> None:
    shown = bare_cli("--help")
    assert shown.code == 0
    assert all(f"\n  {name} " in shown.out for name in COMMANDS | FAMILIES)
    assert {info.name or info.callback.__name__ for info in app.registered_commands if info.callback} == COMMANDS


@pytest.mark.parametrize("command", sorted(COMMANDS - {"demo", "up"} | FAMILIES))
def test_every_command_explains_itself(bare_cli: Cli, command: str) -> None:
    shown = bare_cli(command, "--help")
    assert shown.code == 0
    assert f"Usage: flywheel {command}" in shown.out


BECOME = ("demo", "up")
"""Commands that become other programs, whose options belong to those."""


def as_program(folder: Path, *words: str) -> Ran:
    """Run a command as a program of its own, on a data root that is not there."""
    home = Path(__file__).resolve().parents[3]
    place = {"FLYWHEEL_HOME": str(home), "FLYWHEEL_DATA_ROOT": str(folder / "data"), "PYTHONPATH": str(home)}
    program = [sys.executable, "-c", "from flywheel.console.cli import main; main()", *words]
    ran = subprocess.run(program, capture_output=True, text=True, timeout=60, env=os.environ | place, check=False)
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def walk(group: typer.core.TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Name every command, those of families too."""
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from walk(command, (*path, name))
        else:
            yield (*path, name)


EVERY_COMMAND = tuple(walk(cast("typer.core.TyperGroup", typer.main.get_command(app))))


def test_help_of_every_command_starts_nothing_and_writes_nothing(
    bare_cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_DATA_ROOT", str(tmp_path / "data"))
    for path in EVERY_COMMAND:
        shown = as_program(tmp_path, *path, "--help") if path[0] in BECOME else bare_cli(*path, "--help")
        assert (shown.code, "usage: " in shown.out.lower()) == (0, True), (path, shown.err)
    assert len(EVERY_COMMAND) > len(COMMANDS)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", BECOME)
def test_an_option_that_is_none_is_refused_before_anything_starts(tmp_path: Path, command: str) -> None:
    ran = as_program(tmp_path, command, "--nonsense")
    assert ran.code == 2
    assert "--nonsense" in ran.err
    assert not (tmp_path / "data").exists()


def test_the_help_begins_with_what_a_first_day_needs_in_its_order(bare_cli: Cli) -> None:
    listed = bare_cli("--help").out.partition("Commands:")[2].splitlines()
    names = [line.split()[0] for line in listed if line.startswith("  ") and line[2:3].strip()]
    assert tuple(names[: len(FIRST_DAY)]) == FIRST_DAY


def test_no_command_shows_the_help_and_fails(bare_cli: Cli) -> None:
    assert bare_cli().code == 2


def test_unknown_option_is_told_in_a_sentence(bare_cli: Cli) -> None:
    ended = bare_cli("status", "--nonsense")
    assert ended.code == 2
    assert "No such option" in ended.err


def test_error_is_one_clear_message_without_a_traceback(bare_cli: Cli) -> None:
    ended = bare_cli("run", "churn", "nonsense")
    assert ended.out == ""
    assert ended.err.startswith("flywheel: there is no such stage to run; found 'nonsense'; allowed: lifecycle")
    assert "Traceback" not in ended.err


def test_path_that_no_system_opens_is_told_in_a_sentence(
    bare_cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    told = bare_cli("new", "churn", "--folder", str(tmp_path / "file" / "churn"))
    assert (told.code, told.err.startswith("flywheel: Not a directory; found")) == (7, True)
    told = bare_cli("check", "x" * 5_000)
    assert (told.code, told.err.startswith("flywheel: File name too long; found"), len(told.err) < 500) == (
        7,
        True,
        True,
    )


def test_wrong_setting_is_told_with_its_name(bare_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYWHEEL_PREFECT__PORT", "70000")
    ended = bare_cli("run", "churn")
    assert ended.code == 2
    assert "FLYWHEEL_PREFECT__PORT" in ended.err


def test_command_that_needs_the_repository_says_so_elsewhere(
    bare_cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLYWHEEL_HOME", str(tmp_path))
    ended = bare_cli("demo")
    assert ended.code == 7
    assert "needs a checkout" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("delegate", "nope"),
        ("events", "list", "--project", "nope"),
        ("incidents", "list", "--project", "nope"),
        ("data", "list", "--project", "nope"),
        ("data", "usage", "--project", "nope"),
    ],
    ids=" ".join,
)
def test_a_project_that_is_not_there_is_not_called_empty(cli: Cli, catalog: Catalog, words: tuple[str, ...]) -> None:
    told = cli(*words)
    assert (told.code, "there is no such project; found 'nope'" in told.err) == (4, True)


def test_what_is_not_there_is_answered_with_what_is_probably_meant(cli: Cli, catalog: Catalog) -> None:
    registered(catalog)
    assert f"did you mean {SLUG}?" in cli("status", SLUG[:-1]).err
    assert "register it" in cli("status", "zzz").err
