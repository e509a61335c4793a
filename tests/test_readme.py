"""The README keeps its word: its commands parse or run, its files, verbs and settings exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer

from flywheel.console.cli import app, main
from flywheel.settings import Settings
from tests.test_run import HOME, VERBS

README = (HOME / "README.md").read_text(encoding="utf-8")
PAGES = f"{README}\n{(HOME / 'CONTRIBUTING.md').read_text(encoding='utf-8')}"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
LINES = [line.partition(" #")[0].strip() for block in BLOCK.findall(PAGES) for line in block.splitlines() if line]
SPANS = re.findall(r"`([^`\n]+)`", BLOCK.sub("", PAGES))
COMMANDS = sorted({text for text in (*LINES, *SPANS) if text.startswith("flywheel ")})
RUNS = sorted({text for text in (*LINES, *SPANS) if text.startswith("./run")})
MADE_BY_RUNNING = {".flywheel/", ".venv/bin", "project.toml", "hooks.py"}
"""Named on the pages, but written by their commands or by a data scientist."""
FILES = sorted(
    {text for text in SPANS if re.fullmatch(r"[\w./<>-]+(/|\.\w+|/[\w<>]+)", text)} - MADE_BY_RUNNING - set(RUNS)
)
USAGE_ERROR: type[Exception] = typer.BadParameter.mro()[1]
"""Typer carries its own copy of click, whose names are private."""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_named_command_is_one(command: str) -> None:
    words = shlex.split(command)[1:]
    group = typer.main.get_command(app)
    assert parses(group, words), f"`{command}` is not a command"


@pytest.mark.parametrize("command", ["flywheel fly", "flywheel run churn --nonsense", "flywheel sign --answer maybe x"])
def test_command_that_is_none_is_seen(command: str) -> None:
    assert not parses(typer.main.get_command(app), shlex.split(command)[1:])


@pytest.mark.parametrize("command", RUNS)
def test_every_named_verb_exists(command: str) -> None:
    assert command == "./run" or command.split()[1] in VERBS


@pytest.mark.parametrize("name", FILES)
def test_every_named_file_exists(name: str) -> None:
    pattern = re.sub(r"<\w+>", "*", name.removeprefix("./")).rstrip("/")
    assert list(HOME.glob(pattern)), f"{name} is not there"


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(FLYWHEEL_[A-Z_]+)`", README))))
def test_every_named_setting_exists(name: str) -> None:
    node: object = Settings
    for part in name.removeprefix("FLYWHEEL_").lower().split("__"):
        assert isinstance(node, type), name
        fields = getattr(node, "model_fields", {})
        assert part in fields, name
        node = fields[part].annotation


def test_cheap_commands_of_the_first_project_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"K{n},{n % 9},{'yes' if n % 3 else 'no'}\n" for n in range(100))
    (tmp_path / "customers.csv").write_text(f"customer,visits,churn\n{rows}", encoding="utf-8")
    monkeypatch.setattr("typer.prompt", Person().answers)
    monkeypatch.setattr("os.execv", run_instead)  # what becomes another program would end this one
    cheap = [line for line in LINES if line.startswith(("flywheel new", "flywheel decide", "flywheel check"))]
    assert len(cheap) == 3
    for line in cheap:
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(line)[1:])
        assert not ended.value.code, line


@dataclass
class Person:
    """Takes every proposal, and answers where Enter is no answer, since what is proposed is an example."""

    asked: list[str] = field(default_factory=list)

    def answers(self, question: str, **_: object) -> str:
        """Answer only what is asked again."""
        again = question in self.asked[-1:]
        self.asked.append(question)
        if not again:
            return ""
        return f"person-{len(self.asked)}@bank.example" if "@" in question else "Know who leaves, and call them."


def run_instead(_: str, words: list[str]) -> None:
    """Run the program that we would have become."""
    raise SystemExit(subprocess.run(words, check=False).returncode)


def parses(command: object, words: list[str]) -> bool:
    """Whether a command line can be read, without running it."""
    while (found := getattr(command, "commands", None)) is not None:
        if not words or words[0] not in found:
            return False
        command, words = found[words[0]], words[1:]
    try:
        command.make_context("flywheel", list(words))  # type: ignore[attr-defined]
    except USAGE_ERROR:
        return False
    return True
