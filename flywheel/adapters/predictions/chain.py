"""The chain of a prediction log: a line for each segment that counts, with its digest and that of the line before.

The file `.chain` in an endpoint's folder begins with a line that names the log and what it continues. A segment counts
from the moment its line is there: the line is written first, the file takes its name then, and until it does it is read
under the name of its draft. Lines are only ever added; a rewrite puts a new chain in the place of the old one, names
what it followed and what it replaced, and is told to the record by whoever has it made.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from flywheel.domain.digests import digest_bytes

CHAIN, DRAFT = ".chain", ".part"
SUFFIXES = (".arrow", ".journal", ".damaged")
"""What a log holds besides its chain."""
TRIALS = "_trials"
"""Beside the projects' folders, and no project's name: what delivery asked to try an endpoint."""
NAME = re.compile(r"(?P<first>-?\d{1,19})_(?P<last>-?\d{1,19})_(?P<stem>[0-9a-f]{12})\.arrow")


@dataclass(frozen=True)
class Place:
    """How far a chain has come: how many lines, and the digest of the last, which stands for all before it."""

    lines: int = 0
    digest: str = ""


@dataclass(frozen=True)
class Line:
    """What a chain says of a segment; its name tells the first and last event time in it, in microseconds."""

    name: str
    rows: int
    size: int
    digest: str

    @cached_property
    def span(self) -> tuple[int, int]:
        """The first and the last event time."""
        found = NAME.fullmatch(self.name)
        assert found is not None, self.name
        return int(found["first"]), int(found["last"])

    @property
    def stem(self) -> str:
        """The name of the journal that it was made of."""
        return self.name.removesuffix(".arrow").rpartition("_")[2]


@dataclass(frozen=True)
class Chain:
    """A chain as it was read, and what does not hold in itself."""

    log: str = ""
    follows: Place = Place()
    """The end of the chain in whose place this one was put; nowhere where it is the first."""
    replaced: Mapping[str, str] = field(default_factory=dict)
    """Name and digest of the segments that this chain left out: what is still there of them waits to be removed."""
    lines: tuple[Line, ...] = ()
    digests: tuple[str, ...] = ()
    """Of each line in turn, the first one included."""
    problems: tuple[str, ...] = ()

    @cached_property
    def counting(self) -> Mapping[str, Line]:
        """The segments that count, by name."""
        return {line.name: line for line in self.lines}

    @property
    def place(self) -> Place:
        """Its end."""
        return Place(len(self.digests), self.digests[-1]) if self.digests else Place()

    @property
    def rows(self) -> int:
        """How many rows its segments hold."""
        return sum(line.rows for line in self.counting.values())

    def holds(self, place: Place) -> bool:
        """Whether it has come through this place."""
        if place.lines == 0:
            return True
        return place.lines <= len(self.digests) and self.digests[place.lines - 1] == place.digest


def log_of(folder: Path) -> str:
    """Name the log that a folder holds."""
    return f"{TRIALS}/{folder.name}" if folder.parent.name == TRIALS else folder.name


def is_log(folder: Path) -> bool:
    """Whether a folder holds a log, or what is left of one."""
    if not folder.name.isprintable():  # no project's, and a name that no database takes
        return False
    return folder.is_dir() and any(path.name == CHAIN or path.suffix in SUFFIXES for path in folder.iterdir())


def read_chain(folder: Path) -> Chain:
    """Read a folder's chain; what does not hold in it is named. A line that its writer did not end is none yet."""
    path = folder / CHAIN
    try:
        if path.exists() and not path.is_file():  # a pipe would keep us for ever
            return Chain(problems=("its chain is no file",))
        data = path.read_bytes()
    except FileNotFoundError:
        return Chain()
    except OSError as error:
        return Chain(problems=(f"its chain cannot be read: {error.strerror}",))
    written = data[: data.rfind(b"\n") + 1].splitlines(keepends=True)
    return _read(written, log_of(folder)) if written else Chain()


def _read(written: list[bytes], log: str) -> Chain:
    digests = tuple(digest_bytes(line) for line in written)
    lines, problems = list[Line](), list[str]()
    try:
        begins = _begun(written[0])
    except _ODD as error:
        begins = Chain()
        problems.append(f"the first line of its chain cannot be read: {error}")
    else:
        problems += [f"its chain is that of {begins.log}"] if begins.log != log else []
    known: dict[str, str] = {}
    for number, content in enumerate(written[1:], start=2):
        try:
            line, before = _line_of(content)
        except _ODD as error:
            problems.append(f"line {number} of its chain cannot be read: {error}")
            continue
        if before != digests[number - 2]:
            problems.append(f"line {number} of its chain ({line.name}) does not follow line {number - 1}")
        if known.setdefault(line.name, line.digest) != line.digest:
            problems.append(f"line {number} of its chain says something else of {line.name} than a line before it")
        lines.append(line)
    return Chain(begins.log, begins.follows, begins.replaced, tuple(lines), digests, tuple(problems))


def _begun(content: bytes) -> Chain:
    said = json.loads(content)
    lines, digest = said["follows"]
    replaced = {str(name): str(gone) for name, gone in dict(said["replaced"]).items()}
    return Chain(str(said["log"]), Place(int(lines), str(digest)), replaced)


def _line_of(content: bytes) -> tuple[Line, str]:
    said = json.loads(content)
    line = Line(str(said["segment"]), int(said["rows"]), int(said["size"]), str(said["digest"]))
    if not NAME.fullmatch(line.name):
        raise ValueError(f"{line.name} is no segment's name")
    return line, str(said["after"])


_ODD = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading a line raises that nobody of ours wrote."""


def fault_of(folder: Path, line: Line) -> str:
    """Say what is wrong with a segment's file; nothing where it is what was written."""
    return "" if content_of(folder, line) is not None else _fault(folder, line)


def content_of(folder: Path, line: Line) -> bytes | None:
    """Read a segment, exactly as it was written; nothing where no file holds that any more."""
    path = folder / line.name
    for place in (path, draft_of(path)):
        try:
            if not place.is_file() or place.stat().st_size != line.size:
                continue
            content = place.read_bytes()
        except OSError:
            continue
        if digest_bytes(content) == line.digest:
            return content
    return None


def _fault(folder: Path, line: Line) -> str:
    return "was altered" if os.path.lexists(folder / line.name) else "has gone"


def draft_of(path: Path) -> Path:
    """Where a file is written before it has its name."""
    return path.with_suffix(DRAFT)


def strangers(folder: Path) -> tuple[str, ...]:
    """Name the segments that lie in a folder and that its chain says nothing of."""
    if not folder.is_dir():
        return ()
    there = sorted(path.name for path in folder.iterdir() if NAME.fullmatch(path.name))
    chain = read_chain(folder)  # afterwards: a line is there before its file
    unknown = [name for name in there if name not in chain.counting and name not in chain.replaced]
    return tuple(name for name in unknown if (folder / name).exists())
