"""All settings as one frozen tree, read once at the entry point and passed down."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError

from flywheel.errors import SettingsError
from flywheel.setting_groups import (
    CellSettings,
    Group,
    IdentitySettings,
    LimitSettings,
    NotarySettings,
    RecordSettings,
)

PREFIX = "FLYWHEEL_"
"""Environment variables are FLYWHEEL_<GROUP>__<FIELD>, or FLYWHEEL_DATA_ROOT for a top-level one."""

_NEVER_SECRET = ("int_", "float_", "bool_", "literal_", "greater_than", "less_than")
"""Kinds of mistakes whose input may be shown: numbers and choices. Secrets are texts."""

Port = Annotated[int, Field(ge=1, le=65_535)]


class DatabaseSettings(Group):
    """The system of record; without a URL an embedded PostgreSQL in the data root."""

    url: SecretStr | None = Field(None, description="postgresql://user:password@host/ of a team's server")
    name: str = "flywheel"
    prefect_name: str = "prefect"
    mlflow_name: str = "mlflow"


class PrefectSettings(Group):
    """Where Prefect's API is and how its runs are started."""

    host: str = "127.0.0.1"
    port: Port = 4200
    api: str | None = Field(None, description="API URL of a team's server, such as https://prefect.example/api")
    auth: SecretStr | None = Field(None, description="its auth string, name:word; a key file for the embedded one")
    work_pool: str = "flywheel"
    runner: Literal["warm", "process"] = "warm"
    poll_seconds: float = Field(30.0, ge=0.2, le=40, description="how soon a run begins whose event was missed")
    run_limit: int = Field(4, ge=1, le=100)

    @property
    def api_url(self) -> str:
        """The API's address."""
        return self.api or f"http://{self.host}:{self.port}/api"

    @property
    def ui_url(self) -> str:
        """The UI's address."""
        return self.api_url.removesuffix("/api")


class MlflowSettings(Group):
    """Where experiments and models are tracked; without a URI the embedded database."""

    tracking_uri: SecretStr | None = None
    host: str = "127.0.0.1"
    ui_port: Port = 5000
    rest_minutes: float = Field(10.0, gt=0, le=1_440, description="its pages end when nobody has asked for so long")

    @property
    def pages_url(self) -> str:
        """Where its pages are."""
        return f"http://{self.host}:{self.ui_port}"


class ConsoleSettings(Group):
    """Where the pages of the console are, and how long a link to a dossier opens it."""

    host: str = "127.0.0.1"
    port: Port = 4300
    url: str | None = Field(None, description="address that people use, such as https://flywheel.example")
    key: SecretStr | None = Field(None, min_length=32, description="secret under the links; a key file by default")
    link_days: float = Field(31, gt=0, le=366)
    rest_minutes: float = Field(10.0, gt=0, le=1_440, description="its pages end when nobody has asked for so long")

    @property
    def base_url(self) -> str:
        """The address that links begin with."""
        return self.url.rstrip("/") if self.url else f"http://{self.host}:{self.port}"


class ServingSettings(Group):
    """How endpoints are served on this machine."""

    host: str = "127.0.0.1"
    first_port: Port = 3100
    ready_within_seconds: float = Field(60, gt=0, le=600)
    threads: int = Field(1, ge=1, le=64)
    max_rows: int = Field(2_000, ge=1, le=100_000)
    max_body_bytes: int = Field(2_000_000, ge=1_000, le=100_000_000)
    refused_share_at_most: float = Field(0.05, ge=0, le=1, description="of an hour's requests, before people are paged")
    refused_at_least: int = Field(20, ge=1, description="refused requests in an hour, below which nobody is paged")


KEPT = "console://"
"""The address of a channel whose pages disturb nobody: `flywheel status` shows them."""


class PagingSettings(Group):
    """Names of paging channels and their addresses: Apprise URLs, or `console://`."""

    channels: Mapping[str, SecretStr] = Field(default_factory=dict)

    @property
    def kept(self) -> frozenset[str]:
        """The channels whose pages are kept here and sent nowhere."""
        return frozenset(name for name, address in self.channels.items() if address.get_secret_value() == KEPT)


class Settings(Group):
    """The whole tree."""

    home: Path
    data_root: Path
    source_roots: tuple[Path, ...] = ()
    sources: Mapping[str, SecretStr] = Field(default_factory=dict, description="names of SQL sources and their URLs")
    database: DatabaseSettings = DatabaseSettings()
    prefect: PrefectSettings = PrefectSettings()
    mlflow: MlflowSettings = MlflowSettings()
    console: ConsoleSettings = ConsoleSettings()
    serving: ServingSettings = ServingSettings()
    paging: PagingSettings = PagingSettings()
    identity: IdentitySettings = IdentitySettings()
    record: RecordSettings = RecordSettings()
    notary: NotarySettings = NotarySettings()
    limits: LimitSettings = LimitSettings()
    cell: CellSettings = CellSettings()

    @property
    def artifacts_root(self) -> Path:
        """Content-addressed files."""
        return self.data_root / "artifacts"

    @property
    def results_root(self) -> Path:
        """Results of finished Prefect tasks."""
        return self.data_root / "results"

    @property
    def predictions_root(self) -> Path:
        """The prediction log."""
        return self.data_root / "predictions"

    @property
    def sockets_root(self) -> Path:
        """Unix sockets and process ids."""
        return self.data_root / "run"

    @property
    def notary_root(self) -> Path:
        """Where the notary's keys, its public key and its socket are."""
        return self.notary.root or self.data_root

    @property
    def servers_lock(self) -> Path:
        """The file that the servers hold locked as long as they run."""
        return self.sockets_root / "servers.lock"

    @property
    def logs_root(self) -> Path:
        """What the servers print."""
        return self.data_root / "logs"

    @property
    def session_file(self) -> Path:
        """Where this user's own session on this installation is kept."""
        root = self.identity.sessions or Path.home() / ".local" / "state" / "flywheel"
        return root / f"session-{hashlib.sha256(str(self.data_root).encode()).hexdigest()[:16]}.json"

    @classmethod
    def load(cls, home: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
        """Read config/settings.toml of the repository, then the environment over it."""
        environ = os.environ if environ is None else environ
        home = (home or find_home(environ)).resolve()
        values = _from_file(home / "config" / "settings.toml")
        _overlay(values, environ)
        values["home"] = home
        if isinstance(values.get("source_roots"), str):  # from the environment, as PATH is written
            values["source_roots"] = [part for part in str(values["source_roots"]).split(os.pathsep) if part]
        values["data_root"] = (home / str(values.get("data_root", ".flywheel"))).resolve()
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            if first["type"] == "extra_forbidden":
                raise _unknown(first["loc"]) from error
            raise SettingsError(
                f"setting {key}: {first['msg']}",
                found=first["input"] if first["type"].startswith(_NEVER_SECRET) else None,
                next_step=f"correct it in config/settings.toml or {variable_of(key)}",
            ) from error


def settings_environment(settings: Settings) -> dict[str, str]:
    """Give the settings in the form in which a program that we start reads them; secrets stay where they came from."""
    given = {f"{PREFIX}HOME": str(settings.home), f"{PREFIX}DATA_ROOT": str(settings.data_root)}
    for group_name, group in settings:
        if isinstance(group, Group):
            for name, value in group:
                if isinstance(value, str | int | float | Path):
                    given[f"{PREFIX}{group_name}__{name}".upper()] = str(value)
    return given


def find_home(environ: Mapping[str, str]) -> Path:
    """Find the repository: FLYWHEEL_HOME, else where this package stands."""
    given = environ.get(f"{PREFIX}HOME")
    return Path(given) if given else Path(__file__).resolve().parent.parent


def _unknown(place: tuple[int | str, ...]) -> SettingsError:
    """Name a setting that there is not, those that there are beside it, and the one that is probably meant."""
    group: type[BaseModel] = Settings
    for name in place[:-1]:
        inner = group.model_fields[str(name)].annotation
        assert isinstance(inner, type), "only groups refuse what they do not know"
        group = inner
    known = sorted(set(group.model_fields) - {"home"})
    path, wrong = [str(part) for part in place[:-1]], str(place[-1])
    close = get_close_matches(wrong, known, n=1)
    meant = ".".join([*path, close[0]]) if close else ""
    inner = group.model_fields[close[0]].annotation if close else None
    is_group = isinstance(inner, type) and issubclass(inner, Group)
    cure = f"did you mean {meant}{'' if is_group else f' ({variable_of(meant)})'}?"
    return SettingsError(
        f"there is no setting {'.'.join([*path, wrong])}",
        allowed=", ".join(known),
        next_step=cure if close else "remove it, or correct its name",
    )


def variable_of(key: str) -> str:
    """Name the environment variable of a setting such as `prefect.port`."""
    return f"{PREFIX}{key.upper().replace('.', '__')}"


def _from_file(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}", next_step="correct the file") from error


def _overlay(values: dict[str, object], environ: Mapping[str, str]) -> None:
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name == f"{PREFIX}HOME":
            continue
        *groups, field = name.removeprefix(PREFIX).lower().split("__")
        node = values
        for group in groups:
            inner = node.setdefault(group, {})
            if not isinstance(inner, dict):
                raise SettingsError(f"{name} reaches into a single value", found=group)
            node = inner
        node[field] = value
