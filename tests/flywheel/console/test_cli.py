"""The door of the command line: quick help, readable errors, an exit code for each kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.console.cli import app
from tests.flywheel.console.conftest import Cli

HEAVY = ("pydantic", "sqlalchemy", "rich", "pandas", "numpy", "httpx", "prefect", "mlflow", "psycopg", "cryptography")
COMMANDS = {
    "demo", "up", "doctor", "new", "check", "register", "run", "status", "move-back", "close",
    "diff", "reproduce", "dossier", "inbox", "sign", "rebuild",
    "withdraw", "restore", "delegate", "break-glass", "validate", "register-external", "mend",
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
