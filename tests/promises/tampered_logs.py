"""Ways to alter a prediction log after its chain was sealed: each gives what must be said of it."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from flywheel.adapters.predictions import chaining as prediction_chaining
from flywheel.adapters.predictions.chain import CHAIN, read_chain
from flywheel.adapters.predictions.chaining import Part, carry_out, plan_rewrite
from flywheel.adapters.predictions.segments import parse, write_draft

Tampering = Callable[[Path, random.Random], str]
WRITTEN, GONE = "was altered", "has gone"


def _some(folder: Path, chance: random.Random) -> Path:
    return folder / chance.choice(read_chain(folder).lines[1:-1]).name


def score_rewritten(folder: Path, chance: random.Random) -> str:
    """As whoever knows the format would: a whole file that reads well."""
    path = _some(folder, chance)
    table = parse(path.name, path.read_bytes())
    at = table.column_names.index("score")
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.set_column(at, table.schema.field(at), pa.array([chance.random()], pa.float64())))
    return _said_of(path, WRITTEN)


def byte_flipped(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    return _said_of(path, WRITTEN)


def truncated(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    os.truncate(path, chance.randrange(path.stat().st_size))
    return _said_of(path, WRITTEN)


def lengthened(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    with path.open("ab") as file:
        file.write(chance.randbytes(1 + chance.randrange(64)))
    return _said_of(path, WRITTEN)


def swapped(folder: Path, chance: random.Random) -> str:
    one, other = (folder / line.name for line in chance.sample(read_chain(folder).lines, 2))
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)
    return _said_of(one, WRITTEN)


def _said_of(path: Path, fault: str) -> str:
    line = read_chain(path.parent).counting[path.name]
    return f"segment {path.name} ({line.rows} row of {_day(line.span[0])} to {_day(line.span[1])} UTC) {fault}"


def _day(micros: int) -> str:
    return f"{datetime.fromtimestamp(micros / 1e6, UTC):%Y-%m-%d %H:%M:%S}"


ALTERED: tuple[Tampering, ...] = (score_rewritten, byte_flipped, truncated, lengthened, swapped)


def removed(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    path.unlink()
    return _said_of(path, GONE)


def renamed(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    path.rename(path.with_name(path.name.replace(path.stem[-12:], f"{chance.getrandbits(48):012x}")))
    return _said_of(path, GONE)


def added(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    name = path.name.replace(path.stem[-12:], f"{chance.getrandbits(48):012x}")
    shutil.copy(path, folder / name)
    return f"segment {name} was added"


def linked_away(folder: Path, chance: random.Random) -> str:
    path = _some(folder, chance)
    path.unlink()
    path.symlink_to("/dev/zero")
    return _said_of(path, WRITTEN)


def log_removed(folder: Path, chance: random.Random) -> str:
    del chance
    shutil.rmtree(folder)
    return f"the prediction log of {folder.name}: event "


MOVED: tuple[Tampering, ...] = (removed, renamed, added, linked_away, log_removed)


def _lines(folder: Path) -> list[bytes]:
    return (folder / CHAIN).read_bytes().splitlines(keepends=True)


def line_edited(folder: Path, chance: random.Random) -> str:
    lines = _lines(folder)
    at = chance.randrange(1, len(lines) - 1)
    lines[at] = lines[at].replace(b'"rows": 1', b'"rows": 2')
    (folder / CHAIN).write_bytes(b"".join(lines))
    return f"does not follow line {at + 1}"


def line_removed(folder: Path, chance: random.Random) -> str:
    lines = _lines(folder)
    at = chance.randrange(1, len(lines) - 1)
    (folder / CHAIN).write_bytes(b"".join(lines[:at] + lines[at + 1 :]))
    return f"line {at + 1} of its chain"


def lines_swapped(folder: Path, chance: random.Random) -> str:
    lines = _lines(folder)
    at = chance.randrange(1, len(lines) - 2)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    (folder / CHAIN).write_bytes(b"".join(lines))
    return f"line {at + 1} of its chain"


def cut(folder: Path, chance: random.Random) -> str:
    lines = _lines(folder)
    (folder / CHAIN).write_bytes(b"".join(lines[: chance.randrange(1, len(lines))]))
    return "the chain ends before that"


def junk(folder: Path, chance: random.Random) -> str:
    lines = _lines(folder)
    at = chance.randrange(1, len(lines))
    lines[at] = b"%d\n" % chance.randrange(10**9)
    (folder / CHAIN).write_bytes(b"".join(lines))
    return f"line {at + 1} of its chain cannot be read"


def written_anew(folder: Path, chance: random.Random) -> str:
    """Alter a score, and write all of the chain so that it holds in itself."""
    score_rewritten(folder, chance)
    lines = read_chain(folder).lines
    (folder / CHAIN).unlink()
    for line in lines:
        table = parse(line.name, (folder / line.name).read_bytes())
        first, last = line.span
        prediction_chaining.put(folder, write_draft(table, folder, first=first, last=last, name=line.stem))
    assert read_chain(folder).problems == ()
    return "the chain differs there"


def put_in_its_place(folder: Path, chance: random.Random) -> str:
    """Alter a score, and put a chain in the place of the old one as if segments had been put together."""
    chain = read_chain(folder)
    line = chance.choice(chain.lines)
    table = parse(line.name, (folder / line.name).read_bytes())
    table = table.set_column(5, table.schema.field(5), pa.array([chance.random()], pa.float64()))
    made = write_draft(table, folder, first=line.span[0], last=line.span[1])
    assert carry_out(plan_rewrite(folder, chain, parts=[Part((line,), made)]))
    return "its chain replaced another, and the record has no event of that"


def said_again(folder: Path, chance: random.Random) -> str:
    """Alter a score, and say so in a further line."""
    line = chance.choice(read_chain(folder).lines)
    table = parse(line.name, (folder / line.name).read_bytes())
    table = table.set_column(5, table.schema.field(5), pa.array([chance.random()], pa.float64()))
    first, last = line.span
    prediction_chaining.put(folder, write_draft(table, folder, first=first, last=last, name=line.stem))
    return f"says something else of {line.name} than a line before it"


def of_another_log(folder: Path, chance: random.Random) -> str:
    del chance
    lines = _lines(folder)
    lines[0] = lines[0].replace(folder.name.encode(), b"another")
    (folder / CHAIN).write_bytes(b"".join(lines))
    return "its chain is that of another"


CHAINS: tuple[Tampering, ...] = (
    *(line_edited, line_removed, lines_swapped, cut, junk),
    *(written_anew, put_in_its_place, said_again, of_another_log),
)
