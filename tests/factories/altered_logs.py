"""Ways to alter a prediction log of some days whose chain was sealed: each gives what must be said of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from flywheel.adapters.predictions import chaining as prediction_chaining
from flywheel.adapters.predictions.chain import CHAIN, read_chain
from flywheel.adapters.predictions.chaining import Part, plan_rewrite
from flywheel.adapters.predictions.segments import parse, write_draft
from tests.flywheel.adapters.predictions.test_segments import PROJECT, log


def files(folder: Path) -> list[Path]:
    return [folder / line.name for line in read_chain(folder).lines]


def rescored(folder: Path) -> str:
    """Rewrite a score, as whoever knows the format would."""
    path = files(folder)[2]
    table = parse(path.name, path.read_bytes())
    at = table.column_names.index("score")
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.set_column(at, table.schema.field(at), pa.array([0.9], pa.float64())))
    return f"segment {path.name} (1 row of 2026-01-03 00:00:00 to 2026-01-03 00:00:00 UTC) was altered"


def removed(folder: Path) -> str:
    path = files(folder)[1]
    path.unlink()
    return f"{path.name} (1 row of 2026-01-02 00:00:00 to 2026-01-02 00:00:00 UTC) has gone"


def added(folder: Path) -> str:
    path = files(folder)[0]
    shutil.copy(path, path.with_name(path.name.replace(path.stem[-12:], "0123456789ab")))
    return "_0123456789ab.arrow was added"


def swapped(folder: Path) -> str:
    one, other = files(folder)[:2]
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)
    return f"{one.name} (1 row of 2026-01-01 00:00:00 to 2026-01-01 00:00:00 UTC) was altered"


def truncated(folder: Path) -> str:
    path = files(folder)[4]
    os.truncate(path, 100)
    return f"{path.name} (1 row of 2026-01-05 00:00:00 to 2026-01-05 00:00:00 UTC) was altered"


def line_edited(folder: Path) -> str:
    chain = folder / CHAIN
    chain.write_bytes(chain.read_bytes().replace(b'"rows": 1', b'"rows": 2', 1))
    return f"line 3 of its chain ({files(folder)[1].name}) does not follow line 2"


def last_line_edited(folder: Path) -> str:
    head, _, tail = (folder / CHAIN).read_bytes().rpartition(b'"rows": 1')
    (folder / CHAIN).write_bytes(head + b'"rows": 2' + tail)
    return "event 1 sealed line 7 of its chain, with 6 rows before it; the chain differs there"


def line_removed(folder: Path) -> str:
    lines = (folder / CHAIN).read_bytes().splitlines(keepends=True)
    (folder / CHAIN).write_bytes(b"".join(lines[:3] + lines[4:]))
    return f"line 4 of its chain ({files(folder)[2].name}) does not follow line 3"


def cut(folder: Path) -> str:
    lines = (folder / CHAIN).read_bytes().splitlines(keepends=True)
    (folder / CHAIN).write_bytes(b"".join(lines[:5]))
    return "the chain ends before that"


def rewritten(folder: Path) -> str:
    """Alter a row, and write the whole chain anew so that it holds in itself."""
    rescored(folder)
    paths = sorted(folder.glob("*.arrow"))
    (folder / CHAIN).unlink()
    for path in paths:
        table = parse(path.name, path.read_bytes())
        at = int(path.name.partition("_")[0])
        prediction_chaining.put(folder, write_draft(table, folder, first=at, last=at, name=path.stem[-12:]))
    assert read_chain(folder).problems == ()
    return "event 1 sealed line 7 of its chain, with 6 rows before it; the chain differs there"


def put_anew(folder: Path) -> str:
    """Alter a row and put a chain in the place of the old one, as if small segments had been put together."""
    rescored(folder)
    chain = read_chain(folder)
    path = files(folder)[2]
    line = write_draft(parse(path.name, path.read_bytes()), folder, first=chain.lines[2].span[0], last=0)
    prediction_chaining.carry_out(plan_rewrite(folder, chain, parts=[Part((chain.lines[2],), line)]))
    assert read_chain(folder).problems == ()
    return "its chain replaced another, and the record has no event of that"


def said_again(folder: Path) -> str:
    """Alter a row and say so in a further line."""
    rescored(folder)
    path, span = files(folder)[2], read_chain(folder).lines[2].span
    line = write_draft(parse(path.name, path.read_bytes()), folder, first=span[0], last=span[1], name=path.stem[-12:])
    prediction_chaining.put(folder, line)
    return f"line 8 of its chain says something else of {path.name} than a line before it"


def taken_from_another(folder: Path) -> str:
    shutil.rmtree(folder)
    other = folder.with_name("another")
    log(folder.parent / "elsewhere", 1)
    (folder.parent / "elsewhere" / PROJECT).rename(other)
    other.rename(folder)
    return "event 1 sealed line 7 of its chain, with 6 rows before it; the chain ends before that"


def all_gone(folder: Path) -> str:
    shutil.rmtree(folder)
    return "the chain ends before that"


def chain_gone(folder: Path) -> str:
    (folder / CHAIN).unlink()
    return "was added: its chain does not list it"


def unreadable(folder: Path) -> str:
    lines = (folder / CHAIN).read_bytes().splitlines(keepends=True)
    (folder / CHAIN).write_bytes(b"".join([*lines[:2], b"[1, 2\n", *lines[3:]]))
    return "line 3 of its chain cannot be read"


TAMPERINGS: tuple[Callable[[Path], str], ...] = (
    *(rescored, removed, added, swapped, truncated, line_edited, last_line_edited, line_removed, cut, rewritten),
    *(put_anew, said_again, taken_from_another, all_gone, chain_gone, unreadable),
)
