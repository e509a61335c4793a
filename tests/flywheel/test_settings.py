"""Settings: one frozen tree from the file, the environment over it, mistakes named and secrets kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from flywheel.errors import SettingsError
from flywheel.settings import Settings, find_home

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A repository without a settings file."""
    (tmp_path / "config").mkdir()
    return tmp_path


def write(home: Path, text: str) -> None:
    """Write the settings file."""
    (home / "config" / "settings.toml").write_text(text, encoding="utf-8")


def test_everything_has_a_default(home: Path) -> None:
    settings = Settings.load(home, environ={})
    assert settings.database.url is None
    assert settings.prefect.api_url == "http://127.0.0.1:4200/api"
    assert settings.artifacts_root == home / ".flywheel" / "artifacts"


def test_committed_settings_are_valid() -> None:
    assert Settings.load(HOME, environ={}).home == HOME


def test_file_is_over_the_defaults_and_the_environment_over_the_file(home: Path) -> None:
    write(home, "[prefect]\nport = 4300\nrun_limit = 2\n")
    settings = Settings.load(home, environ={"FLYWHEEL_PREFECT__PORT": "4400"})
    assert (settings.prefect.port, settings.prefect.run_limit) == (4400, 2)


def test_names_below_a_group_can_be_set_in_the_environment(home: Path) -> None:
    settings = Settings.load(home, environ={"FLYWHEEL_PAGING__CHANNELS__ON-CALL": "json://127.0.0.1:9/page"})
    assert settings.paging.kept == frozenset()
    assert settings.paging.channels["on-call"].get_secret_value() == "json://127.0.0.1:9/page"


@pytest.mark.parametrize(
    ("variable", "meant", "beside"),
    [
        (
            "FLYWHEEL_MLFLOW__PORT",
            "mlflow.ui_port (FLYWHEEL_MLFLOW__UI_PORT)",
            "host, rest_minutes, tracking_uri, ui_port",
        ),
        ("FLYWHEEL_PREFECT__PROT", "prefect.port (FLYWHEEL_PREFECT__PORT)", "api, auth, host, "),
        ("FLYWHEEL_DATAROOT", "data_root (FLYWHEEL_DATA_ROOT)", "console, data_root, "),
        ("FLYWHEEL_SERVNG__FIRST_PORT", "serving", "sources"),
    ],
)
def test_a_setting_that_there_is_not_is_told_with_those_beside_it_and_the_one_that_is_meant(
    home: Path, variable: str, meant: str, beside: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load(home, environ={variable: "4400"})
    assert f"did you mean {meant}?" in str(refused.value)
    assert beside in str(refused.value)


def test_relative_data_root_is_below_the_repository(home: Path) -> None:
    assert Settings.load(home, environ={"FLYWHEEL_DATA_ROOT": "data"}).data_root == home / "data"


def test_team_api_is_taken_as_given(home: Path) -> None:
    prefect = Settings.load(home, environ={"FLYWHEEL_PREFECT__API": "https://prefect.example/api"}).prefect
    assert (prefect.api_url, prefect.ui_url) == ("https://prefect.example/api", "https://prefect.example")


def test_tree_is_frozen(home: Path) -> None:
    settings = Settings.load(home, environ={})
    with pytest.raises(ValidationError, match="frozen"):
        settings.prefect.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("FLYWHEEL_PREFECT__PORT", "0", "'0'"),
        ("FLYWHEEL_PREFECT__PORT", "many", "'many'"),
        ("FLYWHEEL_PREFECT__RUNNER", "hot", "'hot'"),
        ("FLYWHEEL_PREFECT__POLL_SECONDS", "nan", "'nan'"),
    ],
)
def test_mistake_is_told_with_its_key_and_value(home: Path, name: str, value: str, found: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(home, environ={name: value})
    assert name in str(caught.value)
    assert f"found {found}" in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["FLYWHEEL_IDENTITY__KEYY", "FLYWHEEL_DATABASE__PASSWORD", "FLYWHEEL_PAGING__CHANNELS", "FLYWHEEL_SECRET"],
)
def test_secret_under_a_wrong_name_is_refused_and_not_printed(home: Path, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(home, environ={name: "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_secrets_are_not_printed_with_the_tree(home: Path) -> None:
    environ = {"FLYWHEEL_DATABASE__URL": "postgresql://ann:hunter2@db/", "FLYWHEEL_IDENTITY__KEY": "hunter2"}
    assert "hunter2" not in repr(Settings.load(home, environ=environ))


def test_value_where_a_group_is_asked_for_is_refused(home: Path) -> None:
    with pytest.raises(SettingsError, match="single value"):
        Settings.load(home, environ={"FLYWHEEL_DATA_ROOT": "x", "FLYWHEEL_DATA_ROOT__DEEPER": "y"})


def test_file_that_is_not_toml_is_named(home: Path) -> None:
    write(home, "prefect = [")
    with pytest.raises(SettingsError, match=r"settings\.toml is not valid TOML"):
        Settings.load(home, environ={})


def test_other_programs_variables_are_left_alone(home: Path) -> None:
    Settings.load(home, environ={"PREFECT_API_URL": "x", "flywheel_secret": "x"})
    assert find_home({}) == HOME


def test_source_roots_are_written_as_a_path_list_in_the_environment(home: Path) -> None:
    settings = Settings.load(home, environ={"FLYWHEEL_SOURCE_ROOTS": "/data/public:/data/bureau"})
    assert settings.source_roots == (Path("/data/public"), Path("/data/bureau"))


def test_pages_are_kept_here_until_an_address_is_given() -> None:
    assert Settings.load(environ={}).paging.kept == {"on-call"}
