"""`flywheel login`, `logout` and `whoami`: a session on this machine, in a file of the user's own."""

from __future__ import annotations

from typing import Annotated

import typer

from flywheel.console import keeping
from flywheel.console.asking import asked_code
from flywheel.console.commands.authority import Code
from flywheel.console.opening import opened, proof_of
from flywheel.console.rendering import AsJson, print_json


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(login)
    app.command()(logout)
    app.command()(whoami)


def login(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Who you are.")],
    code: Code = "",
    as_json: AsJson = False,
) -> None:
    """Give a code once, and act under your name on this machine until the session expires.

    Judging a model and granting rights still ask for a code each time.
    """
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people import sessions

        made = sessions.log_in(bench.catalog, proof=proof_of(bench, email, asked_code(code)))
        place = bench.settings.session_file
    keeping.keep(place, keeping.Kept(made.person, made.token))
    if as_json:
        print_json({"person": made.person, "until_at": made.until_at, "file": str(place)})
    else:
        print(f"logged in as {made.person} until {made.until_at:%Y-%m-%d %H:%M} UTC; kept in {place}")


def logout(as_json: AsJson = False) -> None:
    """End your sessions, here and elsewhere."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people import sessions

        proof = proof_of(bench, "")
        keeping.forget(bench.settings.session_file)
        sessions.log_out(bench.catalog, proof=proof)
    if as_json:
        print_json({"person": proof.who})
    else:
        print(f"{proof.who} is logged out")


def whoami(as_json: AsJson = False) -> None:
    """Show who is logged in on this machine."""
    with opened() as bench:
        kept = keeping.read(bench.settings.session_file)
    if as_json:
        print_json({"person": kept.person if kept else None})
    else:
        print(kept.person if kept else "nobody is logged in; next: `flywheel login EMAIL`")
