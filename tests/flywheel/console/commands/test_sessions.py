"""Logging in on the command line, and that no command changes anything for whoever proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import typer

from flywheel.catalog.engine import Catalog
from flywheel.console.cli import app
from flywheel.domain.incidents import IncidentSeverity
from flywheel.services.incidents.incidents import Sighting, open_incident
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from tests.factories.charters import MINIMAL, write
from tests.factories.people import OWNER, VERA, enrol
from tests.factories.projects import SLUG, registered
from tests.factories.versions import judged, registered_version, with_dossier
from tests.flywheel.console.conftest import Cli, LogIn

VERSION, NOBODY = f"{SLUG}:1", "zzz@nobody.example"
WITHOUT_PROOF = frozenset(
    {
        "backup", "check", "data list", "data show", "data usage", "decide", "demo", "diff", "doctor", "dossier",
        "events head", "events list", "events verify", "findings list", "inbox", "incidents list", "new", "notes list",
        "people list", "policy list", "rebuild", "recover", "status", "up", "waivers list", "whoami", "windows",
    }
)  # fmt: skip
"""What reads, writes files of the user's own, or acts on the whole installation as the account that owns it."""
ENROLLING = frozenset({"people begin", "people redeem", "login", "logout"})
"""What a person proves themselves by, asked for in tests of its own."""
BORNE = ("--reason", "x", "--owner-code", "000000")
ACTING: dict[str, tuple[str, ...]] = {
    "register": ("CHARTER",),
    "run": (SLUG,),
    "monitor": (SLUG,),
    "move-back": (SLUG, "ideation", "--reason", "x"),
    "close": (SLUG, "--verdict", "x"),
    "mend": (SLUG,),
    "predictions erase": (SLUG, "--entity", "A1", "--reason", "x"),
    "predictions set-aside": (SLUG, "--reason", "x"),
    "reproduce": (VERSION,),
    "validate": (VERSION,),
    "register-external": (SLUG, "CHARTER"),
    "incidents ack": ("INCIDENT",),
    "incidents resolve": ("INCIDENT", "--resolution", "x"),
    "notes write": (VERSION, "x"),
    "notes resolve": ("note-none",),
    "sign": (VERSION, "--answer", "approve"),
    "withdraw": (VERSION, "--reason", "x"),
    "restore": (VERSION, "--reason", "x"),
    "stop": (SLUG, "--reason", "x"),
    "delegate": (SLUG, "--to", VERA, "--until", "2030-01-01", "--reason", "x"),
    "break-glass": (VERSION, "--witness", VERA, "--hours", "1", "--reason", "x", "--witness-code", "000000"),
    "findings open": (VERSION, "x"),
    "findings accept": (f"{VERSION}-finding-1", "--owner", VERA, "--until", "2030-01-01", *BORNE),
    "findings close": (f"{VERSION}-finding-1", "--reason", "x"),
    "waivers grant": (VERSION, "--gate", "PERF-001", "--owner", VERA, "--until", "2026-04-01", *BORNE),
    "waivers end": ("waiver-1", "--reason", "x"),
    "policy propose": ("low", "--reason", "x"),
    "policy sign": ("sha256:0",),
    "people invite": (NOBODY, "--name", "Z", "--role", "*:admin"),
    "people grant": (VERA, "--role", "*:admin"),
    "people reset": (VERA,),
}


def leaves(command: object, name: str = "") -> Iterator[str]:
    """Name every command, with the words of its family."""
    for word, inner in getattr(command, "commands", {}).items():
        below = f"{name} {word}".strip()
        yield from leaves(inner, below) if getattr(inner, "commands", None) else (below,)


def test_every_command_is_known_to_act_or_not() -> None:
    assert set(leaves(typer.main.get_command(app))) == WITHOUT_PROOF | ENROLLING | set(ACTING)


def test_no_command_changes_anything_for_whoever_proves_nothing(
    cli: Cli, catalog: Catalog, identity: Identity, tmp_path: Path
) -> None:
    registered(catalog)
    judged(catalog, registered_version(catalog))
    with_dossier(catalog, registered_version(catalog))
    enrol(catalog, identity, OWNER, VERA)
    charter = write(tmp_path / "cards", MINIMAL.replace('"tiny"', f'"{SLUG}"'))
    incident = open_incident(
        catalog,
        Sighting(
            project=SLUG,
            key="k",
            severity=IncidentSeverity.PAGE,
            title="x",
            cause="x",
            consequence=Decimal(1),
            actions=(),
            evidence={},
            run_id="r",
        ),
        channels=(),
        actor="flow:monitoring",
    ).id
    before = record.head(catalog).sequence
    for name, words in ACTING.items():
        given = [{"CHARTER": str(charter), "INCIDENT": incident}.get(word, word) for word in words]
        for proof in (["--as", NOBODY], ["--as", OWNER]):
            code = ["--code", "x"] if name in NEED_A_CODE else []
            ran = cli(*name.split(), *given, *proof, *code)
            assert ran.code in {2, 3, 4}, (name, proof, ran.out, ran.err)
    after = [event for event in record.list_events(catalog, limit=1_000) if event.sequence > before]
    assert {event.verb.value for event in after if not event.verb.value.endswith("refused")} == set()


NEED_A_CODE = {
    "sign", "stop", "withdraw", "restore", "delegate", "break-glass", "findings open", "findings accept",
    "findings close",
    "waivers grant", "waivers end", "policy propose", "policy sign", "people invite", "people grant", "people reset",
}  # fmt: skip
"""Asked for at the terminal where it is not given."""


def test_whoever_is_logged_in_is_named_and_can_leave(cli: Cli, log_in: LogIn) -> None:
    assert "nobody is logged in" in cli("whoami").out
    log_in(OWNER)
    assert cli("whoami", "--json").json == {"person": OWNER}
    assert cli("logout").out.strip() == f"{OWNER} is logged out"
    assert "nobody is logged in" in cli("whoami").out


@pytest.mark.parametrize("person", [NOBODY, OWNER])
def test_a_wrong_code_logs_nobody_in(cli: Cli, catalog: Catalog, identity: Identity, person: str) -> None:
    enrol(catalog, identity, OWNER)
    assert cli("login", person, "--code", "000000").code == 3
    assert "nobody is logged in" in cli("whoami").out
