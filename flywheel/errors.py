"""The errors that Flywheel raises on purpose.

FlywheelError
├── CharterError      a project's charter or hooks are wrong; carries every problem found
├── SettingsError     a setting is missing, out of bounds or contradicts another
├── InputRefused      data or a file from outside breaks a stated limit or form
├── NotFound          no such project, version, person, run ...
├── Refused           a rule of the domain forbids it: transition, sign-off, gate, authority
├── Conflict          the subject changed meanwhile, or one idempotency key came with two requests
├── Tampered          bytes or records are not those that were approved
└── Unavailable       a server, program or file that is needed is not there

They are raised for misuse and broken environments; a check that fails is a result, not an error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass


class FlywheelError(Exception):
    """Something a person can act on: what is wrong, what was seen, what is allowed, what next."""

    exit_code = 1

    def __init__(self, what: str, *, found: object = None, allowed: str = "", next_step: str = "") -> None:
        self.what = what
        self.found = found
        self.allowed = allowed
        self.next_step = next_step
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """Say the whole error in one line."""
        parts = [self.what]
        if self.found is not None:
            parts.append(f"found {shorten(self.found)}")
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.next_step:
            parts.append(f"next: {self.next_step}")
        return without_secrets("; ".join(parts))


@dataclass(frozen=True)
class Problem:
    """One mistake in what a person wrote: where, what was found, what is allowed."""

    file: str
    key: str
    what: str
    found: str = ""
    allowed: str = ""
    suggestion: str = ""
    line: int | None = None
    shown: str = ""
    """The lines that are meant, with carets below the place."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        parts = [f"{where}: {self.key}: {self.what}" if self.key else f"{where}: {self.what}"]
        if self.found:
            parts.append(f"found {self.found}")
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.suggestion:
            parts.append(f"did you mean {self.suggestion}?")
        pointed = "".join(f"\n    {line}" for line in self.shown.splitlines())
        return without_secrets("; ".join(parts)) + without_secrets(pointed)


class CharterError(FlywheelError):
    """A project's charter or hooks are wrong; `problems` lists every mistake at once."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class SettingsError(FlywheelError):
    """A setting is missing, out of bounds or contradicts another."""

    exit_code = 2


class InputRefused(FlywheelError):
    """Data or a file from outside breaks a stated limit or form."""

    exit_code = 2
    faults: tuple[object, ...] = ()
    """What is wrong one by one, where it was found all at once."""


class NotFound(FlywheelError):
    """There is no such project, version, person or run."""

    exit_code = 4


class Refused(FlywheelError):
    """A rule of the domain forbids it."""

    exit_code = 3
    code_of = ""
    """Whose one-time code was refused, where it was one."""


class Conflict(FlywheelError):
    """The subject changed meanwhile, or one idempotency key came with two different requests."""

    exit_code = 5


class Tampered(FlywheelError):
    """Bytes or records are not those that were approved."""

    exit_code = 6


class Unavailable(FlywheelError):
    """A server, program or file that is needed is not there."""

    exit_code = 7


def shorten(value: object, limit: int = 80) -> str:
    """Show a value from outside on one line, quoted and bounded; a path is shown whole."""
    if isinstance(value, os.PathLike):
        return repr(os.fspath(value))
    shown = without_secrets(repr(value))
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


_IN_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://[^\s/:@\"'<>]*:)(?!password@|\*+@)[^\s/\"'<>]+@")
_BY_NAME = re.compile(
    r"\b((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key)=)[^\s&;,\"'<>)]+", re.IGNORECASE
)


def without_secrets(text: str) -> str:
    """Hide in words for people what stands as a password in an address, and what a name such as `token=` gives away."""
    return _BY_NAME.sub(r"\1***", without_passwords(text))


def without_passwords(text: str) -> str:
    """Hide what stands as a password in an address; all else stays to the letter."""
    return _IN_ADDRESS.sub(r"\1***@", text)


def holds_secret(text: str) -> bool:
    """Whether an address in the text bears a password."""
    return _IN_ADDRESS.search(text) is not None


_OF_ONE = {"are": "is", "were": "was", "have": "has"}


def counted(number: int, thing: str, verb: str = "") -> str:
    """Say how many of a thing there are, and with its verb what they do: 1 fault is, 2 faults are."""
    things = thing if number == 1 else f"{thing}s"
    if not verb:
        return f"{number:,} {things}"
    return f"{number:,} {things} {verb if number != 1 else _OF_ONE.get(verb, f'{verb}s')}"


def some_of(names: Iterable[str], *, most: int = 12, between: str = ", ") -> str:
    """List names up to a number, and say how many more there are: a list that is cut looks whole."""
    listed = list(names)
    more = len(listed) - most
    return between.join(listed[:most]) + (f" and {counted(more, 'other')}" if more > 0 else "")


LINES_SHOWN = 12
LONGEST_LINE = 4_096
"""As long as the longest path, so that none is cut."""


def ending_of(said: str | bytes, *, lines: int = LINES_SHOWN) -> str:
    """Give the last lines of what a program, a server or a library said, for the cause stands at the end.

    Lines are whole. One that is longer than any path loses words in its middle, so that its end stays too. What would
    steer a terminal is left out.
    """
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    last = [_printable(without_secrets(line)).rstrip() for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(line if len(line) <= LONGEST_LINE else _without_middle(line) for line in last)


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in line)


def _without_middle(line: str) -> str:
    first, last = line[: LONGEST_LINE // 4], line[-LONGEST_LINE // 4 :]
    return f"{first.rpartition(' ')[0] or first} … {last.partition(' ')[2] or last}"
