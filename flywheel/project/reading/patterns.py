"""Finds regular expressions that can take for ever on one value: repeats that share their letters in a repeat."""

from __future__ import annotations

from collections.abc import Iterator
from re import _compiler, _parser  # type: ignore[attr-defined]  # Python's own reading of patterns
from typing import Any

OFTEN = 10
"""From so many turns on, ways to part a value between two repeats grow beyond counting."""
_LETTERS = tuple(map(chr, range(0x250)))
_ONE_LETTER = frozenset({_parser.LITERAL, _parser.NOT_LITERAL, _parser.IN, _parser.ANY, _parser.CATEGORY})
_REPEATS = frozenset({_parser.MAX_REPEAT, _parser.MIN_REPEAT})


def may_never_end(pattern: str) -> bool:
    """Whether a value that nearly fits makes the search double with each of its letters.

    A repeat may hold another only where a letter between their turns is none that the inner one takes, such as the
    point in `([a-z]+\\.)+`. What grows by a power alone, such as `.*.*`, is let be.
    """
    parsed = _parser.parse(pattern)
    return any(
        op in _REPEATS and body[1] >= OFTEN and _is_parted_in_many_ways(body[2]) for op, body in _every_node(parsed)
    )


def _is_parted_in_many_ways(body: Any) -> bool:
    steps = tuple(_steps(body))
    varied = [held[2] for op, held in steps if op in _REPEATS and held[0] != held[1]]
    choices = [held[1] for op, held in steps if op is _parser.BRANCH]
    if any(not one or any(op in _REPEATS for op, _ in _every_node(one)) for some in choices for one in some):
        return True
    taken = frozenset().union(*(_letters(node) for inner in varied for node in _every_node(inner)))
    between = [_letters(node) for node in steps if node[0] in _ONE_LETTER]
    return bool(varied) and not any(letters and not letters & taken for letters in between)


def _steps(nodes: Any) -> Iterator[tuple[Any, Any]]:
    """Give what must come one after the other, groups opened."""
    for op, held in nodes:
        if op is _parser.SUBPATTERN:
            yield from _steps(held[-1])
        else:
            yield op, held


def _every_node(nodes: Any) -> Iterator[tuple[Any, Any]]:
    for op, held in nodes:
        yield op, held
        for inner in _inside(held):
            yield from _every_node(inner)


def _inside(held: Any) -> Iterator[Any]:
    if isinstance(held, _parser.SubPattern):
        yield held
    elif isinstance(held, tuple | list):
        for one in held:
            yield from _inside(one)


def _letters(node: tuple[Any, Any]) -> frozenset[str]:
    """Give the letters that one step takes, none where it is no single letter."""
    if node[0] not in _ONE_LETTER:
        return frozenset()
    one = _compiler.compile(_parser.SubPattern(_parser.State(), [node]))
    return frozenset(letter for letter in _LETTERS if one.fullmatch(letter))
