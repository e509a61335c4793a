"""Errors on their way from one process to another: whoever asked is told what would have been told here."""

from __future__ import annotations

from dataclasses import dataclass

from flywheel.domain.digests import Json, plain
from flywheel.domain.forms import read
from flywheel.errors import (
    CharterError,
    Conflict,
    FlywheelError,
    InputRefused,
    NotFound,
    Problem,
    Refused,
    SettingsError,
    Tampered,
    Unavailable,
    shorten,
)

PLAIN = (SettingsError, InputRefused, NotFound, Refused, Conflict, Tampered, Unavailable)
KINDS = {kind.__name__: kind for kind in PLAIN}


@dataclass(frozen=True)
class ToldError:
    """An error in plain words."""

    kind: str
    what: str
    found: str | None
    allowed: str
    next_step: str
    problems: tuple[Problem, ...]


class _Seen:
    """A value as it was shown."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def told(error: FlywheelError) -> Json:
    """Write an error down."""
    problems = error.problems if isinstance(error, CharterError) else ()
    kind = next((name for name, one in KINDS.items() if isinstance(error, one)), CharterError.__name__)
    found = None if error.found is None else shorten(error.found)
    return plain(ToldError(kind, error.what, found, error.allowed, error.next_step, problems))


def raised(said: Json) -> FlywheelError:
    """Make an error again that was written down."""
    one = read(ToldError, said)
    if one.kind == CharterError.__name__:
        return CharterError(one.problems)
    found = None if one.found is None else _Seen(one.found)
    return KINDS[one.kind](one.what, found=found, allowed=one.allowed, next_step=one.next_step)
