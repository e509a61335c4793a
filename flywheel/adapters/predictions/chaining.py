"""Writing to the chain of a prediction log: a line is added, or a new chain takes the place of the old one."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from flywheel.adapters.predictions.chain import CHAIN, DRAFT, NAME, Chain, Line, Place, draft_of, log_of, read_chain
from flywheel.domain.digests import Json, digest_bytes, digest_of, json_of

TAIL_BYTES = 4_096


def is_known(folder: Path, line: Line) -> bool:
    """Whether the chain has this very line already."""
    return read_chain(folder).counting.get(line.name) == line


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep everybody else from changing what a folder's chain says."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def snapshot(root: Path, place: Path) -> None:
    """Have the logs below a folder in a place on the same disk, each as it stands at one moment, while it goes on.

    What was answered before is there: in a segment that counts, or in the journal that it is made of, or in both, which
    is the same. Files are linked, since none is changed but journals, which grow; the chain is copied.
    """
    place.mkdir(mode=0o700)  # the root itself holds no log, and whoever is `alone` holds it
    for folder in sorted(path for path in root.rglob("*") if path.is_dir()):
        copy = place / folder.relative_to(root)
        copy.mkdir(mode=0o700)
        with held(folder):
            for path in folder.iterdir():
                if not path.is_dir():
                    _copy(path, copy / path.name)


def _copy(path: Path, copy: Path) -> None:
    with suppress(FileNotFoundError):  # a journal that has become a segment, or a draft
        if path.name == CHAIN and path.is_file():
            copy.write_bytes(path.read_bytes())
        else:
            copy.hardlink_to(path)


def put(folder: Path, line: Line) -> None:
    """Have the draft of a segment count from now on, and give it its name."""
    path = folder / line.name
    with held(folder):
        if not (os.path.lexists(path) and is_known(folder, line)):  # else somebody died before taking its journal away
            _append(folder, line)
        draft_of(path).replace(path)


def _append(folder: Path, line: Line) -> None:
    descriptor = os.open(folder / CHAIN, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    try:
        end, last = _last_line(descriptor)
        os.ftruncate(descriptor, end)  # a line that its writer did not end
        first = b"" if last else _first_line(log_of(folder), Place(), {})
        content = memoryview(first + _written(line, digest_bytes(last or first)))
        try:
            while content:
                content = content[os.write(descriptor, content) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, end)
            raise
    finally:
        os.close(descriptor)


def _last_line(descriptor: int) -> tuple[int, bytes]:
    """Give where the last line ends that was ended, and the line."""
    size = os.fstat(descriptor).st_size
    for wanted in (TAIL_BYTES, size):
        tail = os.pread(descriptor, wanted, max(0, size - wanted))
        end = tail.rfind(b"\n") + 1
        begin = tail.rfind(b"\n", 0, max(0, end - 1)) + 1
        if begin or wanted >= size:
            return max(0, size - wanted) + end, tail[begin:end]
    return 0, b""


def _first_line(log: str, follows: Place, replaced: Mapping[str, str]) -> bytes:
    said: dict[str, Json] = {"log": log, "follows": [follows.lines, follows.digest], "replaced": {**replaced}}
    return f"{json_of(said)}\n".encode()


def _written(line: Line, after: str) -> bytes:
    said = {"segment": line.name, "rows": line.rows, "size": line.size, "digest": line.digest, "after": after}
    return f"{json.dumps(said)}\n".encode()


@dataclass(frozen=True)
class Part:
    """Segments of a log, and the one that is made of them; none where nothing of them stays."""

    replaced: tuple[Line, ...]
    made: Line | None = None


@dataclass(frozen=True)
class Rewrite:
    """A chain to be put in the place of another, and what it leaves out and brings."""

    folder: Path
    before: Place
    after: Place
    parts: tuple[Part, ...]
    """The drafts of what was made are there."""
    content: bytes

    @property
    def replaced(self) -> tuple[Line, ...]:
        """All that is left out."""
        return tuple(line for part in self.parts for line in part.replaced)

    @property
    def made(self) -> tuple[Line, ...]:
        """All that is brought."""
        return tuple(part.made for part in self.parts if part.made is not None)


def digest_of_lines(lines: Iterable[Line]) -> str:
    """Take one digest of the names and digests of segments."""
    return digest_of([[line.name, line.digest] for line in lines])


def plan_rewrite(folder: Path, chain: Chain, *, parts: Iterable[Part]) -> Rewrite:
    """Write out the chain that says the same as this one, but for some segments that are replaced by others."""
    parts = tuple(parts)
    gone = {line.name: line for part in parts for line in part.replaced}
    new = [part.made for part in parts if part.made is not None]
    left = {name: line.digest for name, line in gone.items()}
    first = _first_line(log_of(folder), chain.place, left)
    kept = [line for name, line in chain.counting.items() if name not in gone]
    content, end = _chained([*kept, *new], first)
    return Rewrite(folder, chain.place, Place(1 + len(kept) + len(new), end), parts, first + content)


def carry_out(rewrite: Rewrite) -> bool:
    """Put a chain in the place of the one that it follows, with what was added meanwhile; False where that has gone."""
    folder = rewrite.folder
    with held(folder):
        now = read_chain(folder)
        if now.problems or not now.holds(rewrite.before):
            return False
        added, _ = _chained(now.lines[max(0, rewrite.before.lines - 1) :], rewrite.after.digest)
        draft = folder / f"{CHAIN}{DRAFT}"
        with draft.open("wb") as sink:
            sink.write(rewrite.content + added)
            sink.flush()
            os.fsync(sink.fileno())
        draft.replace(folder / CHAIN)
    tidy(folder)
    return True


def _chained(lines: Iterable[Line], after: bytes | str) -> tuple[bytes, str]:
    end = digest_bytes(after) if isinstance(after, bytes) else after
    content = []
    for line in lines:
        content.append(_written(line, end))
        end = digest_bytes(content[-1])
    return b"".join(content), end


@contextmanager
def alone(root: Path) -> Iterator[bool]:
    """Rewrite prediction logs, or copy them, while nobody else does; False where somebody is at it."""
    root.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_free = True
    except BlockingIOError:
        is_free = False
    try:
        yield is_free
    finally:
        os.close(descriptor)


def tidy(folder: Path) -> None:
    """End what somebody who died has begun: names for drafts that count, and no file that was replaced."""
    with held(folder):
        chain = read_chain(folder)
        for line in chain.lines:
            path = folder / line.name
            if draft_of(path).exists() and not path.exists():
                draft_of(path).replace(path)
        for name in chain.replaced:
            if NAME.fullmatch(name) and name not in chain.counting:
                (folder / name).unlink(missing_ok=True)


def clear_drafts(folder: Path, *, before: float) -> None:
    """Remove the drafts of whoever died over them, which nothing counts."""
    with held(folder):
        counting = {draft_of(folder / name) for name in read_chain(folder).counting}
        for path in folder.glob(f"*{DRAFT}"):
            with suppress(FileNotFoundError):  # a journal that has just begun bears its own name by now
                found = path.lstat()
                if path not in counting and found.st_mtime < before and not stat.S_ISDIR(found.st_mode):
                    path.unlink()
