"""A place in an expression that cannot be read or makes no sense: what is wrong, what is allowed, what is meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

SHOWN_SIGNS = 60
"""Of a long expression, how much is shown around the place."""


@dataclass(frozen=True)
class Span:
    """From its first sign up to but not including the sign behind its last."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """From the start of this one to the end of another."""
        return Span(self.start, other.end)


class Misread(Exception):
    """One mistake in one expression; whoever knows the file makes a problem of the charter of it."""

    def __init__(
        self, what: str, span: Span, *, allowed: str = "", suggestion: str = "", is_of_the_unit: bool = False
    ) -> None:
        self.what, self.span, self.allowed, self.suggestion = what, span, allowed, suggestion
        self.is_of_the_unit = is_of_the_unit
        super().__init__(what)

    def pointed_at(self, text: str) -> str:
        """Show the place in the text: the line, and below it a caret under each sign that is meant."""
        first = max(0, self.span.start - SHOWN_SIGNS // 2) if len(text) > SHOWN_SIGNS else 0
        shown = "".join(" " if sign in "\r\n\t" else sign for sign in text[first : first + SHOWN_SIGNS])
        start = min(self.span.start - first, len(shown))
        width = max(1, min(self.span.end - self.span.start, len(shown) - start))
        lead = "… " if first else ""
        return (
            f"{lead}{shown}{' …' if first + SHOWN_SIGNS < len(text) else ''}\n{' ' * (len(lead) + start)}{'^' * width}"
        )


def close_to(name: str, choices: Iterable[str]) -> str:
    """Name the choice that is probably meant; nothing where none is near."""
    known = {one.casefold(): one for one in choices}
    return next((known[one] for one in get_close_matches(name.casefold(), known, n=1)), "")
