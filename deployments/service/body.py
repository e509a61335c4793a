"""Reads the outer form of a request's body, one row after another: the first mistake ends the work.

A body as a whole is never parsed at once: one call into the parser sees at most one window of it, so that a hostile
body costs no more than an honest one of the same number of rows, and other work gets its turn between rows.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from flywheel.errors import shorten

LEAST_WINDOW = 16_384
LONGEST_WORD = 16
"""A literal or an escape that a window cuts through begins so many characters before its end."""
_SPACE = r"[ \t\n\r]{0,4096}"
_HEAD = re.compile(rf'{_SPACE}\{{{_SPACE}"rows"{_SPACE}:{_SPACE}\[{_SPACE}')
_AFTER_ROW = re.compile(rf"{_SPACE}([,\]]){_SPACE}")
_TAIL = re.compile(rf"{_SPACE}\}}{_SPACE}\Z")
_SHAPE = 'the body must be JSON of the form {"rows": [{...}, ...]} and nothing else'


class BadRequest(Exception):
    """The request as a whole is refused, with every problem found up to a limit."""

    def __init__(self, *problems: Mapping[str, Any]) -> None:
        self.problems = problems
        super().__init__("; ".join(str(problem["what"]) for problem in problems))


def rows_of(body: bytes, *, longest_row: int = LEAST_WINDOW) -> Iterator[Any]:
    """Give one row after another as strict JSON: no duplicate keys, no number that JSON or a float lacks."""
    text = _text(body)
    head = _HEAD.match(text)
    if head is None:
        raise BadRequest({"what": _SHAPE})
    at, mark = head.end(), ","
    if text.startswith("]", at):
        at, mark = at + 1, "]"
    has_escapes = "\\u" in text
    window = _Window(text, max(longest_row, LEAST_WINDOW))
    while mark == ",":
        row, end = window.decode(at)
        if has_escapes:
            _refuse_half_characters(row)
        yield row
        after = _AFTER_ROW.match(text, end)
        if after is None:
            raise BadRequest({"what": f"the body is not JSON: expecting ',' or ']' at character {end}"})
        at, mark = after.end(), after.group(1)
    if not _TAIL.match(text, at):
        raise BadRequest({"what": _SHAPE})


class _Window:
    """The part of a text that the parser sees: a row begins in it, and one that does not end in it is too long."""

    def __init__(self, text: str, width: int) -> None:
        self._text, self._width = text, width
        self._start = 0
        self._part = text[:width]

    def decode(self, at: int) -> tuple[Any, int]:
        """Read the value that begins at this character of the text; give it and where it ends."""
        try:
            value, end = _DECODER.raw_decode(self._part, at - self._start)
        except json.JSONDecodeError as error:
            if at == self._start:
                raise BadRequest(self._problem(error)) from error
            self._start, self._part = at, self._text[at : at + self._width]
            return self.decode(at)
        except RecursionError as error:
            raise BadRequest({"what": "the body is nested too deeply"}) from error
        except ValueError as error:  # a whole number of thousands of digits
            raise BadRequest({"what": "the body holds a number that is too long"}) from error
        return value, self._start + end

    def _problem(self, error: json.JSONDecodeError) -> Mapping[str, Any]:
        is_cut = self._start + self._width < len(self._text)
        if is_cut and (error.msg.startswith("Unterminated") or error.pos > self._width - LONGEST_WORD):
            return {"what": "a row is too long", "allowed": f"{self._width} characters"}
        return {"what": f"the body is not JSON: {error.msg} at character {self._start + error.pos}"}


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest({"what": f"the body is not UTF-8 at byte {error.start}"}) from error


def _refuse_half_characters(row: Any) -> None:
    try:
        json.dumps(row, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadRequest({"what": "the body holds half of a surrogate pair"}) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise BadRequest({"what": "a key is given twice", "feature": shorten(twice)})
    return named


def _constant(name: str) -> Any:
    raise BadRequest({"what": f"{name} is no JSON number"})


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadRequest({"what": "a number is too large", "found": shorten(text)})
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
