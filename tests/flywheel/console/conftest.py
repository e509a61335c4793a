"""The command line as a person runs it, on this test's own catalog."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from flywheel.catalog.credential import put_session
from flywheel.catalog.engine import Catalog, utc_now
from flywheel.catalog.event import last_time
from flywheel.console import keeping
from flywheel.console.cli import main
from flywheel.services.people import people
from flywheel.services.people.identity import Identity
from flywheel.settings import Settings
from tests.factories.notaries import at_work
from tests.factories.people import enrol


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What a script would read."""
        return json.loads(self.out)


Cli = Callable[..., Ran]
LogIn = Callable[[str], None]


@pytest.fixture
def bare_cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run commands that need no catalog."""

    def run(*words: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(words)
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.setenv("FLYWHEEL_PAGING__CHANNELS__ON-CALL", "json://127.0.0.1:9/page")
    return run


@pytest.fixture
def cli(bare_cli: Cli, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """Run commands on this test's catalog, with a notary that answers them."""
    assert settings.database.url is not None
    monkeypatch.setenv("FLYWHEEL_DATABASE__URL", settings.database.url.get_secret_value())
    monkeypatch.setenv("FLYWHEEL_DATABASE__NAME", settings.database.name)
    monkeypatch.setenv("FLYWHEEL_DATA_ROOT", str(settings.data_root))
    monkeypatch.setenv("FLYWHEEL_IDENTITY__SESSIONS", str(settings.data_root / "home"))
    with at_work(settings):
        yield bare_cli


@pytest.fixture
def log_in(cli: Cli, catalog: Catalog, identity: Identity) -> LogIn:
    """Log people in on this machine, one after the other; enrolled first if need be."""
    del cli  # its environment is this machine

    def as_person(person: str) -> None:
        if people.find(catalog, person=person) is None:
            with catalog.look() as work:
                is_behind = last_time(work.session) > catalog.time()  # commands have acted, by the machine's clock
            enrol(replace(catalog, clock=utc_now) if is_behind else catalog, identity, person)
        with catalog.begin() as work:  # without an event: this machine's time is not the test's
            token, until_at = secrets.token_hex(), utc_now() + timedelta(hours=1)
            digest = identity.digest_of_session(person, token, until_at=until_at)
            put_session(work.session, person=person, digest=digest, until_at=until_at)
        keeping.keep(Settings.load().session_file, keeping.Kept(person, token))

    return as_person
