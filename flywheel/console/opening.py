"""Opens what a command needs, and gathers what proves who is acting: a code, or the session of whoever logged in."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console import keeping
from flywheel.console.asking import asked_code
from flywheel.errors import Refused

if TYPE_CHECKING:
    from flywheel.services.people.proof import Proof
    from flywheel.services.workbench import Workbench

CHANNEL = "cli"
Acting = Annotated[str, typer.Option("--as", metavar="EMAIL", help="Who is acting.", show_default="who is logged in")]
ActingCode = Annotated[
    str, typer.Option("--code", help="A one-time code, where nobody is logged in.", show_default="the session's word")
]


@contextmanager
def opened() -> Iterator[Workbench]:
    """Open the catalog and the rest for one command; an embedded database runs as long as somebody uses it."""
    # half a second of SQLAlchemy, pydantic and their friends, which `--help` does without
    from flywheel.adapters.postgres import postgres
    from flywheel.services.workbench import Workbench
    from flywheel.settings import Settings

    settings = Settings.load()
    with postgres.running(settings):
        bench = Workbench.open(settings)
        try:
            yield bench
        finally:
            bench.catalog.close()


def proof_of(bench: Workbench, person: str, code: str = "", *, key: str = "", is_fresh: bool = False) -> Proof:
    """Gather what proves who is acting; whether it is enough is the record's to say.

    Whoever is named and is not who is logged in here is asked for a code; where it must be fresh, everybody is.
    """
    # only with a catalog
    from flywheel.services.people.proof import LOG_IN
    from flywheel.services.people.proof import Proof as Shown

    kept = keeping.read(bench.settings.session_file)
    who = person or (kept.person if kept else "")
    if not who:
        raise Refused("nobody is logged in, and no person was named", next_step=LOG_IN)
    is_logged_in = kept is not None and kept.person.casefold() == who.strip().casefold()
    token = kept.token if kept and is_logged_in and not is_fresh else ""
    shown = code if token else asked_code(code)
    return Shown(bench.identity, who, shown, CHANNEL, key or f"{CHANNEL}:{uuid.uuid4()}", token)


def proof_for_more(bench: Workbench, person: str, code: str = "") -> Proof:
    """Gather what proves one person for several acts of one command: a code counts once, a session until it is over."""
    # only with a catalog
    from flywheel.services.people import sessions

    proof = proof_of(bench, person, code)
    return replace(proof, code="", session=sessions.log_in(bench.catalog, proof=proof).token) if code else proof
