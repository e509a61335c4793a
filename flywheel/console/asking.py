"""Asks in the terminal for what a command cannot go on without, and for what nobody else may see."""

from __future__ import annotations

import getpass
import warnings

import typer

from flywheel.errors import InputRefused


def asked_code(code: str) -> str:
    """Take the code that was given, or ask for it without showing it."""
    return code or hidden("one-time code", option="--code")


def asked_owner_code(person: str, owner: str, code: str) -> str:
    """Take or ask for the code of whoever bears a risk; nobody shows two."""
    if owner.strip().casefold() == person.strip().casefold():
        return ""
    return code or hidden(f"one-time code of {owner}, who accepts the risk", option="--owner-code")


def asked(what: str, *, option: str) -> str:
    """Ask in the terminal; where there is none, name the option."""
    try:
        return str(typer.prompt(what, err=True))
    except typer.Abort as error:
        raise InputRefused(
            f"nobody answered: {what}", next_step=f"without a terminal, give it with {option}"
        ) from error


def hidden(what: str, *, option: str) -> str:
    """Ask in the terminal without showing what is typed; where there is none, name the option."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return str(typer.prompt(what, hide_input=True, err=True))
        except (getpass.GetPassWarning, typer.Abort) as error:
            raise InputRefused(
                f"no {what} was typed", next_step=f"without a terminal, give it with {option}"
            ) from error
