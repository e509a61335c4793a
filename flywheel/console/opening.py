"""Opens what a command needs, and says who is acting where nobody was named."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flywheel.services.workbench import Workbench

Acting = Annotated[str, typer.Option("--as", metavar="EMAIL", help="Who is acting.", show_default="this system user")]


@contextmanager
def opened() -> Iterator[Workbench]:
    """Open the catalog and the rest for one command; an embedded database runs as long as somebody uses it."""
    # half a second of SQLAlchemy, pydantic and their friends, which `--help` does without
    from flywheel.adapters import postgres
    from flywheel.services.workbench import Workbench
    from flywheel.settings import Settings

    settings = Settings.load()
    with postgres.running(settings):
        bench = Workbench.open(settings)
        try:
            yield bench
        finally:
            bench.catalog.close()


def actor_or_user(actor: str) -> str:
    """Name who acts: the person given, else the system's user."""
    return actor or f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
