"""Who acts where nobody was named, and that a command leaves nothing open."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from sqlalchemy.pool import QueuePool

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.console import keeping
from flywheel.console.opening import opened, proof_of
from flywheel.errors import Refused
from flywheel.services.record import record
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings


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


def test_whoever_is_logged_in_acts_unless_somebody_else_is_named(
    settings: Settings, catalog: Catalog, tmp_path: Path
) -> None:
    mine = settings.model_copy(update={"identity": settings.identity.model_copy(update={"sessions": tmp_path})})
    bench = Workbench(mine, catalog, Artifacts(mine.artifacts_root, 1_000))
    with pytest.raises(Refused, match="nobody is logged in"):
        proof_of(bench, "")
    keeping.keep(mine.session_file, keeping.Kept("ana@bank.example", "a-token"))
    assert (proof_of(bench, "").who, proof_of(bench, "").session) == ("ana@bank.example", "a-token")
    named = proof_of(bench, "Vera@bank.example", "123456", key="one")
    assert (named.who, named.code, named.key) == ("vera@bank.example", "123456", "one")


def test_whoever_is_named_and_not_logged_in_here_is_asked_for_a_code(
    settings: Settings, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = settings.model_copy(update={"identity": settings.identity.model_copy(update={"sessions": tmp_path})})
    bench = Workbench(mine, catalog, Artifacts(mine.artifacts_root, 1_000))
    keeping.keep(mine.session_file, keeping.Kept("ana@bank.example", "a-token"))
    asked: list[str] = []

    def prompt(what: str, **_: object) -> str:
        asked.append(what)
        return "654321"

    monkeypatch.setattr(typer, "prompt", prompt)
    vera = proof_of(bench, "vera@bank.example")
    assert (vera.code, vera.session, asked) == ("654321", "", ["one-time code"])
    ana = proof_of(bench, " Ana@bank.example")
    assert (ana.code, ana.session, len(asked)) == ("", "a-token", 1)
    fresh = proof_of(bench, "", is_fresh=True)
    assert (fresh.code, fresh.session, len(asked)) == ("654321", "", 2)
