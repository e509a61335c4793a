"""Tells texts apart that look alike: the same letters in other alphabets, widths, compositions or cases."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

_LOOKS_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухѵԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧαονρυ",
    "ABESIJKMHOPCTYXaesijopcyxvdqwhABEZHIKMNOPTYXaovpu",
)
"""Letters of Cyrillic and Greek that print as Latin ones."""

_SELDOM = 0.2


def looks(text: str) -> str:
    """Give what a reader sees of a text: texts that look alike look the same."""
    plain = unicodedata.normalize("NFKC", text).translate(_LOOKS_LATIN)
    seen = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    return " ".join(seen.casefold().split())


def alike_in(texts: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Give the groups of different texts that look alike, in more than upper and lower case."""
    groups: dict[str, list[str]] = {}
    for text in texts:
        groups.setdefault(looks(text), []).append(text)
    return tuple(tuple(group) for group in groups.values() if len({one.casefold() for one in group}) > 1)


def cased_alike(values: Mapping[str, int]) -> tuple[str, ...]:
    """Give the first values that upper and lower case alone tell apart, the more frequent first.

    Single letters that are about as frequent, such as a and A, may be two codes.
    """
    groups: dict[str, list[str]] = {}
    for text in values:
        groups.setdefault(text.casefold(), []).append(text)
    for folded, group in groups.items():
        ordered = sorted(group, key=lambda one: -values[one])
        if len(group) > 1 and (len(folded) > 1 or values[ordered[-1]] <= _SELDOM * values[ordered[0]]):
            return tuple(ordered)
    return ()
