"""Events that decide nothing and move no table, for tests of the chain itself."""

from __future__ import annotations

from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.approval import SignoffRefused


def refusal(words: object = "", *, actor: str = "a") -> Draft:
    """One attempt that was refused, told apart by its words."""
    said = SignoffRefused("p", actor, "cli", "approve", str(words))
    return Draft(Verb.SIGNOFF_REFUSED, actor, SubjectKind.PROJECT, "p", "", said)
