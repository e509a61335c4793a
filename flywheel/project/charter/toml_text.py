"""Reading TOML from strangers: bounded before it is parsed, with the line of every key for messages."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path as FilePath
from typing import Any

from flywheel.errors import CharterError, Problem, ending_of, holds_secret, shorten

MAX_DEPTH = 32
MAX_BYTES = 262_144
LARGEST_INTEGER = 2**63 - 1

Path = tuple[str | int, ...]
"""The way to a value: keys, and positions in lists."""

_SPECIAL = re.compile(r"\"\"\"|'''|[\"'#\[\]{}\n]")
_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_HEADER = re.compile(r"\[\[?\s*([^\[\]=]{1,300}?)\s*\]\]?")
_PART = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')"
_KEY = re.compile(rf"[ \t]*({_PART}(?:[ \t]*\.[ \t]*{_PART})*)[ \t]*=")


@dataclass(frozen=True)
class Statement:
    """One header or key of a TOML text: its line, its first line's text and how deep it nests."""

    line: int
    text: str
    depth: int


def read_text(path: FilePath, *, max_bytes: int = MAX_BYTES) -> str:
    """Read a file as UTF-8, its size known before it is opened."""
    name = path.name
    size = path.stat().st_size
    if size > max_bytes:
        raise _refused(name, "is too large", found=f"{size:,} bytes", allowed=f"at most {max_bytes:,} bytes")
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise _refused(name, "is too large", found="a growing file", allowed=f"at most {max_bytes:,} bytes")
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        raise _refused(name, "is empty", allowed="a TOML document; `flywheel new NAME` writes one to start from")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(
            name,
            "is not UTF-8 text",
            found=f"byte {content[error.start]:#04x} at offset {error.start}",
            allowed="UTF-8",
        ) from error
    if "\0" in text:
        raise _refused(name, "holds a NUL", found=f"NUL at character {text.index(chr(0))}", allowed="UTF-8 text")
    return text


def parse(text: str, *, file: str) -> dict[str, Any]:
    """Parse TOML whose nesting is known to be shallow; refuse numbers and times without one meaning."""
    for statement in statements(text):
        if statement.depth > MAX_DEPTH:
            raise _refused(
                file,
                "nests too deeply",
                line=statement.line,
                found="more levels",
                allowed=f"at most {MAX_DEPTH} levels",
            )
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(file, str(error)) from error
    except ValueError as error:  # an integer of thousands of digits
        raise _refused(file, "holds a number that is too large", allowed="64-bit integers") from error
    if hostile := tuple(problem for _, problem in _hostile(document, (), file)):
        raise CharterError(hostile)
    return document


def senseless(node: object, path: Path, *, file: str) -> Iterator[tuple[Path, Problem]]:
    """Find values without one meaning: numbers that are not finite, times without zone or day."""
    if isinstance(node, dict | list):
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            yield from senseless(item, (*path, key), file=file)
    elif fault := _fault(node):
        yield path, Problem(file, dotted(path), fault[0], found=shorten(node), allowed=fault[1])


def statements(text: str) -> Iterator[Statement]:
    """Cut the text into headers and keys in one pass, without understanding it."""
    start = position = depth = dots = deepest = 0
    line = first_line = 1
    while True:
        match = _SPECIAL.search(text, position)
        end = match.start() if match else len(text)
        dots = max(dots, *(part.count(".") for part in re.split("[=,]", text[position:end])))
        mark = match.group() if match else ""
        position = match.end() if match else end
        if mark in {"[", "{"}:
            depth += 1
            deepest = max(deepest, depth)
        elif mark in {"]", "}"}:
            depth -= 1
        elif mark and mark != "\n":
            position, newlines = _past(text, mark, position)
            line += newlines
        if mark == "\n" or not mark:
            if depth <= 0 or not mark:
                yield Statement(first_line, text[start:end].split("\n", 1)[0], max(deepest, dots))
                start, first_line, dots, deepest, depth = position, line + 1, 0, 0, 0
            line += 1
        if not mark:
            return


def key_lines(text: str) -> dict[Path, int]:
    """Find the line of every header and key, for messages."""
    lines: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    for statement in statements(text):
        stripped = statement.text.strip()
        if stripped.startswith("["):
            match = _HEADER.match(stripped)
            table = _parts(match[1]) if match else ()
            if stripped.startswith("[["):
                counts[table] = counts.get(table, -1) + 1
                lines.setdefault(table, statement.line)
                table = (*table, counts[table])
            lines.setdefault(table, statement.line)
        elif match := _KEY.match(statement.text):
            lines.setdefault((*table, *_parts(match[1])), statement.line)
    return lines


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """Find the line of a key, or of the nearest table around it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def dotted(path: Path) -> str:
    """Write a path as a person would: `monitoring.signals[2].watch`."""
    written = ""
    for part in path:
        written += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if written else part
    return written


def _past(text: str, mark: str, position: int) -> tuple[int, int]:
    """Step over a comment or a string; an unfinished one ends the text."""
    if mark == "#":
        end = text.find("\n", position)
        return (len(text) if end < 0 else end), 0
    start = position
    while True:
        end = text.find(mark, position)
        newline = text.find("\n", position)
        if len(mark) == 1 and (end < 0 or 0 <= newline < end):
            return (len(text) if newline < 0 else newline), 0
        if end < 0:
            return len(text), text.count("\n", start)
        if mark[0] == '"' and _is_escaped(text, end):
            position = end + 1
            continue
        return end + len(mark), text.count("\n", start, end)


def _is_escaped(text: str, position: int) -> bool:
    before = position
    while before and text[before - 1] == "\\":
        before -= 1
    return (position - before) % 2 == 1


def _parts(key: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in re.findall(_PART, key))


def _hostile(node: object, path: Path, file: str) -> Iterator[tuple[Path, Problem]]:
    if len(path) > MAX_DEPTH:
        yield path, Problem(file, dotted(path[:3]), "nests too deeply", allowed=f"at most {MAX_DEPTH} levels")
    elif isinstance(node, dict | list):
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _hostile(item, (*path, key), file)
    elif isinstance(node, int) and not -LARGEST_INTEGER - 1 <= node <= LARGEST_INTEGER:
        yield path, Problem(file, dotted(path), "is too large a number", allowed="64-bit integers")


_NAMED_INSTEAD = "a name: its address goes into the settings, under [sources] or [paging.channels]; change the password"


def _fault(node: object) -> tuple[str, str] | None:
    if isinstance(node, float) and not math.isfinite(node):
        return "is not a finite number", "finite numbers"
    if isinstance(node, datetime):
        return None if node.tzinfo else ("has no time zone", "a time such as 2026-01-31T00:00:00Z")
    if isinstance(node, time):
        return "is a time without a day", "text in quotes, or a day and a time with its zone"
    if isinstance(node, str) and holds_secret(node):
        return "holds a password, which a charter would show to everybody for ever", _NAMED_INSTEAD
    return None


def _syntax(file: str, message: str) -> CharterError:
    at = _AT_LINE.search(message)
    what = f"is not valid TOML: {message[: at.start()] if at else message}"
    return _refused(file, ending_of(what), line=int(at[1]) if at else None, allowed="TOML 1.0")


def _refused(file: str, what: str, *, line: int | None = None, found: str = "", allowed: str = "") -> CharterError:
    return CharterError((Problem(file, "", what, found=found, allowed=allowed, line=line),))
