"""Who acts where nobody was named, and that a command leaves nothing open."""

from __future__ import annotations

import pytest
from sqlalchemy.pool import QueuePool

from flywheel.console.opening import actor_or_user, opened
from flywheel.services import record
from flywheel.settings import Settings


def test_named_person_acts() -> None:
    assert actor_or_user("ana@bank.example") == "ana@bank.example"


def test_system_user_acts_where_nobody_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody-else")
    assert actor_or_user("").startswith("cli:")
    assert actor_or_user("") != "cli:somebody-else"


def test_connections_are_given_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.database.url is not None
    monkeypatch.setenv("FLYWHEEL_DATABASE__URL", settings.database.url.get_secret_value())
    monkeypatch.setenv("FLYWHEEL_DATABASE__NAME", settings.database.name)
    monkeypatch.setenv("FLYWHEEL_DATA_ROOT", str(settings.data_root))
    with opened() as bench:
        record.head(bench.catalog)
        pool = bench.catalog.engine.pool
        assert isinstance(pool, QueuePool)
        assert pool.checkedin() == 1
    assert pool.checkedin() == 0
