"""What a machine must have: one list, each need with its reason, and no start where one is not met."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from flywheel.adapters import machine, programs
from flywheel.errors import Unavailable
from flywheel.services import doctor
from flywheel.services.doctor import Fitness, examine, require_fit, require_ports, unit_of
from flywheel.settings import Settings

HOME = Path(__file__).resolve().parents[3]
LISTENS = (
    "import socket, sys; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"
    "print(s.getsockname()[1], flush=True); sys.stdin.read()"
)


def settings_in(folder: Path, **more: str) -> Settings:
    """Settings of a data root of one's own."""
    return Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": str(folder), **more})


def test_every_assumed_program_is_looked_at(tmp_path: Path) -> None:
    seen = {need.name for need in examine(settings_in(tmp_path))}
    assert {one.name for one in (*programs.REQUIRED, *programs.OF_THE_DATABASE, *programs.OPTIONAL)} <= seen


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    examine(settings_in(tmp_path / "data"))
    assert not (tmp_path / "data").exists()


def test_every_need_that_is_not_met_stops_the_start_at_once_with_reason_and_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = replace(programs.UV, find=lambda: None)
    monkeypatch.setattr(programs, "REQUIRED", (programs.PREFECT, gone))
    monkeypatch.setattr(machine, "python_version", lambda: (3, 10))
    monkeypatch.setattr(machine, "free_bytes", lambda place: 1_000)
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable) as refused:
        require_fit(settings_in(tmp_path / "file" / "data"))
    lines = refused.value.sentence().splitlines()[1:]
    assert [line.split(" (")[0].strip() for line in lines] == ["Python", "data root", "disk", "uv"]
    assert all("; next: " in line for line in lines)
    assert programs.UV.purpose in lines[3]


def test_what_is_optional_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "OPTIONAL", (replace(programs.GIT, find=lambda: None),))
    require_fit(settings_in(tmp_path))
    git = next(need for need in examine(settings_in(tmp_path)) if need.name == "git")
    assert git.fitness is Fitness.ABSENT
    assert git.next_step


def test_a_teams_database_needs_none_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "POSTGRES", replace(programs.POSTGRES, find=lambda: None))
    with pytest.raises(Unavailable, match="PostgreSQL"):
        require_fit(settings_in(tmp_path))
    require_fit(settings_in(tmp_path, FLYWHEEL_DATABASE__URL="postgresql://db.example/"))
    assert "useradd" not in {
        need.name for need in examine(settings_in(tmp_path, FLYWHEEL_DATABASE__URL="postgresql://db.example/"))
    }


def test_a_port_in_use_names_its_holder_and_the_setting(tmp_path: Path) -> None:
    nobodys = {name: value for name, value in os.environ.items() if name != "FLYWHEEL_DATA_ROOT"}
    command = [sys.executable, "-S", "-c", LISTENS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=nobodys) as other:
        assert other.stdout is not None
        port = other.stdout.readline().strip()
        settings = settings_in(tmp_path, FLYWHEEL_MLFLOW__UI_PORT=port)
        with pytest.raises(Unavailable) as refused:
            require_ports(settings, with_mlflow=True)
        require_ports(settings, with_mlflow=False)
        other.kill()
    words = refused.value.sentence()
    assert f"port {port} (in use by process " in words
    assert f"of the user {machine.user_name()}" in words
    assert "FLYWHEEL_MLFLOW__UI_PORT" in words


def test_every_port_that_a_setting_names_is_shown_with_its_setting(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    wanted = {
        f"FLYWHEEL_{group}__{name}".upper(): getattr(getattr(settings, group), name)
        for group in Settings.model_fields
        for name in getattr(type(getattr(settings, group)), "model_fields", {})
        if name == "port" or name.endswith("_port")
    }
    assert len(wanted) > 3
    told = [(need.name, need.purpose) for need in examine(settings)]
    for variable, port in wanted.items():
        assert any(name == f"port {port}" and variable in purpose for name, purpose in told), variable


def test_a_taken_port_of_endpoints_stops_nothing(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings = settings_in(tmp_path, FLYWHEEL_SERVING__FIRST_PORT=str(other.getsockname()[1]))
        need = examine(settings)[-1]
    assert (need.fitness, need.found.startswith("in use by")) == (Fitness.FINE, True)


def test_ports_of_the_servers_of_this_data_root_are_no_mistake(tmp_path: Path) -> None:
    ours = {**os.environ, "FLYWHEEL_DATA_ROOT": str(tmp_path.resolve())}
    command = [sys.executable, "-S", "-c", LISTENS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ours) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        require_ports(settings_in(tmp_path, FLYWHEEL_PREFECT__PORT=port), with_mlflow=False)
        with pytest.raises(Unavailable, match=f"of the servers of {tmp_path}"):
            require_ports(settings_in(tmp_path / "else", FLYWHEEL_PREFECT__PORT=port), with_mlflow=False)
        server.kill()


def test_what_a_cell_lacks_is_named_with_a_cure_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "landlock_version", lambda: 0)
    monkeypatch.setattr(machine, "has_seccomp", lambda: False)
    monkeypatch.setattr(machine, "is_root", lambda: True)
    monkeypatch.setattr(machine, "can_become", lambda user: False)
    monkeypatch.setattr(doctor, "unreachable", lambda places: [])
    settings = settings_in(tmp_path)
    cell = [need for need in examine(settings) if need.name.startswith("cell: ")]
    assert [need.name for need in cell] == ["cell: Landlock", "cell: seccomp", "cell: a user of its own"]
    assert all(need.fitness is Fitness.ABSENT and need.next_step and "high-risk" in need.purpose for need in cell)
    assert f"{settings.cell.user} is no user here" in cell[2].found
    require_fit(settings_in(tmp_path, FLYWHEEL_DATABASE__URL="postgresql://db.example/"))


@pytest.mark.parametrize(("is_root", "fitness", "user"), [(True, "absent", "flywheel"), (False, "fine", "lea")])
def test_servers_that_would_be_root_are_told_of_with_the_way_to_a_user_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_root: bool, fitness: str, user: str
) -> None:
    monkeypatch.setattr(machine, "is_root", lambda: is_root)
    monkeypatch.setattr(machine, "user_name", lambda: "root" if is_root else "lea")
    settings = settings_in(tmp_path)
    need = next(need for need in examine(settings) if need.name == "user")
    assert need.fitness.value == fitness
    assert not is_root or "useradd --system" in need.next_step
    assert f"User={user}\n" in unit_of(settings)


@pytest.mark.parametrize(
    ("said", "fitness", "found"),
    [
        ({}, Fitness.ABSENT, "identity.mail is not set"),
        ({"FLYWHEEL_IDENTITY__MAIL": "json://h"}, Fitness.FINE, "mailed"),
        (
            {"FLYWHEEL_IDENTITY__MAIL": "json://h", "FLYWHEEL_IDENTITY__ANSWER_WORDS": "false"},
            Fitness.ABSENT,
            "identity.answer_words is false",
        ),
    ],
)
def test_it_is_said_where_an_answer_in_the_form_is_not_proven(
    tmp_path: Path, said: dict[str, str], fitness: Fitness, found: str
) -> None:
    (need,) = [one for one in examine(settings_in(tmp_path, **said)) if one.name == "words of answers"]
    assert need.fitness is fitness
    assert found in need.found
