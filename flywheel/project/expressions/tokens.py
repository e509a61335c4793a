"""Cuts an expression into tokens: numbers, texts in quotes, names and signs, each with its place."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum

from flywheel.project.expressions.misread import Misread, Span

LONGEST_TEXT = 1_000
"""Signs of one expression."""


class TokenKind(Enum):
    """What a token is."""

    NUMBER = "a number"
    TEXT = "a text"
    NAME = "a name"
    SIGN = "a sign"
    END = "the end"


@dataclass(frozen=True)
class Token:
    """One token: its kind, its text without quotes, and where it stands."""

    kind: TokenKind
    text: str
    span: Span

    @property
    def said(self) -> str:
        """Name it in a message."""
        return "the end" if self.kind is TokenKind.END else f"`{self.text}`"


_TOKEN = re.compile(
    r"(?P<NUMBER>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<TEXT>\"[^\"\r\n]*\"|'[^'\r\n]*')"
    r"|(?P<NAME>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<SIGN><=|>=|==|!=|[-+*/<>(){},:])",
    flags=re.ASCII,
)
_BLANK = re.compile(r"[ \t\r\n]*", flags=re.ASCII)
_MEANT = {
    "=": "`==` for a comparison",
    "&": "`and`",
    "|": "`or`",
    "!": "`not`, or `!=`",
    "^": "a product, such as x * x",
    "%": "`/ 100`",
    "[": "round brackets",
    "“": "plain quotes",
    "”": "plain quotes",
    "×": "`*`",
    "÷": "`/`",
    "≤": "`<=`",
    "≥": "`>=`",
    "≠": "`!=`",
    "−": "`-`",
    '"': "a closing quote",
    "'": "a closing quote",
}
"""What is meant by signs that the language lacks."""


def tokens_of(text: str) -> tuple[Token, ...]:
    """Cut a text into its tokens, the end included; whatever is none is refused at its place."""
    if len(text) > LONGEST_TEXT:
        raise Misread(
            f"is longer than {LONGEST_TEXT:,} signs", Span(LONGEST_TEXT, LONGEST_TEXT + 1), allowed="several features"
        )
    found: list[Token] = []
    place = _end_of_blanks(text, 0)
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            sign = text[place]
            allowed = _MEANT.get(sign, "numbers, texts in quotes, names, and + - * / < <= > >= == != ( ) { } , :")
            raise Misread(f"`{sign}` is no sign of an expression", Span(place, place + 1), allowed=allowed)
        found.append(_token(TokenKind[match.lastgroup], match[0], Span(place, match.end())))
        place = _end_of_blanks(text, match.end())
    return (*found, Token(TokenKind.END, "", Span(place, place + 1)))


def number_in(token: Token) -> float:
    """Read a number; one beyond what a computer holds is refused."""
    value = float(token.text.replace("_", ""))
    if not math.isfinite(value):
        raise Misread("the number is too large", token.span, allowed="up to 1.7e308")
    return value


def _token(kind: TokenKind, text: str, span: Span) -> Token:
    return Token(kind, text[1:-1] if kind is TokenKind.TEXT else text, span)


def _end_of_blanks(text: str, place: int) -> int:
    match = _BLANK.match(text, place)
    return match.end() if match else place
