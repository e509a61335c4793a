"""The installation's word: who knows it may use the servers of this data root, by program or in the browser.

Loopback is open to every user of a machine and, by a name that leads there, to every page in a browser: whoever may
start a run in Prefect or write through MLflow acts as the account that runs them.
"""

from __future__ import annotations

import hmac
import secrets

from flywheel.adapters.machine_keys import key_of_machine
from flywheel.settings import Settings

KEY_FILE = "access.key"
NAME = "flywheel"
"""Prefect's form of a word is `name:secret`."""


def word_of_installation(settings: Settings) -> str:
    """Read the word, drawing it where there is none yet."""
    return key_of_machine(settings, name=KEY_FILE, draw=_drawn).decode()


def word_of_prefect(settings: Settings) -> str | None:
    """Give the word that Prefect's API asks for; none where a team's server asks for none."""
    given = settings.prefect.auth
    if given is not None:
        return given.get_secret_value()
    return word_of_installation(settings) if settings.prefect.api is None else None


def pass_of(word: str, *, place: str) -> str:
    """Derive what a browser keeps for one place: whoever sees it there gets in nowhere else."""
    return hmac.new(word.encode(), f"pass: {place}".encode(), "sha256").hexdigest()


def _drawn() -> bytes:
    return f"{NAME}:{secrets.token_urlsafe(24)}".encode()
